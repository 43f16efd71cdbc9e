/**
 * An ACME CA in memory, for replies that no well-behaved server gives. It counts only because an independent client has
 * completed an order against it (fake.test.ts).
 */
import 'reflect-metadata'
import type { JsonWebKey } from 'node:crypto'
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509'
import type { SubjectName } from '../../../src/domain/wanted.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { certificatesPem } from '../../../src/pki/pem.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, plus, toRfc3339 } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import type { CaMaterial } from '../ca-material.ts'
import { keyOf, readSigned, thumbprintOf } from './message.ts'
import type { SignedRequest } from './message.ts'

/** How the CA misbehaves. Everything is off unless said. */
export interface AcmeTroubles {
  /** Refuses this many nonces in a row before it takes one. */
  nonceRefusals?: number
  /** How often an order is still `processing` when it is looked at after finalize. */
  processingLooks?: number
  /** Answers every newOrder with this problem. */
  newOrderProblem?: { status: number; type: string; retryAfter?: string; withoutStatus?: boolean } | undefined
  /** Refuses `replaces` in its own way. */
  refusesReplaces?: { status: number; type: string } | undefined
  /** Says orderNotReady this many times although the order is ready. */
  notReadyAnswers?: number
  /** Every validation fails, as if the name pointed elsewhere. */
  validationFails?: boolean
  /** Certifies a key of its own. */
  certifiesAnotherKey?: boolean
  /** Cuts the certificate short. */
  truncatesCertificate?: boolean
  /** Forgets every order. */
  losesOrders?: boolean
  /** Known names need no challenge. */
  reusesAuthorizations?: boolean
  /** Lists challenges that no client knows, some without a token. */
  listsStrangeChallenges?: boolean
  externalAccountRequired?: boolean
}

export interface FakeReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface FakeOrder {
  readonly id: number
  readonly account: string
  readonly names: readonly { type: string; value: string }[]
  status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid'
  looks: number
  readonly payload: Readonly<Record<string, unknown>>
  certificate?: Der
}

interface FakeAuthorization {
  readonly order: FakeOrder
  readonly name: { type: string; value: string }
  readonly token: string
  status: 'pending' | 'valid' | 'invalid'
}

export class FakeAcme {
  readonly troubles: AcmeTroubles = {}
  /** Answers that can be looked at, by token. */
  readonly answers = new Map<string, string>()
  readonly orders: FakeOrder[] = []
  readonly revoked: string[] = []
  readonly requests: string[] = []
  readonly #base: string
  readonly #ca: CaMaterial
  readonly #now: () => Instant
  readonly #nonces = new Set<string>()
  readonly #accounts = new Map<string, { jwk: JsonWebKey; contact: unknown }>()
  readonly #authorizations: FakeAuthorization[] = []
  #counter = 0
  #refused = 0

  /** @param options - `base` is the URL that clients reach it by, without a slash at its end */
  constructor(options: { base: string; ca: CaMaterial; now: () => Instant }) {
    this.#base = options.base
    this.#ca = options.ca
    this.#now = options.now
  }

  get directoryUrl(): string {
    return `${this.#base}/directory`
  }

  get issued(): number {
    return this.orders.filter((order) => order.certificate !== undefined).length
  }

  async handle(method: string, url: string, body: string): Promise<FakeReply> {
    const path = url.slice(this.#base.length)
    this.requests.push(`${method} ${path}`)
    if (path === '/directory') return this.#reply(200, this.#directory())
    if (path === '/nonce') return this.#reply(method === 'HEAD' ? 200 : 204, '')
    if (path.startsWith('/renewal/')) return this.#reply(200, this.#renewal())
    if (method !== 'POST') return this.#problem(405, 'malformed')
    const request = readSigned(body)
    const refused = this.#refuse(request, url)
    if (refused !== undefined) return refused
    return this.#route(path, request)
  }

  #directory(): object {
    return {
      newNonce: `${this.#base}/nonce`,
      newAccount: `${this.#base}/account`,
      newOrder: `${this.#base}/order`,
      revokeCert: `${this.#base}/revoke`,
      renewalInfo: `${this.#base}/renewal`,
      meta: {
        termsOfService: 'https://ca.test/terms',
        caaIdentities: ['ca.test'],
        profiles: { default: 'the usual one' },
        externalAccountRequired: this.troubles.externalAccountRequired === true,
      },
    }
  }

  #renewal(): object {
    const start = plus(this.#now(), days(10))
    return { suggestedWindow: { start: toRfc3339(start), end: toRfc3339(plus(start, days(2))) } }
  }

