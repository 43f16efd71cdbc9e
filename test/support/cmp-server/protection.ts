/** Who protected a message, and protection of replies (RFC 9810 section 5.1.3). */
import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { DerElement } from '../../../src/pki/der.ts'
import type { PrivateKey } from '../../../src/pki/key.ts'
import { signatureFor } from '../../../src/pki/signature.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { algorithmOf, elementOf, same } from './asn1.ts'
import { macIdentifier, macOf, macOids } from './mac.ts'
import type { MacChoice } from './mac.ts'
import type { Message } from './message.ts'

/** Who has shown to have sent a message. */
export type Protector =
  | { readonly kind: 'secret'; readonly reference: string; readonly secret: string }
  | { readonly kind: 'certificate'; readonly certificate: Der }
  | { readonly kind: 'nobody' }

/** @returns the protector, or the name of a PKIFailureInfo bit */
export function protectorOf(
  message: Message,
  known: { readonly secrets: ReadonlyMap<string, string>; readonly trusted: readonly Der[] },
): Protector | 'badMessageCheck' | 'badAlg' | 'signerNotTrusted' {
  const algorithm = message.header.protectionAlg && elementOf(message.header.protectionAlg)
  if (algorithm === undefined || message.protection === undefined) return { kind: 'nobody' }
  const oid = algorithmOf(algorithm)
  if (oid === macOids.pbm || oid === macOids.pbmac1) {
    const reference = Buffer.from(message.header.senderKid ?? []).toString()
    const secret = known.secrets.get(reference)
    if (secret === undefined) return 'badMessageCheck'
    const mac = macOf(algorithm, secret, message.covered)
    if (mac === undefined) return 'badAlg'
    return same(mac, message.protection) ? { kind: 'secret', reference, secret } : 'badMessageCheck'
  }
  const [certificate] = message.extraCerts
  if (certificate === undefined || !isTrusted(certificate, known.trusted)) return 'signerNotTrusted'
  const key = new X509Certificate(certificate).publicKey
  const holds = isSigned({ data: message.covered, signature: message.protection, algorithm, key })
  return holds ? { kind: 'certificate', certificate } : 'badMessageCheck'
}

function isTrusted(certificate: Der, trusted: readonly Der[]): boolean {
  const read = new X509Certificate(certificate)
  return trusted.some((one) => same(one, certificate) || isIssuedBy(read, new X509Certificate(one)))
}

const isIssuedBy = (certificate: X509Certificate, ca: X509Certificate): boolean =>
  certificate.issuer === ca.subject && certificate.verify(ca.publicKey)

const signatureHashes: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
}

export interface Signature {
  readonly data: Uint8Array
  readonly signature: Uint8Array
  readonly algorithm: DerElement | undefined
  readonly key: KeyObject
}

export function isSigned({ data, signature, algorithm, key }: Signature): boolean {
  const hash = signatureHashes[algorithmOf(algorithm)]
  if (hash === undefined) return false
  try {
    return verify(hash, data, key, signature)
  } catch {
    return false
  }
}

export const keyOf = (info: Uint8Array): KeyObject | undefined => {
  try {
    return createPublicKey({ key: Buffer.from(info), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** What a reply is protected with. */
export type Guard =
  | { readonly kind: 'mac'; readonly choice: MacChoice; readonly secret: string; readonly reference: string }
  | { readonly kind: 'signature'; readonly key: PrivateKey; readonly certificate: Der }
  | { readonly kind: 'none' }

/** AlgorithmIdentifier for a header; a MAC's has a salt, and must be made once. */
export function algorithmFor(guard: Guard): Der | undefined {
  if (guard.kind === 'mac') return macIdentifier(guard.choice)
  return guard.kind === 'signature' ? signatureFor(guard.key.shape).identifier : undefined
}

export async function protect(guard: Guard, algorithm: Der, covered: Uint8Array): Promise<Uint8Array | undefined> {
  if (guard.kind === 'mac') return macOf(elementOf(algorithm), guard.secret, covered)
  return guard.kind === 'signature' ? guard.key.sign(covered, signatureFor(guard.key.shape).hash) : undefined
}
