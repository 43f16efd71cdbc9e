/**
 * An EST server in memory (RFC 7030) with a CA that really issues, for replies that no well-behaved server gives. It counts because
 * independent clients have enrolled at it (test/integration/est-clients.test.ts).
 */
import { X509Certificate } from 'node:crypto'
import type { Wanted } from '../../../src/domain/wanted.ts'
import { buildCertificatesOnly } from '../../../src/pki/cms/signeddata.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import type { PrivateKey } from '../../../src/pki/key.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, plus } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import { someCa } from '../ca-material.ts'
import type { CaMaterial } from '../ca-material.ts'
import { unwrap } from '../unwrap.ts'
import { rawNames, readEstCsr } from './csr.ts'
import type { EstCsr } from './csr.ts'
import { LoginGuard } from './login.ts'
import { writeMultipart } from './multipart.ts'
import { forCertificate, forSharedKey, signedKey } from './serverkey.ts'
import type { EstTroubles } from './troubles.ts'

/** The TLS session under a request. */
export interface FakeSession {
  /** Shown by the client, and checked to have the key. */
  readonly certificate?: Der | undefined
  readonly tlsUnique?: Uint8Array | undefined
  readonly exporter?: Uint8Array | undefined
}

export interface FakeRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  readonly session: FakeSession
}

export interface FakeReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body: Uint8Array | string
}

export type Operation = 'cacerts' | 'csrattrs' | 'simpleenroll' | 'simplereenroll' | 'serverkeygen'

/** What was asked, for tests to look at. */
export interface SeenRequest {
  readonly operation: string
  readonly label: string | undefined
  readonly authorization: string | undefined
  readonly certificate: Der | undefined
  readonly body: string
  readonly status: number
}

export interface FakeEstOptions {
  readonly ca: CaMaterial
  /** What cacerts shows; the CA alone when left out. */
  readonly shown?: readonly Der[]
  readonly now: () => Instant
}

const path = /^\/\.well-known\/est(?:\/([^/]+))?\/(cacerts|csrattrs|simpleenroll|simplereenroll|serverkeygen)$/

export class FakeEst {
  readonly troubles: EstTroubles = {}
  readonly seen: SeenRequest[] = []
  readonly csrs: EstCsr[] = []
  /** Every certificate that it has issued for a request, as a CA's own log has it. */
  readonly log: Der[] = []
  shown: readonly Der[]
  readonly #options: FakeEstOptions
  readonly #guard = new LoginGuard()
  readonly #deferred = new Map<string, number>()
  readonly #certificates = new Map<string, Der>()
  #issued = 0

  constructor(options: FakeEstOptions) {
    this.#options = options
    this.shown = options.shown ?? [options.ca.certificate]
  }

  get issued(): number {
    return this.#issued
  }

  async handle(request: FakeRequest): Promise<FakeReply> {
    const [, label, operation = ''] = path.exec(request.target) ?? []
    const reply = isOperation(operation) ? await this.#answer(request, operation) : notFound
    this.seen.push({
      operation: operation === '' ? request.target : operation,
      label,
      status: reply.status,
      authorization: request.headers['authorization'],
      certificate: request.session.certificate,
      body: Buffer.from(request.body).toString('latin1'),
    })
    return reply
  }

