/**
 * Signs certificates in this process. This is the hot path of in-cluster CAs: what is the same for every certificate of a
 * CA is encoded once per {@link Signer}, and the parts are joined as bytes, so that the issuer name is the CA's subject and
 * the public key is the order's key octet for octet.
 */
import type { Wanted } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import type { Instant } from '../std/time.ts'
import { encodeBits, encodeElement, encodeSequence, encodeTime, encodeUnsigned, tags } from './der.ts'
import { constraintExtensions, extensionType, nameExtensions, usageExtensions } from './extensions.ts'
import { encodeName } from './names.ts'
import { randomSerial } from './random.ts'
import { signatureFor } from './signature.ts'
import { keyIdentifier } from './signer.ts'
import type { Signer } from './signer.ts'

export interface CertificateRequest {
  readonly wanted: Wanted
  /** SubjectPublicKeyInfo of the certificate's key. */
  readonly publicKey: Der
  readonly signer: Signer
  /** Whole seconds; what is finer is dropped. */
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** Big-endian octets; 128 random bits when absent. */
  readonly serialNumber?: Uint8Array
}

/** INTEGER 2 in [0]: X.509 version 3. */
const version3 = encodeElement(0xa0, encodeUnsigned(Uint8Array.of(2)))

const subjectKeyId = extensionType('subjectKeyIdentifier')

/**
 * Makes one X.509 v3 certificate (RFC 5280 section 4.1).
 *
 * @param request - what to certify and who signs; the names are taken as they are, policy is the caller's
 * @returns the certificate, DER
 */
export async function issueCertificate(request: CertificateRequest): Promise<Der> {
  const { wanted, publicKey, signer } = request
  const { hash, identifier } = signatureFor(signer.key.shape, wanted.signatureAlgorithm)
  const body = encodeSequence(
    version3,
    encodeUnsigned(request.serialNumber ?? randomSerial()),
    identifier,
    signer.name,
    encodeSequence(encodeTime(request.notBefore), encodeTime(request.notAfter)),
    encodeName(wanted.subject),
    publicKey,
    encodeElement(0xa3, encodeSequence(...ownExtensions(wanted, publicKey), ...signer.extensions)),
  )
  return encodeSequence(body, identifier, encodeBits(await signer.key.sign(body, hash)))
}

const ownExtensions = (wanted: Wanted, publicKey: Der): readonly Der[] => [
  ...usageExtensions(wanted),
  ...constraintExtensions(wanted),
  ...nameExtensions(wanted),
  subjectKeyId.plain(encodeElement(tags.octetString, keyIdentifier(publicKey))),
]
