/**
 * A SCEP service in memory (RFC 8894) with a CA that really issues, for replies that no well-behaved server gives. It counts
 * because independent clients have completed transactions against it (test/integration/scep-clients.test.ts).
 */
import { X509Certificate } from 'node:crypto'
import type { Wanted } from '../../../src/domain/wanted.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, plus } from '../../../src/std/time.ts'
import type { Duration, Instant } from '../../../src/std/time.ts'
import { unwrap } from '../unwrap.ts'
import { certRep, scepOid } from './certrep.ts'
import type { Judged, Operation } from './certrep.ts'
import { certificateList, decryptWith, elementOf, inside, isSignedBy, readMessage, signMessage } from './cms.ts'
import type { FakeCipher } from './cms.ts'
import { readCsr } from './csr.ts'
import type { Csr } from './csr.ts'
import type { Material } from './material.ts'
import type { ScepTroubles } from './troubles.ts'

export interface FakeScepOptions {
  readonly material: Material
  readonly now: () => Instant
  /** Of what it issues; 90 days when not given. */
  readonly lifetime?: Duration
}

export interface FakeRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface FakeReply {
  readonly status: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

/** What a request was, for tests to look at. */
export interface SeenOperation {
  readonly method: string
  readonly messageType: string
  readonly transaction: string
  readonly nonce: string
  readonly hash: string
  readonly cipher: FakeCipher
  readonly challenge: string | undefined
  /** Whether a certificate of the CA signed it. */
  readonly isRenewal: boolean
  readonly message: Uint8Array
}

interface Case {
  readonly csr: Csr
  readonly requester: Der
  certificate?: Der
  denied?: boolean
}

const everything = 'AES\nDES3\nPOSTPKIOperation\nRenewal\nSHA-1\nSHA-256\nSHA-512\nSCEPStandard\nGetNextCACert'

export class FakeScep {
  readonly troubles: ScepTroubles = {}
  /** Method and operation of every request, for example `GET GetCACaps`. */
  readonly requests: string[] = []
  readonly operations: SeenOperation[] = []
  /** Every certificate that it has issued, as a CA's own log has it. */
  readonly log: Der[] = []
  /** The queries as they came, for example `operation=GetCACert&message=`. */
  readonly queries: string[] = []
  readonly #options: FakeScepOptions
  readonly #cases = new Map<string, Case>()
  #issued = 0

  constructor(options: FakeScepOptions) {
    this.#options = options
  }

  /** Certificates signed so far. */
  get issued(): number {
    return this.#issued
  }

  /** An administrator decides about everything that waits. */
  async approve(decision: 'grant' | 'deny' = 'grant'): Promise<void> {
    for (const one of this.#cases.values()) {
      if (one.certificate !== undefined) continue
      if (decision === 'deny') one.denied = true
      else one.certificate = await this.#issue(one.csr)
    }
  }

  /** Transactions are forgotten, as by a restart of a service that keeps them in memory. */
  forget(): void {
    this.#cases.clear()
  }

  async handle(request: FakeRequest): Promise<FakeReply> {
    const query = request.target.slice(request.target.indexOf('?') + 1)
    const parameters = new URLSearchParams(query)
    const operation = parameters.get('operation') ?? ''
    this.requests.push(`${request.method} ${operation}`)
    this.queries.push(query)
    if (this.troubles.wantsMessage === true && !parameters.has('message') && request.method === 'GET')
      return { status: 400, body: 'message is missing' }
    switch (operation) {
      case 'GetCACaps':
        return this.#capabilities()
      case 'GetCACert':
        return this.#certificates()
      case 'GetNextCACert':
        return this.#nextCa()
      case 'PKIOperation':
        return this.#operate(request, parameters.get('message') ?? '')
      default:
        return { status: 400, body: 'unknown operation' }
    }
  }

  #capabilities(): FakeReply {
    const { capabilities = everything } = this.troubles
    if (typeof capabilities === 'number') return { status: capabilities, body: 'not here' }
    return { status: 200, type: 'text/plain', body: capabilities }
  }

