/** SignedData (RFC 5652 section 5): read over the octets that were received, and built for requests. */
import { createHash } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import { asDer } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { encodeElement, encodeOid, encodeSequence, encodeSetOf, encodeUnsigned, tags } from '../der.ts'
import type { DerElement } from '../der.ts'
import type { HashName, PrivateKey } from '../key.ts'
import { childrenOf, Malformed, reading, readOid } from '../readder.ts'
import { signatureWith } from '../signature.ts'
import {
  attribute,
  contentOf,
  digestIdentifier,
  explicitIn,
  hashOf,
  nodeHash,
  oids,
  signatureScheme,
} from './algorithms.ts'
import type { SignatureScheme } from './algorithms.ts'
import { berToDer } from './ber.ts'
import { identifierOf, issuerAndSerial, readIdentifier } from './identifier.ts'

export { verifySigner } from './verify.ts'

export interface SignedData {
  /** Object identifier of what is signed. */
  readonly contentType: string
  /** Undefined when it is detached, or when there is none. */
  readonly content: Uint8Array | undefined
  readonly certificates: readonly Der[]
  readonly crls: readonly Der[]
  readonly signers: readonly SignerInfo[]
}

export interface SignerInfo {
  /** Whether the signer names this certificate, by issuer and serial number or by subject key identifier. */
  identifies(certificate: Der): boolean
  readonly digestOid: string
  readonly signatureOid: string
  /** The hash of the signature, for example `SHA-256`; the object identifier of a stranger. */
  readonly hash: string
  /** Undefined for an algorithm that is not known here. */
  readonly scheme: SignatureScheme | undefined
  readonly signature: Uint8Array
  /** What was signed when there are signed attributes: their encoding with the tag of a SET. */
  readonly signedBytes: Uint8Array | undefined
  /** Signed attributes: their values by object identifier. */
  readonly attributes: ReadonlyMap<string, readonly Der[]>
  readonly unsignedAttributes: ReadonlyMap<string, readonly Der[]>
}

const what = 'SignedData'

/**
 * @param der - a ContentInfo, DER
 * @returns what it says; or a clause that says what is wrong. Nothing is verified
 */
export function readSignedData(der: Uint8Array): Result<SignedData, string> {
  return reading(() => ok(readFields(contentOf(der, oids.signedData, what))))
}

function readFields(signedData: DerElement): SignedData {
  const [, , encapsulated, ...rest] = childrenOf(signedData, what)
  const [type, wrapped] = childrenOf(encapsulated, what)
  const certificates = rest.find(({ tag }) => tag === 0xa0)
  const crls = rest.find(({ tag }) => tag === 0xa1)
  const signers = rest.find(({ tag }) => tag === tags.set)
  return {
    contentType: readOid(type, what),
    content: wrapped === undefined || wrapped.content.length === 0 ? undefined : contentOctets(wrapped),
    // Other choices than a plain certificate carry context tags.
    certificates: listed(certificates).filter((der) => der[0] === tags.sequence),
    crls: listed(crls).filter((der) => der[0] === tags.sequence),
    signers: signers === undefined ? [] : childrenOf(signers, what).map(readSigner),
  }
}

/** PKCS#7 has ANY where CMS has an OCTET STRING (RFC 5652 section 5.2.1); signed are the content octets of either. */
const contentOctets = (wrapped: DerElement): Uint8Array => explicitIn(wrapped, what).content

const listed = (field: DerElement | undefined): readonly Der[] =>
  field === undefined ? [] : childrenOf(field, what).map(({ encoded }) => encoded)

function readSigner(element: DerElement): SignerInfo {
  const [, identifier, digest, ...rest] = childrenOf(element, 'signer')
  const [digestId] = childrenOf(digest, 'signer')
  const signed = rest.find(({ tag }) => tag === 0xa0)
  const unsigned = rest.find(({ tag }) => tag === 0xa1)
  const algorithm = rest.find(({ tag }) => tag === tags.sequence)
  const signature = rest.find(({ tag }) => tag === tags.octetString)
  if (identifier === undefined || algorithm === undefined || signature === undefined)
    throw new Malformed('a signer lacks its name, its algorithm or its signature')
  const digestOid = readOid(digestId, 'signer')
  const scheme = signatureScheme(algorithm)
  const names = readIdentifier(identifier)
  return {
    identifies: (certificate) => names(certificate),
    digestOid,
    signatureOid: readOid(childrenOf(algorithm, 'signer')[0], 'signer'),
    hash: hashOf(digestOid) ?? digestOid,
    scheme,
    signature: signature.content,
    signedBytes: signed && encodeElement(tags.set, signed.content),
    attributes: readAttributes(signed),
    unsignedAttributes: readAttributes(unsigned),
  }
}

