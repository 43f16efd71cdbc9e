import type { KeyObject } from 'node:crypto'
import type { KeyEncoding, KeyShape } from '../domain/wanted.ts'
import type { Der, Pem } from '../std/bytes.ts'

export type HashName = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'

/** A private key in memory: a handle to sign with, and its public half. Prints as `[private key]`. */
export interface PrivateKey {
  readonly shape: KeyShape
  /** Node's handle, for protocols that need more than a signature. */
  readonly keyObject: KeyObject
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Der
  /** Lower-case hex SHA-256 of {@link PrivateKey.publicKey}. */
  readonly publicKeyHash: string
  /**
   * Signs on the thread pool.
   *
   * @param data - the bytes to sign
   * @param hash - ignored for Ed25519
   * @returns the signature; ECDSA as DER (X.509 form), RSA as PKCS#1 v1.5
   */
  sign(data: Uint8Array, hash: HashName): Promise<Uint8Array>
  toPem(encoding: KeyEncoding): Pem
}
