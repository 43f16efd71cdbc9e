/** Signature algorithms of certificates and requests (RFC 4055, RFC 5758, RFC 8410). */
import type { KeyAlgorithm, KeyShape, SignatureAlgorithm } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { encodeElement, encodeOid, encodeSequence, tags } from './der.ts'
import type { HashName } from './key.ts'

export interface SignatureChoice {
  readonly hash: HashName
  /** AlgorithmIdentifier, DER. */
  readonly identifier: Der
}

interface Entry extends SignatureChoice {
  readonly key: KeyAlgorithm
}

const table: Readonly<Record<SignatureAlgorithm, Entry>> = {
  SHA256WithRSA: entry('RSA', 'SHA-256', '1.2.840.113549.1.1.11'),
  SHA384WithRSA: entry('RSA', 'SHA-384', '1.2.840.113549.1.1.12'),
  SHA512WithRSA: entry('RSA', 'SHA-512', '1.2.840.113549.1.1.13'),
  ECDSAWithSHA256: entry('ECDSA', 'SHA-256', '1.2.840.10045.4.3.2'),
  ECDSAWithSHA384: entry('ECDSA', 'SHA-384', '1.2.840.10045.4.3.3'),
  ECDSAWithSHA512: entry('ECDSA', 'SHA-512', '1.2.840.10045.4.3.4'),
  // the hash is part of Ed25519 itself; sign() ignores it
  PureEd25519: entry('Ed25519', 'SHA-512', '1.3.101.112'),
}

function entry(key: KeyAlgorithm, hash: HashName, algorithm: string): Entry {
  // RFC 4055 section 5: the parameters of RSA signatures are NULL; ECDSA and Ed25519 have none
  const parameters = key === 'RSA' ? [encodeElement(tags.null)] : []
  return { key, hash, identifier: encodeSequence(encodeOid(algorithm), ...parameters) }
}

/**
 * The algorithm for a signature made with a key.
 *
 * @param shape - the signing key's
 * @param wish - taken where it fits the key; a CA's key decides what its certificates are signed with
 */
export function signatureFor(shape: KeyShape, wish?: SignatureAlgorithm): SignatureChoice {
  const wished = wish === undefined ? undefined : table[wish]
  return wished?.key === shape.algorithm ? wished : table[usual(shape)]
}

/** ECDSA: the hash as strong as the curve (RFC 5480 section 4). */
function usual({ algorithm, size }: KeyShape): SignatureAlgorithm {
  switch (algorithm) {
    case 'RSA':
      return 'SHA256WithRSA'
    case 'ECDSA':
      return size <= 256 ? 'ECDSAWithSHA256' : size <= 384 ? 'ECDSAWithSHA384' : 'ECDSAWithSHA512'
    case 'Ed25519':
      return 'PureEd25519'
  }
}

/** A request to an old CA may have to be signed with SHA-1; no certificate is. */
const sha1: Readonly<Partial<Record<KeyAlgorithm, Entry>>> = {
  RSA: entry('RSA', 'SHA-1', '1.2.840.113549.1.1.5'),
  ECDSA: entry('ECDSA', 'SHA-1', '1.2.840.10045.4.1'),
}

/**
 * The algorithm for a request whose hash the CA has chosen.
 *
 * @param shape - the signing key's; Ed25519 has its own hash, and the CA's choice has no effect
 */
export function signatureWith({ algorithm }: KeyShape, hash: HashName): SignatureChoice {
  const entries = [...Object.values(table), ...Object.values(sha1)].filter(({ key }) => key === algorithm)
  return entries.find((one) => one.hash === hash) ?? table.PureEd25519
}