  /** What a server checks before it looks at the payload (RFC 8555 sections 6.2 to 6.5). */
  #refuse(request: SignedRequest, url: string): FakeReply | undefined {
    if (!this.#nonces.delete(request.nonce)) return this.#problem(400, 'badNonce')
    if (this.#refused < (this.troubles.nonceRefusals ?? 0)) {
      this.#refused += 1
      return this.#problem(400, 'badNonce')
    }
    this.#refused = 0
    if (request.url !== url) return this.#problem(400, 'malformed')
    const jwk = request.jwk ?? this.#accounts.get(request.kid ?? '')?.jwk
    if (jwk === undefined) return this.#problem(400, 'accountDoesNotExist')
    return request.verifiedBy(keyOf(jwk)) ? undefined : this.#problem(400, 'malformed')
  }

  async #route(path: string, request: SignedRequest): Promise<FakeReply> {
    const [, kind = '', id = ''] = path.split('/')
    if (kind === 'account') return this.#account(request, id)
    if (kind === 'revoke') return this.#revoke(request)
    if (kind === 'order' && id === '') return this.#newOrder(request)
    const order = this.orders.find((one) => String(one.id) === id)
    if (kind === 'authorization' || kind === 'challenge') return this.#authorization(kind, Number(id))
    if (order === undefined || this.troubles.losesOrders === true) return this.#problem(404, 'malformed')
    if (kind === 'order') return this.#reply(200, this.#lookAt(order))
    if (kind === 'finalize') return this.#finalize(order, request)
    return kind === 'certificate' ? this.#certificate(order) : this.#problem(404, 'malformed')
  }

  #account({ jwk, kid, payload = {} }: SignedRequest, id: string): FakeReply {
    if (id !== '') return this.#reply(200, { status: 'valid', contact: payload['contact'] }, { location: kid ?? '' })
    if (this.troubles.externalAccountRequired === true && payload['externalAccountBinding'] === undefined)
      return this.#problem(403, 'externalAccountRequired')
    const url = `${this.#base}/account/${thumbprintOf(jwk ?? {})}`
    const known = this.#accounts.get(url)
    if (known === undefined && payload['onlyReturnExisting'] === true) return this.#problem(400, 'accountDoesNotExist')
    const account = known ?? { jwk: jwk ?? {}, contact: payload['contact'] }
    this.#accounts.set(url, account)
    return this.#reply(
      known === undefined ? 201 : 200,
      { status: 'valid', contact: account.contact ?? [] },
      { location: url },
    )
  }

  #newOrder({ kid = '', payload = {} }: SignedRequest): FakeReply {
    const { newOrderProblem: trouble, refusesReplaces } = this.troubles
    if (trouble !== undefined) return this.#problem(trouble.status, trouble.type, trouble)
    if (refusesReplaces !== undefined && payload['replaces'] !== undefined)
      return this.#problem(refusesReplaces.status, refusesReplaces.type)
    const names = payload['identifiers'] as { type: string; value: string }[]
    const order: FakeOrder = { id: ++this.#counter, account: kid, names, status: 'pending', looks: 0, payload }
    this.orders.push(order)
    for (const name of names) {
      const isKnown = this.troubles.reusesAuthorizations === true
      const token = `token-${order.id}-${this.#authorizations.length}-${'x'.repeat(20)}`
      this.#authorizations.push({ order, name, token, status: isKnown ? 'valid' : 'pending' })
    }
    this.#advance(order)
    return this.#reply(201, this.#shown(order), { location: `${this.#base}/order/${order.id}` })
  }

  #authorization(kind: 'authorization' | 'challenge', id: number): FakeReply {
    const authorization = this.#authorizations[id]
    if (authorization === undefined) return this.#problem(404, 'malformed')
    if (kind === 'challenge') this.#validate(authorization)
    return this.#reply(
      200,
      kind === 'challenge' ? this.#challenge(authorization) : this.#shownAuthorization(authorization),
    )
  }

  #validate(authorization: FakeAuthorization): void {
    const jwk = this.#accounts.get(authorization.order.account)?.jwk ?? {}
    const expected = `${authorization.token}.${thumbprintOf(jwk)}`
    const isRight = this.answers.get(authorization.token) === expected && this.troubles.validationFails !== true
    authorization.status = isRight ? 'valid' : 'invalid'
    this.#advance(authorization.order)
  }

  #advance(order: FakeOrder): void {
    const own = this.#authorizations.filter((one) => one.order === order)
    if (own.some(({ status }) => status === 'invalid')) order.status = 'invalid'
    else if (order.status === 'pending' && own.every(({ status }) => status === 'valid')) order.status = 'ready'
  }

  #lookAt(order: FakeOrder): object {
    if (order.status === 'processing' && ++order.looks > (this.troubles.processingLooks ?? 0)) order.status = 'valid'
    return this.#shown(order)
  }

  async #finalize(order: FakeOrder, { payload = {} }: SignedRequest): Promise<FakeReply> {
    if (order.status !== 'ready') return this.#problem(403, 'orderNotReady')
    if ((this.troubles.notReadyAnswers ?? 0) > 0) {
      this.troubles.notReadyAnswers = (this.troubles.notReadyAnswers ?? 0) - 1
      return this.#problem(403, 'orderNotReady')
    }
    const request = new Pkcs10CertificateRequest(Buffer.from(String(payload['csr']), 'base64url'))
    const names = namesOf(request)
    const ordered = order.names.map(({ value }) => value).sort()
    if (JSON.stringify(names.map(({ value }) => value).sort()) !== JSON.stringify(ordered))
      return this.#problem(400, 'badCSR')
    order.certificate = await this.#sign(asDer(new Uint8Array(request.publicKey.rawData)), names)
    order.status = (this.troubles.processingLooks ?? 0) > 0 ? 'processing' : 'valid'
    return this.#reply(200, this.#shown(order))
  }

  #sign(publicKey: Der, names: readonly SubjectName[]): Promise<Der> {
    const signer = readSigner(this.#ca)
    if (!signer.ok) throw new Error(signer.error)
    return issueCertificate({
      wanted: {
        subject: [],
        names,
        key: { algorithm: 'ECDSA', size: 256 },
        lifetime: days(90),
        usages: ['digital signature', 'key encipherment', 'server auth'],
        encodeUsagesInRequest: true,
        isCA: false,
      },
      publicKey: this.troubles.certifiesAnotherKey === true ? this.#ca.key.publicKey : publicKey,
      signer: signer.value,
      notBefore: this.#now(),
      notAfter: plus(this.#now(), days(90)),
    })
  }

  #certificate(order: FakeOrder): FakeReply {
    if (order.certificate === undefined) return this.#problem(404, 'malformed')
    const pem = certificatesPem([order.certificate, this.#ca.certificate])
    const body = this.troubles.truncatesCertificate === true ? pem.slice(0, 200) : pem
    return this.#reply(200, body, { 'content-type': 'application/pem-certificate-chain' })
  }

  #revoke({ payload = {} }: SignedRequest): FakeReply {
    const der = Buffer.from(String(payload['certificate']), 'base64url')
    const order = this.orders.find(({ certificate }) => certificate !== undefined && der.equals(certificate))
    if (order === undefined) return this.#problem(404, 'malformed')
    if (this.revoked.includes(der.toString('hex'))) return this.#problem(400, 'alreadyRevoked')
    this.revoked.push(der.toString('hex'))
    return this.#reply(200, '')
  }

  #shown(order: FakeOrder): object {
    const own = this.#authorizations.flatMap((one, i) =>
      one.order === order ? [`${this.#base}/authorization/${i}`] : [],
    )
    return {
      status: order.status,
      identifiers: order.names,
      authorizations: own,
      finalize: `${this.#base}/finalize/${order.id}`,
      ...(order.status === 'valid' ? { certificate: `${this.#base}/certificate/${order.id}` } : {}),
    }
  }

  #shownAuthorization(authorization: FakeAuthorization): object {
    const wildcard = authorization.name.value.startsWith('*.')
    const strange = [{ type: 'dns-persist-01', url: `${this.#base}/challenge/none`, status: 'pending' }]
    return {
      status: authorization.status,
      identifier: { ...authorization.name, value: authorization.name.value.replace(/^\*\./, '') },
      ...(wildcard ? { wildcard } : {}),
      challenges: [...(this.troubles.listsStrangeChallenges === true ? strange : []), this.#challenge(authorization)],
    }
  }

  #challenge(authorization: FakeAuthorization): object {
    const url = `${this.#base}/challenge/${this.#authorizations.indexOf(authorization)}`
    const detail = `${authorization.name.value} points at another web server`
    const error = { type: 'urn:ietf:params:acme:error:unauthorized', detail, status: 403 }
    const failed = authorization.status === 'invalid' ? { error } : {}
    return { type: 'http-01', url, token: authorization.token, status: authorization.status, ...failed }
  }

  #problem(status: number, type: string, more: { retryAfter?: string; withoutStatus?: boolean } = {}): FakeReply {
    const document = { type: `urn:ietf:params:acme:error:${type}`, detail: `the fake CA says ${type}` }
    const headers = {
      'content-type': 'application/problem+json',
      ...(more.retryAfter === undefined ? {} : { 'retry-after': more.retryAfter }),
    }
    return this.#reply(status, more.withoutStatus === true ? document : { ...document, status }, headers)
  }

  #reply(status: number, body: object | string, headers: Readonly<Record<string, string>> = {}): FakeReply {
    const nonce = `nonce-${++this.#counter}`
    this.#nonces.add(nonce)
    return {
      status,
      headers: { 'replay-nonce': nonce, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }
  }
}

function namesOf(request: Pkcs10CertificateRequest): readonly SubjectName[] {
  const extension = request.getExtension('2.5.29.17')
  if (extension === null) return []
  const { names } = new SubjectAlternativeNameExtension(extension.rawData)
  return names.items.map(({ type, value }): SubjectName => ({ type: type === 'ip' ? 'ip' : 'dns', value }))
}