  #certificates(): FakeReply {
    const { shown } = this.#options.material
    const [only, ...others] = shown.map(({ certificate }) => certificate)
    const { certType } = this.troubles
    if (only !== undefined && others.length === 0)
      return { status: 200, type: certType ?? 'application/x-x509-ca-cert', body: only }
    const list = certificateList(shown.map(({ certificate }) => certificate))
    return { status: 200, type: certType ?? 'application/x-x509-ca-ra-cert', body: list }
  }

  async #nextCa(): Promise<FakeReply> {
    const { nextCa, nextCaSigner } = this.troubles
    if (nextCa === undefined) return { status: 404, body: 'not here' }
    const signer = nextCaSigner ?? this.#options.material.ca
    const content = certificateList([nextCa.certificate])
    const body = await signMessage({
      content,
      attributes: [],
      signer,
      hash: 'SHA-256',
      certificates: [signer.certificate],
    })
    return { status: 200, type: 'application/x-x509-next-ca-cert', body }
  }

  async #operate(request: FakeRequest, text: string): Promise<FakeReply> {
    const { postStatus, operationStatus, retryAfter, truncatedAt } = this.troubles
    if (request.method === 'POST' && postStatus !== undefined) return { status: postStatus, body: 'no POST' }
    // What IIS does to a chunked request.
    if (request.method === 'POST' && request.headers['content-length'] === undefined)
      return { status: 411, body: 'length' }
    if (operationStatus !== undefined) return { status: operationStatus, body: 'out of order' }
    const bytes = request.method === 'POST' ? request.body : Buffer.from(text, 'base64')
    const operation = this.#read(bytes, request.method)
    if (operation === undefined) return { status: 500, body: 'no pkiMessage' }
    const { renewalStatus } = this.troubles
    if (operation.type === '17' && renewalStatus !== undefined) return { status: renewalStatus, body: 'what?' }
    const reply = this.troubles.body ?? this.troubles.replays ?? (await this.#answer(operation))
    return {
      status: 200,
      type: 'application/x-pki-message',
      body: truncatedAt === undefined ? reply : reply.subarray(0, truncatedAt),
      ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
    }
  }

  #read(bytes: Uint8Array, method: string): Operation | undefined {
    const message = readMessage(bytes)
    if (message?.content === undefined) return undefined
    const { decrypters } = this.#options.material
    const opened = decrypters
      .filter(({ certificate }) => isRecipient(message.content ?? new Uint8Array(), certificate))
      .map(({ key }) => decryptWith(message.content ?? new Uint8Array(), key))
      .find((one) => one !== undefined)
    if (opened === undefined) return undefined
    const text = (last: number): string => Buffer.from(message.attributes.get(scepOid(last))?.content ?? []).toString()
    const nonce = message.attributes.get(scepOid(5))?.content ?? new Uint8Array()
    const [type, transaction] = [text(2), text(7)]
    const isRenewal = this.#isOurs(message.certificate)
    this.operations.push({
      method,
      messageType: type,
      transaction,
      hash: message.hash,
      cipher: opened.cipher,
      isRenewal,
      challenge: type === '20' ? undefined : readCsr(opened.content)?.challenge,
      nonce: Buffer.from(nonce).toString('hex'),
      message: bytes,
    })
    return { message, type, transaction, nonce, payload: opened.content }
  }

  #isOurs(certificate: Der): boolean {
    const cas = [this.#options.material.ca.certificate, ...(this.troubles.formerCas ?? [])]
    return cas.some((ca) => isSignedBy(certificate, ca))
  }

  async #answer(operation: Operation): Promise<Der> {
    const { failure } = this.troubles
    if (failure !== undefined) return this.#reply(operation, { status: '2', failInfo: failure.failInfo })
    const known = this.troubles.forgetsTransactions === true ? undefined : this.#cases.get(operation.transaction)
    if (operation.type === '20') {
      if (this.troubles.pollsUntilApproval !== undefined && this.troubles.pollsUntilApproval-- <= 0)
        await this.approve()
      return this.#reply(operation, this.#poll(operation, known))
    }
    return this.#reply(operation, known === undefined ? await this.#newCase(operation) : this.#state(known))
  }

  /** CertPoll names the CA that issues, and the subject of the request (section 3.3.3). */
  #poll({ payload }: Operation, known: Case | undefined): Judged {
    const [issuer] = inside(elementOf(payload))
    const ca = new X509Certificate(this.#options.material.ca.certificate)
    const isOurs = issuer !== undefined && Buffer.from(ca.raw).includes(Buffer.from(issuer.encoded))
    return known === undefined || !isOurs ? { status: '2', failInfo: '4' } : this.#state(known)
  }

  #state({ certificate, denied }: Case): Judged {
    if (denied === true) return { status: '2', failInfo: '2' }
    return certificate === undefined ? { status: '3' } : { status: '0', certificate }
  }

  async #newCase({ type, transaction, payload, message }: Operation): Promise<Judged> {
    const csr = readCsr(payload)
    if (csr?.isProven !== true || (type !== '19' && type !== '17')) return { status: '2', failInfo: '2' }
    const isRenewal = this.#isOurs(message.certificate)
    if (!this.#isAllowed({ type, isRenewal, challenge: csr.challenge ?? '' })) return { status: '2', failInfo: '2' }
    const one: Case = { csr, requester: message.certificate }
    this.#cases.set(transaction, one)
    if (this.troubles.approval !== 'manual') one.certificate = await this.#issue(csr)
    return this.#state(one)
  }

  #isAllowed(asked: { readonly type: string; readonly isRenewal: boolean; readonly challenge: string }): boolean {
    const { challenge, oneTimeChallenges, refusesRenewalReq, refusesSignedPkcsReq } = this.troubles
    if (asked.type === '17') return asked.isRenewal && refusesRenewalReq !== true
    if (asked.isRenewal) return refusesSignedPkcsReq !== true
    if (oneTimeChallenges !== undefined) return oneTimeChallenges.delete(asked.challenge)
    return challenge === undefined || challenge === asked.challenge
  }

  async #issue(csr: Csr): Promise<Der> {
    this.#issued += 1
    const { material, now, lifetime = days(90) } = this.#options
    const wanted: Wanted = {
      subject: csr.subject,
      names: csr.names,
      key: { algorithm: 'RSA', size: 2048 },
      lifetime,
      usages: ['digital signature', 'key encipherment', 'server auth', 'client auth'],
      encodeUsagesInRequest: true,
      isCA: false,
    }
    const publicKey = this.troubles.certifiesAnotherKey === true ? material.ca.key.publicKey : csr.publicKey
    const signer = unwrap(readSigner(material.ca))
    const until = plus(now(), lifetime)
    const certificate = await issueCertificate({ wanted, publicKey, signer, notBefore: now(), notAfter: until })
    this.log.push(certificate)
    return certificate
  }

  #reply(operation: Operation, judged: Judged): Promise<Der> {
    const { material } = this.#options
    const challenge = this.#cases.get(operation.transaction)?.csr.challenge
    return certRep({ operation, judged, troubles: this.troubles, material, challenge })
  }
}

/** Whether the EnvelopedData names the certificate. */
function isRecipient(envelope: Uint8Array, certificate: Der): boolean {
  const { serialNumber } = new X509Certificate(certificate)
  return Buffer.from(envelope).includes(Buffer.from(serialNumber, 'hex')) && asDer(certificate).length > 0
}
