/** The CA behind the server: issues, makes keys, knows what it has issued and revoked. */
import { createHash } from 'node:crypto'
import type { KeyShape, Wanted } from '../../../src/domain/wanted.ts'
import { buildEnvelopedData } from '../../../src/pki/cms/envelopeddata.ts'
import type { Recipient } from '../../../src/pki/cms/envelopeddata.ts'
import { buildSignedData } from '../../../src/pki/cms/signeddata.ts'
import { encodeSequence } from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { SecretText } from '../../../src/std/secret.ts'
import { days, plus } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import { unwrap } from '../unwrap.ts'
import { algorithmOf, elementOf, inside, retag, same } from './asn1.ts'
import type { CertId, CertRequest } from './crmf.ts'
import type { Material } from './material.ts'
import type { Protector } from './protection.ts'
import type { CmpTroubles } from './troubles.ts'

/** A certificate that the server has made. */
export interface IssuedCertificate {
  readonly certificate: Der
  /** Body of the request: ir, cr, kur or p10cr. */
  readonly requestType: string
  readonly request: CertRequest
  /** Hex. */
  readonly transactionId: string
  /** The certificate that a kur replaced. */
  readonly replaced: Der | undefined
  readonly protector: Protector
  /** EnvelopedData with the key that the CA made, without its ContentInfo. */
  readonly privateKey: Der | undefined
  isConfirmed: boolean
  isRevoked: boolean
}

const bodyOf = (certificate: Der): readonly DerElement[] =>
  inside(inside(elementOf(certificate))[0]).filter(({ tag }) => tag !== 0xa0)

const serialOf = (certificate: Der): Der => bodyOf(certificate)[0]?.encoded ?? certificate
const issuerOf = (certificate: Der): Der => bodyOf(certificate)[2]?.encoded ?? certificate
export const subjectOf = (certificate: Der): Der => bodyOf(certificate)[4]?.encoded ?? certificate

/** Whether a CertId names a certificate. */
export const isNamed = (certificate: Der, { issuer, serial }: CertId): boolean =>
  same(serialOf(certificate), serial) && same(issuerOf(certificate), issuer)

const keyPackage = '2.16.840.1.101.2.1.2.78.5'
const otherName = { type: 'dns', value: 'somebody.else.test' } as const

export interface Case {
  readonly requestType: string
  readonly request: CertRequest
  readonly transactionId: string
  readonly protector: Protector
}

export class Authority {
  readonly issued: IssuedCertificate[] = []
  readonly #material: Material
  readonly #now: () => Instant

  constructor(material: Material, now: () => Instant) {
    this.#material = material
    this.#now = now
  }

  find(id: CertId): IssuedCertificate | undefined {
    return this.issued.find(({ certificate }) => isNamed(certificate, id))
  }

  async issue(one: Case, troubles: CmpTroubles): Promise<IssuedCertificate> {
    const { request, protector } = one
    const shape: KeyShape = troubles.keyMade ?? { algorithm: 'ECDSA', size: 256 }
    const madeKey = request.publicKey === undefined ? await generateKey(shape) : undefined
    const publicKey = request.publicKey ?? madeKey?.publicKey ?? this.#material.ca.key.publicKey
    const certificate = await this.#sign(request, publicKey, troubles)
    const secret = madeKey && encodeSequence(madeKey.toDer('PKCS8'))
    const issued: IssuedCertificate = {
      ...one,
      certificate,
      replaced: one.requestType === 'kur' && protector.kind === 'certificate' ? protector.certificate : undefined,
      privateKey: secret && (await this.#seal(secret, protector, troubles)),
      isConfirmed: false,
      isRevoked: false,
    }
    this.issued.push(issued)
    return issued
  }

  #sign(request: CertRequest, publicKey: Der, troubles: CmpTroubles): Promise<Der> {
    const { certifies, lifetime = 90 } = troubles
    const usages = request.usages.length === 0 ? ['digital signature', 'key agreement'] : request.usages
    const wanted: Wanted = {
      subject: certifies === 'otherSubject' ? [[{ oid: '2.5.4.3', value: otherName.value }]] : request.subject,
      names: certifies === 'otherNames' ? [otherName] : request.names,
      key: { algorithm: 'ECDSA', size: 256 },
      lifetime: days(lifetime),
      usages,
      encodeUsagesInRequest: true,
      isCA: false,
    }
    const signer = unwrap(readSigner(this.#material.ca))
    const notBefore = request.notBefore ?? this.#now()
    const notAfter = request.notAfter ?? plus(notBefore, days(lifetime))
    const certified = certifies === 'otherKey' ? this.#material.ca.key.publicKey : publicKey
    return issueCertificate({ wanted, publicKey: certified, signer, notBefore, notAfter })
  }

  /** For who has asked: the certificate that signed the request, or the password of its MAC (RFC 9483 section 4.1.6). */
  async #seal(keys: Der, protector: Protector, troubles: CmpTroubles): Promise<Der> {
    const signer = troubles.keySigner ?? this.#material.ca
    const signed = await buildSignedData({
      content: keys,
      contentType: keyPackage,
      signer,
      hash: 'SHA-256',
      certificates: [signer.certificate],
    })
    const inner = inside(inside(elementOf(signed))[1])[0]
    const isPlain = troubles.unsignedKey === true
    const envelope = await buildEnvelopedData({
      content: isPlain ? keys : (inner?.encoded ?? signed),
      contentType: isPlain ? keyPackage : '1.2.840.113549.1.7.2',
      recipients: [recipientFor(protector)],
      cipher: 'AES-256-CBC',
    })
    const content = inside(inside(elementOf(envelope))[1])[0]
    return retag(0xa0, content?.encoded ?? envelope)
  }
}

function recipientFor(protector: Protector): Recipient {
  switch (protector.kind) {
    case 'certificate':
      return { kind: 'certificate', certificate: protector.certificate }
    case 'secret':
      return { kind: 'password', password: new SecretText(protector.secret) }
    case 'nobody':
      throw new Error('a key cannot be sent to nobody')
  }
}

const certHashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}

/** The hash that certConf uses: the certificate's own; undefined where that has none, and hashAlg must tell it. */
export function certHashName(certificate: Der): string | undefined {
  const algorithm = algorithmOf(inside(elementOf(certificate))[1])
  return algorithm === '1.3.101.112' ? undefined : (certHashes[algorithm] ?? 'sha256')
}

export const digest = (name: string, bytes: Uint8Array): Uint8Array => createHash(name).update(bytes).digest()
