/** Keys that the CA makes (RFC 7030 section 4.4): how they are asked for, and how they arrive. */
import type { EstSpec } from '../../api/issuer/est.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { readAsymmetricKeyPackage } from '../../pki/cms/asymkey.ts'
import { berToDer } from '../../pki/cms/ber.ts'
import { openEnvelopedData } from '../../pki/cms/envelopeddata.ts'
import type { Opener } from '../../pki/cms/envelopeddata.ts'
import { readSignedData, verifySigner } from '../../pki/cms/signeddata.ts'
import type { RequestAttribute } from '../../pki/csr.ts'
import { encodeElement, encodeOid, encodeSequence, tags } from '../../pki/der.ts'
import { readPrivateKey } from '../../pki/key.ts'
import type { PrivateKey } from '../../pki/key.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { EstCredentials, Shown } from './credentials.ts'
import type { ReplyDefect } from './faults.ts'
import { readMultipart } from './multipart.ts'
import type { Part } from './multipart.ts'
import { decodeBody, readCertificateBody } from './wire.ts'

/** How a key shall be encrypted on top of TLS. */
export type KeyProtection =
  | { readonly kind: 'tls' }
  | { readonly kind: 'shared'; readonly identifier: string; readonly key: Uint8Array }
  | { readonly kind: 'certificate'; readonly shown: Shown }
  | { readonly kind: 'impossible'; readonly why: string }

export function protectionOf(spec: EstSpec, credentials: EstCredentials, shown: Shown | undefined): KeyProtection {
  const { serverKeyDecryption: shared, serverKeyEncryption } = spec
  if (shared !== undefined && credentials.decryption !== undefined)
    return { kind: 'shared', identifier: shared.identifier, key: credentials.decryption }
  if (serverKeyEncryption !== 'ClientCertificate') return { kind: 'tls' }
  if (shown === undefined || shown.key.shape.algorithm === 'Ed25519') {
    const why =
      'spec.est.serverKeyEncryption is ClientCertificate, and there is no client certificate whose key can decrypt; name one in spec.est.clientCertificateSecretRef'
    return { kind: 'impossible', why }
  }
  return { kind: 'certificate', shown }
}

const ids = {
  smimeCapabilities: '1.2.840.113549.1.9.15',
  decryptKeyIdentifier: '1.2.840.113549.1.9.16.2.37',
  asymmetricDecryptKeyIdentifier: '1.2.840.113549.1.9.16.2.54',
} as const

/** AES-256-CBC and AES-128-CBC, best first, as RFC 8551 section 2.5.2 has them. */
const capabilities = encodeSequence(
  encodeSequence(encodeOid('2.16.840.1.101.3.4.1.42')),
  encodeSequence(encodeOid('2.16.840.1.101.3.4.1.2')),
)

/** Attributes of the request that ask for it (sections 4.4.1.1 and 4.4.1.2). */
export function protectionAttributes(protection: KeyProtection): readonly RequestAttribute[] {
  const identified = (type: string, identifier: Uint8Array): readonly RequestAttribute[] => [
    { type: ids.smimeCapabilities, values: [capabilities] },
    { type, values: [encodeElement(tags.octetString, identifier)] },
  ]
  switch (protection.kind) {
    case 'shared':
      return identified(ids.decryptKeyIdentifier, Buffer.from(protection.identifier, 'utf8'))
    case 'certificate': {
      const { subjectKeyId, publicKeyHash } = protection.shown.facts
      return identified(ids.asymmetricDecryptKeyIdentifier, Buffer.from(subjectKeyId ?? publicKeyHash, 'hex'))
    }
    case 'tls':
    case 'impossible':
      return []
  }
}

export interface ServerKey {
  readonly key: PrivateKey
  readonly certificates: readonly Der[]
}

export interface Unusable {
  readonly defect: ReplyDefect
  readonly why: string
}

/**
 * Takes a reply to serverkeygen apart (section 4.4.2). Which part is what is told by its content: media types differ from server
 * to server.
 *
 */
export function readServerKey(
  reply: { readonly contentType: string; readonly body: Uint8Array },
  protection: KeyProtection,
): Result<ServerKey, Unusable> {
  const parts = readMultipart(reply.contentType, reply.body)
  if (!parts.ok) return err({ defect: 'unreadable', why: parts.error })
  const read = parts.value.map((part) => ({ part, certificates: certificatesIn(part) }))
  const certificates = read.find((one) => one.certificates !== undefined)?.certificates
  const keyPart = read.find((one) => one.certificates === undefined && one.part.body.length > 0)?.part
  if (certificates === undefined) return err({ defect: 'unreadable', why: 'none of its parts holds a certificate' })
  if (keyPart === undefined) return err({ defect: 'unreadable', why: 'none of its parts holds a key' })
  const key = readKeyPart(keyPart, protection)
  return key.ok ? ok({ key: key.value, certificates }) : key
}

function certificatesIn({ body }: Part): readonly Der[] | undefined {
  const found = readCertificateBody(body)
  if (!found.ok) return undefined
  return found.value.some((der) => certificateFacts(der).ok) ? found.value : undefined
}

function readKeyPart({ body }: Part, protection: KeyProtection): Result<PrivateKey, Unusable> {
  const pem = readPrivateKey(Buffer.from(body.subarray(0, 16_384)).toString('latin1'))
  const bytes = decodeBody(body)
  const plain = pem.ok ? pem : bytes.ok ? readAsymmetricKeyPackage(bytes.value) : bytes
  const wantsMore = protection.kind !== 'tls'
  if (plain.ok && wantsMore)
    return err({ defect: 'keyPlain', why: 'the key came without the encryption that was asked for' })
  if (plain.ok) return plain
  if (!wantsMore || !bytes.ok) return err({ defect: 'keyUnreadable', why: `its key cannot be read: ${plain.error}` })
  const opened = openProtected(bytes.value, openerFor(protection))
  return opened.ok ? opened : err({ defect: 'keyUnreadable', why: `its key cannot be read: ${opened.error}` })
}

function openerFor(protection: KeyProtection): Opener | undefined {
  switch (protection.kind) {
    case 'shared':
      return { kind: 'symmetric', key: protection.key, id: Buffer.from(protection.identifier, 'utf8') }
    case 'certificate':
      return { kind: 'key', key: protection.shown.key, certificate: protection.shown.certificate }
    case 'tls':
    case 'impossible':
      return undefined
  }
}

/** EnvelopedData of SignedData of an AsymmetricKeyPackage (section 4.4.2); the signature is there where the server is proud of it. */
function openProtected(bytes: Uint8Array, opener: Opener | undefined): Result<PrivateKey, string> {
  const der = berToDer(bytes)
  if (!der.ok) return der
  if (opener === undefined) return err('it is encrypted, and nothing to decrypt it with was agreed')
  const envelope = openEnvelopedData(der.value, opener)
  if (!envelope.ok) return envelope
  const inner = berToDer(envelope.value.content)
  if (!inner.ok) return inner
  const signed = readSignedData(inner.value)
  if (!signed.ok) return readAsymmetricKeyPackage(inner.value)
  const { signers, certificates, content } = signed.value
  for (const signer of signers) {
    const certificate = certificates.find((one) => signer.identifies(one))
    // Who signed is told by TLS already; a signature that is there must hold.
    const holds = certificate === undefined || verifySigner({ signed: signed.value, signer, certificate }).ok
    if (!holds) return err('its signature does not hold')
  }
  return content === undefined ? err('it is signed, and nothing is in it') : readAsymmetricKeyPackage(content)
}
