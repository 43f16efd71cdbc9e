import type { Duration } from '../std/time.ts'

/** One attribute of a distinguished name. */
export interface NameAttribute {
  /** Dotted OID of the attribute type, for example `2.5.4.3` (commonName). */
  readonly oid: string
  readonly value: string
}

/** A relative distinguished name: the attributes of one level. Usually one. */
export type Rdn = readonly NameAttribute[]

/** A distinguished name in encoding order: most general level first (RFC 5280 section 4.1.2.4). */
export type DistinguishedName = readonly Rdn[]

/** A subject alternative name (RFC 5280 section 4.2.1.6). `ip` is canonical RFC 5952 text; `other` is a UTF8String. */
export type SubjectName =
  | { readonly type: 'dns' | 'ip' | 'uri' | 'email'; readonly value: string }
  | { readonly type: 'other'; readonly oid: string; readonly value: string }

export type KeyAlgorithm = 'RSA' | 'ECDSA' | 'Ed25519'
export type KeyEncoding = 'PKCS1' | 'PKCS8'

/** The kind of key: `size` is bits for RSA (2048-8192), the curve for ECDSA (256, 384, 521), 0 for Ed25519. */
export interface KeyShape {
  readonly algorithm: KeyAlgorithm
  readonly size: number
}

/** `RSA 2048`, as a person writes it. */
export const keyText = ({ algorithm, size }: KeyShape): string => (size === 0 ? algorithm : `${algorithm} ${size}`)

export const sameShape = (a: KeyShape, b: KeyShape): boolean => a.algorithm === b.algorithm && a.size === b.size

/** Names of the certificate's usages, spelled as in the Certificate resource (for example `digital signature`, `server auth`). */
export type Usage = string

export type SignatureAlgorithm =
  | 'SHA256WithRSA'
  | 'SHA384WithRSA'
  | 'SHA512WithRSA'
  | 'ECDSAWithSHA256'
  | 'ECDSAWithSHA384'
  | 'ECDSAWithSHA512'
  | 'PureEd25519'

/** One side of X.509 name constraints (RFC 5280 section 4.2.1.10). */
export interface NameSubtrees {
  readonly dnsDomains: readonly string[]
  /** CIDR text, for example `10.0.0.0/8`. */
  readonly ipRanges: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly uriDomains: readonly string[]
}

export interface NameConstraints {
  readonly critical: boolean
  readonly permitted: NameSubtrees
  readonly excluded: NameSubtrees
}

/**
 * What a Certificate's spec asks of a CA, free of Kubernetes: the input of every request, and what the issued certificate
 * is held against.
 */
export interface Wanted {
  readonly subject: DistinguishedName
  readonly names: readonly SubjectName[]
  readonly key: KeyShape
  readonly lifetime: Duration
  readonly usages: readonly Usage[]
  /** Whether key usage and extended key usage go into the request's extensions. */
  readonly encodeUsagesInRequest: boolean
  readonly isCA: boolean
  readonly nameConstraints?: NameConstraints
  readonly signatureAlgorithm?: SignatureAlgorithm
}
