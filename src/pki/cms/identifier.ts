/** How CMS and CMP name a certificate: by issuer and serial number, or by subject key identifier (RFC 5652 section 5.3). */
import type { Der } from '../../std/bytes.ts'
import { encodeSequence } from '../der.ts'
import type { DerElement } from '../der.ts'
import { childrenOf, extensionValues, Malformed, onlyChild } from '../readder.ts'

export interface CertificateIdentifier {
  /** Name, DER. */
  readonly issuer: Der
  /** INTEGER, DER. */
  readonly serialNumber: Der
  /** Name, DER. */
  readonly subject: Der
  readonly subjectKeyId: Uint8Array | undefined
}

/** Kept as long as the bytes are: a CA's certificates are asked for again with every message. */
const known = new WeakMap<Der, CertificateIdentifier>()

/** @throws Malformed for what is no certificate */
export function identifierOf(certificate: Der): CertificateIdentifier {
  const found = known.get(certificate) ?? readCertificate(certificate)
  known.set(certificate, found)
  return found
}

function readCertificate(certificate: Der): CertificateIdentifier {
  const [body] = childrenOf(onlyChild(certificate, 'certificate'), 'certificate')
  const all = childrenOf(body, 'certificate')
  const [serialNumber, , issuer, , subject, ...rest] = all[0]?.tag === 0xa0 ? all.slice(1) : all
  if (serialNumber === undefined || issuer === undefined || subject === undefined)
    throw new Malformed('a certificate lacks its issuer or subject')
  const extensions = rest.find(({ tag }) => tag === 0xa3)
  const keyId = extensions && extensionValues(extensions).get('2.5.29.14')
  return {
    issuer: issuer.encoded,
    serialNumber: serialNumber.encoded,
    subject: subject.encoded,
    subjectKeyId: keyId && onlyChild(keyId, 'certificate').content,
  }
}

export const issuerAndSerial = ({ issuer, serialNumber }: CertificateIdentifier): Der =>
  encodeSequence(issuer, serialNumber)

/**
 * @param element - SignerIdentifier or the RecipientIdentifier of a key transport
 * @returns says whether a certificate is the one that is named; what is no certificate is not
 */
export function readIdentifier(element: DerElement): (certificate: Der) => boolean {
  const isKeyId = element.tag === 0x80 || element.tag === 0xa0
  const keyId = element.tag === 0xa0 ? onlyChild(element.content, 'identifier').content : element.content
  return (certificate) => {
    try {
      const identifier = identifierOf(certificate)
      if (!isKeyId) return Buffer.compare(issuerAndSerial(identifier), element.encoded) === 0
      return identifier.subjectKeyId !== undefined && Buffer.compare(identifier.subjectKeyId, keyId) === 0
    } catch (error) {
      if (error instanceof Malformed) return false
      throw error
    }
  }
}
