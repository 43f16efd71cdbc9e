/** What is told to programs of a certificate. */
import type { CertificateFacts } from '../domain/facts.ts'
import { formatDistinguishedName } from '../domain/name.ts'
import { keyText } from '../domain/wanted.ts'
import { toRfc3339 } from '../std/time.ts'

/** Moments in RFC 3339, names in RFC 4514. */
export interface ToldCertificate {
  readonly subject: string
  readonly issuer: string
  readonly serialNumber: string
  /** Lower-case hex SHA-256. */
  readonly fingerprint: string
  readonly notBefore: string
  readonly notAfter: string
  readonly names: readonly { readonly type: string; readonly value: string }[]
  /** For example `RSA 2048`. */
  readonly key: string
  readonly signatureHash: string
  readonly usages: readonly string[]
  readonly isCA: boolean
}

export const toldCertificate = (facts: CertificateFacts): ToldCertificate => ({
  subject: formatDistinguishedName(facts.subject),
  issuer: formatDistinguishedName(facts.issuer),
  serialNumber: facts.serialNumber,
  fingerprint: facts.fingerprint,
  notBefore: toRfc3339(facts.notBefore),
  notAfter: toRfc3339(facts.notAfter),
  names: facts.names.map(({ type, value }) => ({ type, value })),
  key: facts.key === undefined ? 'of an unknown kind' : keyText(facts.key),
  signatureHash: facts.signatureHash,
  usages: facts.usages,
  isCA: facts.isCA,
})
