/**
 * An ACME CA in memory, for replies that no well-behaved server gives. It counts only because an independent client has
 * completed orders against it (test/unit/enroll/acme/fake.test.ts).
 */
import { X509Certificate } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { certificatesPem } from '../../../src/pki/pem.ts'
import { days, milliseconds, minus, plus, toRfc3339 } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import type { CaMaterial } from '../ca-material.ts'
import { FakeAccounts } from './accounts.ts'
import { crossSign, readRequest, sign } from './issuing.ts'
import { keyOf, readJws } from './message.ts'
import type { SignedRequest } from './message.ts'
import { FakeOrders } from './orders.ts'
import type { FakeOrder } from './orders.ts'
import { malformed, notFound, problem, reply } from './reply.ts'
import type { FakeReply, FakeRequest } from './reply.ts'
import type { AcmeTroubles } from './troubles.ts'

export interface FakeAcmeOptions {
  /** The URL that clients reach it by, without a slash at its end. */
  readonly base: string
  readonly ca: CaMaterial
  /** Another root, with a chain of its own for every certificate. */
  readonly alternate?: CaMaterial
  readonly now: () => Instant
  /** MAC keys in base64url by key identifier. */
  readonly macKeys?: Readonly<Record<string, string>>
}

export class FakeAcme {
  readonly troubles: AcmeTroubles = {}
  /** Answers that can be looked at, by token. */
  readonly answers = new Map<string, string>()
  /** Certificates as lower-case hex. */
  readonly revoked: string[] = []
  /** Method and path of every request, for example `POST /order`. */
  readonly requests: string[] = []
  readonly #options: FakeAcmeOptions
  readonly #nonces = new Set<string>()
  readonly #accounts: FakeAccounts
  readonly #orders: FakeOrders
  #counter = 0
  #refused = 0

  constructor(options: FakeAcmeOptions) {
    this.#options = options
    const { base, now, macKeys } = options
    this.#accounts = new FakeAccounts({ base, troubles: this.troubles, macKeys })
    const isServed = (token: string, account: string): boolean =>
      this.answers.get(token) === `${token}.${this.#accounts.thumbprintOf(account)}`
    const slow = (): Instant => minus(now(), milliseconds(this.troubles.clockSlow ?? 0))
    this.#orders = new FakeOrders({ base, troubles: this.troubles, now: slow, isServed })
  }

  get directoryUrl(): string {
    return `${this.#options.base}/directory`
  }

  get orders(): readonly FakeOrder[] {
    return this.#orders.all
  }

  get issued(): number {
    return this.orders.filter((order) => order.certificate !== undefined).length
  }

  async handle(request: FakeRequest): Promise<FakeReply> {
    const path = request.url.slice(this.#options.base.length)
    this.requests.push(`${request.method} ${path}`)
    const answer = request.method === 'POST' ? await this.#signed(path, request) : this.#unsigned(path, request.method)
    const nonce = `nonce-${++this.#counter}`
    this.#nonces.add(nonce)
    return { ...answer, headers: { 'replay-nonce': nonce, ...answer.headers } }
  }

  #unsigned(path: string, method: string): FakeReply {
    if (path === '/directory') return reply(200, this.#directory())
    if (path === '/nonce') return reply(method === 'HEAD' ? 200 : 204, '')
    return path.startsWith('/renewal/') ? reply(200, this.#renewal()) : problem({ status: 405, type: 'malformed' })
  }

  #directory(): object {
    const { base } = this.#options
    return {
      newNonce: `${base}/nonce`,
      newAccount: `${base}/account`,
      newOrder: `${base}/order`,
      revokeCert: `${base}/revoke`,
      keyChange: `${base}/keychange`,
      ...(this.troubles.offersNoRenewalInfo === true ? {} : { renewalInfo: `${base}/renewal` }),
      meta: {
        termsOfService: 'https://ca.test/terms',
        caaIdentities: ['ca.test'],
        profiles: { default: 'the usual one' },
        externalAccountRequired: this.troubles.externalAccountRequired === true,
      },
    }
  }

  #renewal(): object {
    const start = plus(this.#options.now(), days(10))
    return { suggestedWindow: { start: toRfc3339(start), end: toRfc3339(plus(start, days(2))) } }
  }

  async #signed(path: string, { url, contentType, body }: FakeRequest): Promise<FakeReply> {
    if (contentType !== 'application/jose+json') return problem({ status: 415, type: 'malformed' })
    const request = readJws(JSON.parse(body))
    return this.#refuse(request, url) ?? this.#route(path, request)
  }

