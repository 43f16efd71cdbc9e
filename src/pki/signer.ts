/** What signs certificates: a CA, or a key that signs for itself. Everything that stays the same is encoded once here. */
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  AccessDescription,
  AuthorityInfoAccessSyntax,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CRLDistributionPoints,
  DistributionPoint,
  DistributionPointName,
  GeneralName,
  id_ad_caIssuers,
  id_ad_ocsp,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_cRLDistributionPoints,
  id_ce_nameConstraints,
  id_ce_subjectKeyIdentifier,
  id_pe_authorityInfoAccess,
  KeyIdentifier,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509'
import type { Wanted } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { readNameConstraints } from './constraints.ts'
import type { ConstrainedTo } from './constraints.ts'
import { readElements } from './der.ts'
import { extensionType } from './extensions.ts'
import { sha256 } from './hash.ts'
import type { PrivateKey } from './key.ts'
import { encodeName } from './names.ts'

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
  /** Encoded extensions that every certificate of this signer carries. */
  readonly extensions: readonly Der[]
}

const authorityKeyId = extensionType(id_ce_authorityKeyIdentifier)
const crlDistributionPoints = extensionType(id_ce_cRLDistributionPoints)
const authorityInfoAccess = extensionType(id_pe_authorityInfoAccess)

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
  const keyId = new AuthorityKeyIdentifier({
    keyIdentifier: new KeyIdentifier(subjectKeyId ?? keyIdentifier(publicKey)),
  })
  const authority = authorityKeyId.plain(keyId)
  const extensions = [authority, ...urlExtensions(ca.urls ?? noUrls)]
  return ok({ key: ca.key, name: subject, pathLength, constraints, extensions })
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
  const outer = readElements(certificate)
  const body = outer.ok ? readElements(outer.value[0]?.content ?? new Uint8Array()) : outer
  const fields = body.ok ? readElements(body.value[0]?.content ?? new Uint8Array()) : body
  if (!fields.ok) return fields
  // version [0] comes first in everything but an X.509 v1 certificate
  const at = fields.value[0]?.tag === 0xa0 ? 5 : 4
  const subject = fields.value[at]?.encoded
  const publicKey = fields.value[at + 1]?.encoded
  if (subject === undefined || publicKey === undefined) return err('the certificate lacks a subject or a public key')
  try {
    return ok({ subject, publicKey, ...readExtensions(certificate) })
  } catch (error) {
    return err(`an extension of the certificate is broken: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readExtensions(certificate: Der): Pick<Parts, 'subjectKeyId' | 'pathLength' | 'constraints'> {
  const extensions = AsnConvert.parse(certificate, Certificate).tbsCertificate.extensions ?? []
  const valueOf = (oid: string): ArrayBuffer | undefined =>
    [...extensions].find((extension) => extension.extnID === oid)?.extnValue.buffer
  const subjectKeyId = valueOf(id_ce_subjectKeyIdentifier)
  const basic = valueOf(id_ce_basicConstraints)
  const constraints = valueOf(id_ce_nameConstraints)
  return {
    subjectKeyId: subjectKeyId && new Uint8Array(AsnConvert.parse(subjectKeyId, SubjectKeyIdentifier).buffer),
    pathLength: basic && AsnConvert.parse(basic, BasicConstraints).pathLenConstraint,
    constraints: constraints && readNameConstraints(constraints),
  }
}

function urlExtensions(urls: SignerUrls): readonly Der[] {
  const points = urls.crlDistributionPoints.map(
    (url) => new DistributionPoint({ distributionPoint: new DistributionPointName({ fullName: [location(url)] }) }),
  )
  const access = [
    ...urls.ocspServers.map((url) => describe(id_ad_ocsp, url)),
    ...urls.issuingCertificateUrls.map((url) => describe(id_ad_caIssuers, url)),
  ]
  return [
    ...(points.length === 0 ? [] : [crlDistributionPoints.plain(new CRLDistributionPoints(points))]),
    ...(access.length === 0 ? [] : [authorityInfoAccess.plain(new AuthorityInfoAccessSyntax(access))]),
  ]
}

const location = (url: string): GeneralName => new GeneralName({ uniformResourceIdentifier: url })
const describe = (accessMethod: string, url: string): AccessDescription =>
  new AccessDescription({ accessMethod, accessLocation: location(url) })
