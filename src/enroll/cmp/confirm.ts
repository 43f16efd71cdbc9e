/** The hash by which a certificate is confirmed (RFC 9810 section 5.3.18, RFC 9481 section 3.3). */
import { createHash } from 'node:crypto'
import { certificateFacts } from '../../pki/certificate.ts'
import { digestIdentifier } from '../../pki/cms/algorithms.ts'
import type { Der } from '../../std/bytes.ts'

export interface CertHash {
  readonly certHash: Uint8Array
  /** Where the certificate's signature does not say which hash; its presence asks for version 3 of the protocol. */
  readonly hashAlg: Der | undefined
}

const named: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'])

/** By the hash of the certificate's own signature; SHA-512 for those that have none, as Ed25519. */
export function certHashOf(certificate: Der): CertHash {
  const facts = certificateFacts(certificate)
  const own = facts.ok ? facts.value.signatureHash : undefined
  const known = own !== undefined && named.has(own) ? own : undefined
  const certHash = createHash(known ?? 'sha512')
    .update(certificate)
    .digest()
  return { certHash, hashAlg: known === undefined ? digestIdentifier('SHA-512') : undefined }
}