  /** What a server checks before it looks at the payload (RFC 8555 sections 6.2 to 6.5). */
  #refuse(request: SignedRequest, url: string): FakeReply | undefined {
    const badNonce = problem({ status: 400, type: 'badNonce' })
    if (!this.#nonces.delete(request.nonce)) return badNonce
    if (this.#refused < (this.troubles.nonceRefusals ?? 0)) {
      this.#refused += 1
      return badNonce
    }
    this.#refused = 0
    if (request.url !== url || (request.jwk === undefined) === (request.kid === undefined)) return malformed()
    const jwk = request.jwk ?? this.#accounts.keyOf(request.kid)
    if (jwk === undefined) return problem({ status: 400, type: 'accountDoesNotExist' })
    return request.verifiedBy(keyOf(jwk)) ? undefined : malformed()
  }

  /** A key speaks for itself only when an account is opened or a certificate revoked (RFC 8555 section 6.2). */
  async #route(path: string, request: SignedRequest): Promise<FakeReply> {
    const [, kind = '', id = ''] = path.split('/')
    if (path === '/account') return request.jwk === undefined ? malformed() : this.#accounts.open(request)
    if (path === '/revoke') return this.#revoke(request)
    if (request.kid === undefined) return malformed()
    if (kind === 'account') return this.#accounts.update(request.url, request)
    if (kind === 'keychange') return this.#accounts.changeKey(request)
    if (path === '/order') return this.#orders.make(request)
    if (kind === 'authorization') return this.#orders.authorization(Number(id), request)
    if (kind === 'challenge') return this.#orders.challenge(Number(id), request)
    const order = this.#orders.find(id, request.kid)
    if (order === undefined) return notFound()
    if (kind === 'finalize') return this.#finalize(order, request)
    // RFC 8555 section 6.3: whatever is only fetched is fetched with an empty payload.
    if (request.payload !== undefined) return malformed()
    if (kind === 'order') return this.#orders.look(order)
    return kind === 'certificate' ? this.#certificate(order, path) : notFound()
  }

  async #finalize(order: FakeOrder, { payload = {} }: SignedRequest): Promise<FakeReply> {
    const { troubles } = this
    if (troubles.finalizeProblem !== undefined) return problem(troubles.finalizeProblem)
    const excuses = troubles.notReadyAnswers ?? 0
    if (excuses > 0) troubles.notReadyAnswers = excuses - 1
    if (order.status !== 'ready' || excuses > 0) return problem({ status: 403, type: 'orderNotReady' })
    const request = await readRequest(String(payload['csr']))
    const texts = (names: readonly { readonly value: string }[]): string => String(names.map((n) => n.value).sort())
    if (texts(request.names) !== texts(order.names)) return problem({ status: 400, type: 'badCSR' })
    const { ca, now } = this.#options
    const publicKey = troubles.certifiesAnotherKey === true ? ca.key.publicKey : request.publicKey
    order.certificate = await sign({ ...request, publicKey }, ca, now())
    order.status = (troubles.processingLooks ?? 0) > 0 ? 'processing' : 'valid'
    return reply(200, this.#orders.shown(order))
  }

  async #certificate({ certificate, id }: FakeOrder, path: string): Promise<FakeReply> {
    if (certificate === undefined) return notFound()
    const { ca, alternate, base } = this.#options
    const isAlternate = path.endsWith('/alternate')
    const above = alternate !== undefined && isAlternate ? await crossSign(ca, alternate) : ca.certificate
    const pem = certificatesPem([certificate, above])
    const left = this.troubles.truncatedDownloads ?? 0
    if (left > 0) this.troubles.truncatedDownloads = left - 1
    const link = { link: `<${base}/certificate/${id}/alternate>;rel="alternate"` }
    const headers = { 'content-type': 'application/pem-certificate-chain' }
    return reply(200, left > 0 ? pem.slice(0, 200) : pem, {
      ...headers,
      ...(alternate === undefined || isAlternate ? {} : link),
    })
  }

  #revoke({ kid, jwk, payload = {} }: SignedRequest): FakeReply {
    const der = Buffer.from(String(payload['certificate']), 'base64url')
    const order = this.orders.find(({ certificate }) => certificate !== undefined && der.equals(certificate))
    if (order === undefined) return notFound()
    const isOwner = jwk === undefined ? kid === order.account : isKeyOf(der, jwk)
    if (!isOwner) return problem({ status: 403, type: 'unauthorized' })
    if (this.revoked.includes(der.toString('hex'))) return problem({ status: 400, type: 'alreadyRevoked' })
    this.revoked.push(der.toString('hex'))
    return reply(200, '')
  }
}

const isKeyOf = (certificate: Buffer, jwk: JsonWebKey): boolean =>
  new X509Certificate(certificate).publicKey.equals(keyOf(jwk))
