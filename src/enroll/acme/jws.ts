/** JSON Web Signatures as ACME wants them (RFC 8555 section 6.2): flattened, with nonce and url protected. */
import { createHash, createHmac, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A public key as JWK (RFC 7517), members only as far as RFC 7638 requires them. */
export type Jwk = Readonly<Record<string, string>>

export type SignatureName = 'ES256' | 'ES384' | 'RS256' | 'EdDSA'
export type MacName = 'HS256' | 'HS384' | 'HS512'

/** A key that signs requests. */
export interface JwsKey {
  readonly algorithm: SignatureName
  readonly jwk: Jwk
  /** base64url SHA-256 of the JWK (RFC 7638): the second half of every key authorization. */
  readonly thumbprint: string
  sign(data: Buffer): Buffer
}

/** A flattened JWS, ready to be sent. */
export interface Jws {
  readonly protected: string
  readonly payload: string
  readonly signature: string
}

/** Required members in lexicographic order (RFC 7638 section 3.2, RFC 8037 section 2). */
const jwkMembers: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
  OKP: ['crv', 'kty', 'x'],
}

/** @returns the key ready to sign, or undefined when no JWS algorithm of ACME's fits it */
export function jwsKey(key: KeyObject): JwsKey | undefined {
  const algorithm = algorithmOf(key)
  if (algorithm === undefined) return undefined
  const exported: Readonly<Record<string, unknown>> = { ...createPublicKey(key).export({ format: 'jwk' }) }
  const members = jwkMembers[String(exported['kty'])] ?? []
  const jwk = Object.fromEntries(members.map((name) => [name, String(exported[name])]))
  const thumbprint = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url')
  return { algorithm, jwk, thumbprint, sign: (data) => signWith(key, algorithm, data) }
}

/** @param payload - undefined for POST-as-GET, whose payload is the empty string (RFC 8555 section 6.3) */
export function signJws(key: JwsKey, header: Readonly<Record<string, unknown>>, payload: unknown): Jws {
  const parts = encodeParts({ alg: key.algorithm, ...header }, payload)
  return { ...parts, signature: key.sign(signingInput(parts)).toString('base64url') }
}

/** A JWS with a MAC, for external account binding (RFC 8555 section 7.3.4). */
export function macJws(
  { algorithm, key }: { algorithm: MacName; key: Uint8Array },
  header: Readonly<Record<string, unknown>>,
  payload: unknown,
): Jws {
  const parts = encodeParts({ alg: algorithm, ...header }, payload)
  const mac = createHmac(`sha${algorithm.slice(2)}`, key)
    .update(signingInput(parts))
    .digest('base64url')
  return { ...parts, signature: mac }
}

function algorithmOf(key: KeyObject): SignatureName | undefined {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return 'RS256'
    case 'ed25519':
      return 'EdDSA'
    case 'ec':
      return { prime256v1: 'ES256' as const, secp384r1: 'ES384' as const }[key.asymmetricKeyDetails?.namedCurve ?? '']
    default:
      return undefined
  }
}

/** ECDSA signatures are r and s side by side, not DER (RFC 7518 section 3.4). */
function signWith(key: KeyObject, algorithm: SignatureName, data: Buffer): Buffer {
  if (algorithm === 'EdDSA') return sign(null, data, key)
  const hash = algorithm === 'ES384' ? 'sha384' : 'sha256'
  return algorithm === 'RS256' ? sign(hash, data, key) : sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
}

function encodeParts(header: unknown, payload: unknown): { protected: string; payload: string } {
  return { protected: encode(header), payload: payload === undefined ? '' : encode(payload) }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const signingInput = (parts: { protected: string; payload: string }): Buffer =>
  Buffer.from(`${parts.protected}.${parts.payload}`)
