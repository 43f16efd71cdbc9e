/** Reads signed requests as an ACME server must (RFC 8555 section 6), with node:crypto and none of our own code. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'

export interface SignedRequest {
  readonly url: string
  readonly nonce: string
  readonly hasNonce: boolean
  /** The account URL, when the request names one. */
  readonly kid: string | undefined
  /** The key, when the request carries one. */
  readonly jwk: JsonWebKey | undefined
  /** Undefined: POST-as-GET. */
  readonly payload: Readonly<Record<string, unknown>> | undefined
  readonly algorithm: string
  /** What was signed. */
  readonly input: Buffer
  readonly signature: Buffer
  verifiedBy(key: KeyObject): boolean
}

const decode = (part: unknown): string => Buffer.from(String(part), 'base64url').toString('utf8')

/** @throws when the value is no flattened JWS */
export function readJws(value: unknown): SignedRequest {
  const jws = value as Readonly<Record<string, string>>
  const header = JSON.parse(decode(jws['protected'])) as Readonly<Record<string, unknown>>
  const text = decode(jws['payload'])
  const input = Buffer.from(`${jws['protected']}.${jws['payload']}`)
  const signature = Buffer.from(String(jws['signature']), 'base64url')
  const algorithm = String(header['alg'])
  return {
    url: String(header['url']),
    nonce: String(header['nonce']),
    hasNonce: 'nonce' in header,
    kid: typeof header['kid'] === 'string' ? header['kid'] : undefined,
    jwk: header['jwk'] as JsonWebKey | undefined,
    payload: text === '' ? undefined : (JSON.parse(text) as Readonly<Record<string, unknown>>),
    algorithm,
    input,
    signature,
    verifiedBy: (key) => isSignedBy(key, algorithm, { input, signature }),
  }
}

function isSignedBy(
  key: KeyObject,
  algorithm: string,
  { input, signature }: { input: Buffer; signature: Buffer },
): boolean {
  switch (algorithm) {
    case 'ES256':
    case 'ES384':
      return verify(`sha${algorithm.slice(2)}`, input, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'RS256':
      return verify('sha256', input, key, signature)
    case 'EdDSA':
      return verify(null, input, key, signature)
    default:
      return false
  }
}

export const keyOf = (jwk: JsonWebKey): KeyObject => createPublicKey({ key: jwk, format: 'jwk' })

/** RFC 7638. */
export function thumbprintOf(jwk: JsonWebKey): string {
  const members =
    jwk.kty === 'EC' ? ['crv', 'kty', 'x', 'y'] : jwk.kty === 'RSA' ? ['e', 'kty', 'n'] : ['crv', 'kty', 'x']
  const required = Object.fromEntries(members.map((name) => [name, (jwk as Record<string, unknown>)[name]]))
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url')
}