function readAttributes(field: DerElement | undefined): ReadonlyMap<string, readonly Der[]> {
  const attributes = new Map<string, readonly Der[]>()
  for (const element of field === undefined ? [] : childrenOf(field, 'attributes')) {
    const [type, values] = childrenOf(element, 'attributes')
    const oid = readOid(type, 'attributes')
    if (attributes.has(oid)) throw new Malformed(`it has the attribute ${oid} twice`)
    attributes.set(
      oid,
      childrenOf(values, 'attributes').map(({ encoded }) => encoded),
    )
  }
  return attributes
}

/**
 * The certificates of a SignedData that has no signers (RFC 5652 section 5.2, "certs-only").
 *
 * @param bytes - BER or DER; whatever else lies in it is passed over
 * @returns the certificates in the order they were sent, at least one; or a clause that says what is wrong
 */
export function certificatesOnly(bytes: Uint8Array): Result<readonly Der[], string> {
  const der = berToDer(bytes)
  const signed = der.ok ? readSignedData(der.value) : der
  if (!signed.ok) return signed
  const { certificates } = signed.value
  return certificates.length === 0 ? { ok: false, error: 'it holds no certificate' } : ok(certificates)
}

export interface SigningRequest {
  readonly content: Uint8Array
  /** Object identifier; id-data when left out. */
  readonly contentType?: string
  readonly signer: { readonly key: PrivateKey; readonly certificate: Der }
  readonly hash: HashName
  /** Attributes besides contentType and messageDigest. */
  readonly signedAttributes?: readonly Der[]
  /** What the reader may need to find the signer. */
  readonly certificates: readonly Der[]
}

/** @returns a ContentInfo, DER */
export async function buildSignedData(request: SigningRequest): Promise<Der> {
  const { content, contentType = oids.data, signer, hash, signedAttributes = [], certificates } = request
  const digest = createHash(nodeHash(hash)).update(content).digest()
  const attributes = encodeSetOf(
    attribute(oids.contentType, encodeOid(contentType)),
    attribute(oids.messageDigest, encodeElement(tags.octetString, digest)),
    ...signedAttributes,
  )
  const signature = signatureWith(signer.key.shape, hash)
  const signerInfo = encodeSequence(
    encodeUnsigned(Uint8Array.of(1)),
    issuerAndSerial(identifierOf(signer.certificate)),
    digestIdentifier(hash),
    // The signature covers the SET; what is sent has the tag [0] (section 5.4).
    asDer(Uint8Array.of(0xa0, ...attributes.subarray(1))),
    signature.identifier,
    encodeElement(tags.octetString, await signer.key.sign(attributes, signature.hash)),
  )
  return wrapped(
    encodeSequence(
      encodeUnsigned(Uint8Array.of(1)),
      encodeSetOf(digestIdentifier(hash)),
      encodeSequence(encodeOid(contentType), encodeElement(0xa0, encodeElement(tags.octetString, content))),
      encodeElement(0xa0, ...certificates),
      encodeSetOf(signerInfo),
    ),
  )
}

/** @returns a SignedData without content and signers, as a ContentInfo, DER */
export const buildCertificatesOnly = (certificates: readonly Der[]): Der =>
  wrapped(
    encodeSequence(
      encodeUnsigned(Uint8Array.of(1)),
      encodeSetOf(),
      encodeSequence(encodeOid(oids.data)),
      encodeElement(0xa0, ...certificates),
      encodeSetOf(),
    ),
  )

const wrapped = (signedData: Der): Der => encodeSequence(encodeOid(oids.signedData), encodeElement(0xa0, signedData))
