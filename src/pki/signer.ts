/** What signs certificates: a CA, or a key that signs for itself. Everything that stays the same is encoded once here. */
import type { Wanted } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { readNameConstraints } from './constraints.ts'
import type { ConstrainedTo } from './constraints.ts'
import { encodeElement, encodeOid, encodeSequence, readElements, tags } from './der.ts'
import type { DerElement } from './der.ts'
import { extensionIds, extensionType } from './extensions.ts'
import { sha256 } from './hash.ts'
import type { PrivateKey } from './key.ts'
import { encodeName, generalName } from './names.ts'
import { childrenOf, extensionValues, onlyChild, reading } from './readder.ts'

/** Where relying parties find revocation lists, OCSP responders and the CA certificate (RFC 5280 sections 4.2.1.13, 4.2.2.1). */
export interface SignerUrls {
  readonly crlDistributionPoints: readonly string[]
  readonly ocspServers: readonly string[]
  readonly issuingCertificateUrls: readonly string[]
}

export interface Signer {
  readonly key: PrivateKey
  /** The issuer field of what is signed: a Name, octet for octet the CA's subject. */
  readonly name: Der
  /** How many CAs may stand between this one and a leaf (pathLenConstraint); undefined without a limit. */
  readonly pathLength: number | undefined
  /** What the CA's certificate lets it certify; undefined without a limit. */
  readonly constraints: ConstrainedTo | undefined
  /** The extension that names the key of the CA, encoded; nothing where a key signs for itself. */
  readonly authority: readonly Der[]
  /** Encoded extensions that every certificate of this signer carries. */
  readonly extensions: readonly Der[]
}

const authorityKeyId = extensionType('authorityKeyIdentifier')
const crlDistributionPoints = extensionType('cRLDistributionPoints')
const authorityInfoAccess = extensionType('authorityInfoAccess')

const noUrls: SignerUrls = { crlDistributionPoints: [], ocspServers: [], issuingCertificateUrls: [] }

/**
 * Prepares a CA for signing.
 *
 * @param ca - the CA's certificate, its key (not checked to belong to it), and the URLs for what it signs
 * @returns the signer, or a sentence when the certificate cannot be taken apart
 */
export function readSigner(ca: {
  readonly certificate: Der
  readonly key: PrivateKey
  readonly urls?: SignerUrls
}): Result<Signer, string> {
  const parts = readParts(ca.certificate)
  if (!parts.ok) return parts
  const { subject, publicKey, subjectKeyId, pathLength, constraints } = parts.value
  const keyId = encodeElement(0x80, subjectKeyId ?? keyIdentifier(publicKey))
  const authority = [authorityKeyId.plain(encodeSequence(keyId))]
  const extensions = [...authority, ...urlExtensions(ca.urls ?? noUrls)]
  return ok({ key: ca.key, name: subject, pathLength, constraints, authority, extensions })
}

/**
 * Prepares a key to sign its own certificate: without an authority key identifier, which RFC 5280 section 4.2.1.1 lets
 * self-signed certificates omit.
 */
export function selfSigner(self: {
  readonly wanted: Wanted
  readonly key: PrivateKey
  readonly crlDistributionPoints?: readonly string[]
}): Signer {
  return {
    key: self.key,
    name: encodeName(self.wanted.subject),
    pathLength: undefined,
    constraints: undefined,
    authority: [],
    extensions: urlExtensions({ ...noUrls, crlDistributionPoints: self.crlDistributionPoints ?? [] }),
  }
}

/**
 * The key identifier of RFC 7093 section 2, method 1: the leftmost 160 bits of the SHA-256 of the public key's BIT STRING.
 *
 * @param publicKey - SubjectPublicKeyInfo
 */
export function keyIdentifier(publicKey: Der): Uint8Array {
  const info = readElements(publicKey)
  const fields = info.ok ? readElements(info.value[0]?.content ?? new Uint8Array()) : info
  const bits = fields.ok ? fields.value[1]?.content : undefined
  if (bits === undefined) throw new Error('a public key handle gave something that is no SubjectPublicKeyInfo')
  return sha256(bits.subarray(1)).subarray(0, 20)
}

interface Parts {
  readonly subject: Der
  readonly publicKey: Der
  readonly subjectKeyId: Uint8Array | undefined
  readonly pathLength: number | undefined
  readonly constraints: ConstrainedTo | undefined
}

/** Subject and key as they stand in the certificate; the extensions decoded. */
function readParts(certificate: Der): Result<Parts, string> {
  return reading(() => {
    const [body] = childrenOf(onlyChild(certificate, 'encoding'), 'encoding')
    const fields = childrenOf(body, 'body')
    // version [0] comes first in everything but an X.509 v1 certificate
    const at = fields[0]?.tag === 0xa0 ? 5 : 4
    const [subject, publicKey, ...optional] = fields.slice(at)
    if (subject === undefined || publicKey === undefined) return err('the certificate lacks a subject or a public key')
    const extensions = optional.find(({ tag }) => tag === 0xa3)
    return ok({ subject: subject.encoded, publicKey: publicKey.encoded, ...readLimits(extensions) })
  })
}

function readLimits(field: DerElement | undefined): Pick<Parts, 'subjectKeyId' | 'pathLength' | 'constraints'> {
  const values = field === undefined ? new Map<string, Uint8Array>() : extensionValues(field)
  const keyId = values.get(extensionIds.subjectKeyIdentifier)
  const basic = values.get(extensionIds.basicConstraints)
  const constraints = values.get(extensionIds.nameConstraints)
  return {
    subjectKeyId: keyId && onlyChild(keyId, 'subject key identifier').content,
    pathLength: basic && pathLengthOf(basic),
    constraints: constraints && readNameConstraints(constraints),
  }
}

/** @returns pathLenConstraint; one that does not fit into a number is no limit in practice */
function pathLengthOf(basic: Uint8Array): number | undefined {
  const fields = childrenOf(onlyChild(basic, 'basic constraints extension'), 'basic constraints extension')
  const limit = fields.find(({ tag }) => tag === tags.integer)
  return limit === undefined || limit.content.length > 4
    ? undefined
    : limit.content.reduce((sum, octet) => sum * 256 + octet, 0)
}

/** One distribution point for each URL: clients take the first that answers. */
function urlExtensions(urls: SignerUrls): readonly Der[] {
  const points = urls.crlDistributionPoints.map((url) =>
    encodeSequence(encodeElement(0xa0, encodeElement(0xa0, location(url)))),
  )
  const access = [
    ...urls.ocspServers.map((url) => encodeSequence(ocsp, location(url))),
    ...urls.issuingCertificateUrls.map((url) => encodeSequence(caIssuers, location(url))),
  ]
  return [
    ...(points.length === 0 ? [] : [crlDistributionPoints.plain(encodeSequence(...points))]),
    ...(access.length === 0 ? [] : [authorityInfoAccess.plain(encodeSequence(...access))]),
  ]
}

/** id-ad-ocsp and id-ad-caIssuers (RFC 5280 section 4.2.2.1). */
const ocsp = encodeOid('1.3.6.1.5.5.7.48.1')
const caIssuers = encodeOid('1.3.6.1.5.5.7.48.2')
const location = (value: string): Der => generalName({ type: 'uri', value })