  async #answer(request: FakeRequest, operation: Operation): Promise<FakeReply> {
    const { troubles } = this
    const instead = troubles.instead?.(request, operation)
    if (instead !== undefined) return instead
    if (operation === 'cacerts' && troubles.guardsEverything !== true) return this.#certs(this.shown)
    if (operation === 'csrattrs' && troubles.csrattrs === undefined) return notFound
    const challenge = this.#guard.check(request, troubles)
    const isOurs = this.#isOurs(request.session.certificate)
    if (challenge !== undefined && !(operation === 'simplereenroll' && isOurs))
      return { status: 401, headers: challenge, body: 'who are you?' }
    if (operation === 'cacerts') return this.#certs(this.shown)
    if (operation === 'csrattrs')
      return {
        status: 200,
        headers: { 'content-type': 'application/csrattrs' },
        body: this.#text(troubles.csrattrs ?? new Uint8Array()),
      }
    return this.#enroll(request, operation, isOurs)
  }

  #isOurs(certificate: Der | undefined): boolean {
    if (certificate === undefined) return false
    const leaf = new X509Certificate(certificate)
    const cas = [this.#options.ca.certificate, ...(this.troubles.formerCas ?? [])]
    return cas.some((ca) => leaf.verify(new X509Certificate(ca).publicKey))
  }

  async #enroll(request: FakeRequest, operation: Operation, isOurs: boolean): Promise<FakeReply> {
    const { troubles } = this
    if (request.headers['content-length'] === undefined) return { status: 411, body: 'length' }
    if (!(request.headers['content-type'] ?? '').startsWith('application/pkcs10')) return { status: 415, body: 'type' }
    const csr = readEstCsr(Buffer.from(Buffer.from(request.body).toString('latin1'), 'base64'))
    if (csr?.isProven !== true) return { status: 400, body: 'no request' }
    this.csrs.push(csr)
    const refusal = troubles.refuses ?? this.#judge(request, operation, { csr, isOurs })
    if (refusal !== undefined) return refusal
    if (this.#putsOff(csr)) {
      const { retryAfter } = troubles
      return { status: 202, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter }, body: 'later' }
    }
    if (operation === 'serverkeygen') return this.#withKey(csr, request.session)
    return this.#certs([await this.#certificateFor(csr, operation)])
  }

  #judge(
    { session }: FakeRequest,
    operation: Operation,
    { csr, isOurs }: { readonly csr: EstCsr; readonly isOurs: boolean },
  ): FakeReply | undefined {
    const { wantsCertificate, wantsBinding, knowsNoRenewal } = this.troubles
    if (wantsCertificate === true && !isOurs) return { status: 403, body: 'no client certificate of this CA' }
    const value = wantsBinding === 'tls-unique' ? session.tlsUnique : session.exporter
    if (wantsBinding !== undefined && csr.challenge !== Buffer.from(value ?? [0]).toString('base64'))
      return { status: 400, body: 'not bound to this session' }
    if (operation !== 'simplereenroll') return undefined
    if (knowsNoRenewal !== undefined) return { status: knowsNoRenewal, body: 'no renewals here' }
    if (session.certificate === undefined || !isOurs) return { status: 403, body: 'no certificate to renew' }
    const old = rawNames(session.certificate)
    const same = old.subject === csr.rawSubject && old.names === csr.extensions.get('2.5.29.17')
    return same ? undefined : { status: 400, body: 'subject or names differ from the certificate' }
  }

  /** An administrator decides about requests one by one; the same request comes again as it is. */
  #putsOff(csr: EstCsr): boolean {
    const times = this.#deferred.get(csr.publicKeyHash) ?? this.troubles.putsOff ?? 0
    this.#deferred.set(csr.publicKeyHash, times - 1)
    return times > 0
  }

  /** Remembers what it has certified, as an RA does that keeps its requests. */
  async #certificateFor(csr: EstCsr, operation: Operation): Promise<Der> {
    const name = `${operation} ${csr.publicKeyHash} ${csr.rawSubject}`
    const known = this.#certificates.get(name)
    if (known !== undefined) return known
    this.#issued += 1
    const stranger = this.troubles.certifiesAnotherKey === true ? (await someCa('x')).key.publicKey : csr.publicKey
    const certificate = await this.#issue(csr, stranger)
    this.#certificates.set(name, certificate)
    this.log.push(certificate)
    return certificate
  }

  async #issue(csr: EstCsr, publicKey: Der): Promise<Der> {
    const { ca, now } = this.#options
    const wanted: Wanted = {
      subject: csr.subject,
      names: csr.names,
      key: { algorithm: 'ECDSA', size: 256 },
      lifetime: days(90),
      usages: ['digital signature', 'key encipherment', 'server auth', 'client auth'],
      encodeUsagesInRequest: true,
      isCA: false,
    }
    const signer = unwrap(readSigner(this.troubles.signsElsewhere === true ? await someCa('Elsewhere') : ca))
    return issueCertificate({ wanted, publicKey, signer, notBefore: now(), notAfter: plus(now(), days(90)) })
  }

  async #withKey(csr: EstCsr, session: FakeSession): Promise<FakeReply> {
    this.#issued += 1
    const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
    const sent = this.troubles.sendsAnotherServerKey === true ? await generateKey(key.shape) : key
    const certificate = await this.#issue(csr, key.publicKey)
    const { type, body } = await this.#keyPart(sent, csr, session)
    const parts = [
      { type, body: this.#text(body) },
      { type: this.#certificateType(), body: this.#text(buildCertificatesOnly([certificate])) },
    ]
    const whole = writeMultipart(parts, this.troubles.multipart ?? 'plain')
    return { status: 200, headers: { 'content-type': whole.type }, body: whole.body }
  }

  async #keyPart(key: PrivateKey, csr: EstCsr, session: FakeSession): Promise<{ type: string; body: Der }> {
    const { ca } = this.#options
    const { sharedKey, ignoresEncryption } = this.troubles
    const type = 'application/pkcs7-mime; smime-type=server-generated-key'
    const shared = csr.attributes.get('1.2.840.113549.1.9.16.2.37')
    const asymmetric = csr.attributes.get('1.2.840.113549.1.9.16.2.54')
    if (ignoresEncryption !== true && shared !== undefined && sharedKey !== undefined)
      return { type, body: forSharedKey(await signedKey(key, ca), sharedKey, shared.subarray(2)) }
    if (ignoresEncryption !== true && asymmetric !== undefined && session.certificate !== undefined)
      return { type, body: await forCertificate(await signedKey(key, ca), session.certificate) }
    return { type: 'application/pkcs8', body: key.toDer('PKCS8') }
  }

  #certs(certificates: readonly Der[]): FakeReply {
    const headers = { 'content-type': this.#certificateType(), 'content-transfer-encoding': 'binary' }
    const body = buildCertificatesOnly(certificates)
    return { status: 200, headers, body: this.troubles.form === 'der' ? body : this.#text(body) }
  }

  #certificateType(): string {
    return this.troubles.certificateType ?? 'application/pkcs7-mime; smime-type=certs-only'
  }

  #text(bytes: Uint8Array): string {
    const base64 = Buffer.from(bytes).toString('base64')
    const lines = base64.match(/.{1,64}/g) ?? []
    switch (this.troubles.form) {
      case 'unwrapped':
        return base64
      case 'lf':
        return `${lines.join('\n')}\n`
      case 'pem':
        return `-----BEGIN PKCS7-----\n${lines.join('\n')}\n-----END PKCS7-----\n`
      default:
        return `${lines.join('\r\n')}\r\n`
    }
  }
}

const notFound: FakeReply = { status: 404, body: 'no such thing' }

const isOperation = (name: string): name is Operation =>
  ['cacerts', 'csrattrs', 'simpleenroll', 'simplereenroll', 'serverkeygen'].includes(name)
