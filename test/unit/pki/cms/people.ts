/** Keys with certificates, for messages between them. */
import type { KeyShape } from '../../../../src/domain/wanted.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import type { PrivateKey } from '../../../../src/pki/key.ts'
import { certificatesPem } from '../../../../src/pki/pem.ts'
import type { Der } from '../../../../src/std/bytes.ts'
import { ca, selfSigned } from '../family.ts'

export interface Person {
  readonly key: PrivateKey
  readonly certificate: Der
  /** For openssl: the certificate and the key, PEM. */
  readonly files: { readonly 'cert.pem': string; readonly 'key.pem': string }
}

export async function person(name: string, shape: KeyShape): Promise<Person> {
  const key = await generateKey(shape)
  const certificate = await selfSigned(ca(name, key))
  return { key, certificate, files: { 'cert.pem': certificatesPem([certificate]), 'key.pem': key.toPem('PKCS8') } }
}

export const shapes = {
  'RSA 2048': { algorithm: 'RSA', size: 2048 },
  'P-256': { algorithm: 'ECDSA', size: 256 },
  'P-384': { algorithm: 'ECDSA', size: 384 },
  'P-521': { algorithm: 'ECDSA', size: 521 },
  Ed25519: { algorithm: 'Ed25519', size: 0 },
} as const satisfies Readonly<Record<string, KeyShape>>
