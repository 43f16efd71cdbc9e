/** The fake CA's book of accounts (RFC 8555 section 7.3). */
import { createHmac } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { keyOf, readJws, thumbprintOf } from './message.ts'
import type { SignedRequest } from './message.ts'
import { malformed, problem, reply } from './reply.ts'
import type { FakeReply } from './reply.ts'
import type { AcmeTroubles } from './troubles.ts'

interface FakeAccount {
  jwk: JsonWebKey
  contact: unknown
}

export interface AccountBook {
  readonly base: string
  readonly troubles: AcmeTroubles
  /** MAC keys in base64url by key identifier; any binding is taken where there are none. */
  readonly macKeys?: Readonly<Record<string, string>> | undefined
}

export class FakeAccounts {
  readonly #book: AccountBook
  readonly #byUrl = new Map<string, FakeAccount>()

  constructor(book: AccountBook) {
    this.#book = book
  }

  keyOf(url: string | undefined): JsonWebKey | undefined {
    return this.#byUrl.get(url ?? '')?.jwk
  }

  thumbprintOf(url: string): string {
    return thumbprintOf(this.keyOf(url) ?? {})
  }

  open({ jwk = {}, payload = {} }: SignedRequest): FakeReply {
    const { base, troubles } = this.#book
    const url = this.#urlOf(jwk)
    const known = url === undefined ? undefined : this.#byUrl.get(url)
    if (url !== undefined && known !== undefined) return reply(200, this.#shown(known), { location: url })
    if (payload['onlyReturnExisting'] === true) return problem({ status: 400, type: 'accountDoesNotExist' })
    const binding = payload['externalAccountBinding']
    if (troubles.externalAccountRequired === true && binding === undefined)
      return problem({ status: 403, type: 'externalAccountRequired' })
    if (binding !== undefined && !this.#isBound(binding, jwk)) return problem({ status: 403, type: 'unauthorized' })
    const account = { jwk, contact: payload['contact'] }
    const made = `${base}/account/${this.#byUrl.size + 1}`
    this.#byUrl.set(made, account)
    return reply(201, this.#shown(account), { location: made })
  }

  update(url: string, { payload = {} }: SignedRequest): FakeReply {
    const account = this.#byUrl.get(url)
    if (account === undefined) return malformed()
    account.contact = payload['contact'] ?? account.contact
    return reply(200, this.#shown(account))
  }

  /** RFC 8555 section 7.3.5. */
  changeKey({ kid = '', url, payload = {} }: SignedRequest): FakeReply {
    const inner = readJws(payload)
    const account = this.#byUrl.get(kid)
    const { jwk } = inner
    if (account === undefined || jwk === undefined || inner.url !== url || inner.hasNonce) return malformed()
    if (!inner.verifiedBy(keyOf(jwk)) || inner.payload?.['account'] !== kid) return malformed()
    const oldKey = inner.payload['oldKey'] as JsonWebKey | undefined
    if (thumbprintOf(oldKey ?? {}) !== thumbprintOf(account.jwk)) return malformed()
    const taken = this.#book.troubles.keyTaken ?? this.#urlOf(jwk)
    if (taken !== undefined) return { ...problem({ status: 409, type: 'malformed' }), headers: { location: taken } }
    account.jwk = jwk
    return reply(200, this.#shown(account))
  }

  #shown({ contact }: FakeAccount): object {
    const status = this.#book.troubles.deactivatesAccounts === true ? 'deactivated' : 'valid'
    return { status, contact: contact ?? [] }
  }

  #urlOf(jwk: JsonWebKey): string | undefined {
    const wanted = thumbprintOf(jwk)
    return [...this.#byUrl].find(([, account]) => thumbprintOf(account.jwk) === wanted)?.[0]
  }

  /** RFC 8555 section 7.3.4. */
  #isBound(binding: unknown, jwk: JsonWebKey): boolean {
    const { macKeys, base } = this.#book
    const inner = readJws(binding)
    if (inner.url !== `${base}/account` || thumbprintOf(inner.payload ?? {}) !== thumbprintOf(jwk)) return false
    if (macKeys === undefined) return true
    const key = Buffer.from(macKeys[inner.kid ?? ''] ?? '', 'base64url')
    const hash = `sha${inner.algorithm.slice(2)}`
    return key.length > 0 && createHmac(hash, key).update(inner.input).digest().equals(inner.signature)
  }
}
