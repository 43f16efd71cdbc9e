import type { Instant } from '../std/time.ts'
import type { DistinguishedName, KeyEncoding, KeyShape, SubjectName, Usage } from './wanted.ts'

/** What is known of one certificate after parsing it once. Holds no bytes of it. */
export interface CertificateFacts {
  /** Upper-case hex as `openssl x509 -serial` prints it: without the zero octet that DER puts before a high first bit. */
  readonly serialNumber: string
  /** Lower-case hex SHA-256 of the DER encoding. */
  readonly fingerprint: string
  readonly subject: DistinguishedName
  readonly issuer: DistinguishedName
  readonly names: readonly SubjectName[]
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly key: KeyShape | undefined
  /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo: equal for a certificate and its private key. */
  readonly publicKeyHash: string
  readonly usages: readonly Usage[]
  readonly isCA: boolean
  /** The hash the issuer signed with, for example `sha256`; `none` where the algorithm has none (Ed25519). */
  readonly signatureHash: string
  /** Lower-case hex; undefined when the extension is absent. */
  readonly subjectKeyId: string | undefined
  readonly authorityKeyId: string | undefined
  readonly selfSigned: boolean
}

/** What is known of a private key. Never the key. */
export interface KeyFacts {
  readonly shape: KeyShape
  readonly encoding: KeyEncoding
  /** See {@link CertificateFacts.publicKeyHash}. */
  readonly publicKeyHash: string
}
