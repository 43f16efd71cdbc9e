/** The JWT with which a service account asks for a token (RFC 7523): https://developers.google.com/identity/protocols/oauth2/service-account */
import type { Instant } from '../../../../std/time.ts'
import type { ServiceAccount } from './wire.ts'

/** Where it is shown, and whom it is for. Never taken from the file: whoever wrote that could send it elsewhere. */
export const tokenEndpoint = 'https://oauth2.googleapis.com/token'
export const scope = 'https://www.googleapis.com/auth/ndev.clouddns.readwrite'

/** Seconds: the most that Google takes. */
const lifetime = 3600

/** @returns a JWS in its compact form, signed with RS256 (RFC 7518 section 3.3) */
export async function assertionOf({ email, keyId, key }: ServiceAccount, now: Instant): Promise<string> {
  const issuedAt = Math.floor(now / 1000)
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) }
  const claims = { iss: email, scope, aud: tokenEndpoint, iat: issuedAt, exp: issuedAt + lifetime }
  const signed = `${encode(header)}.${encode(claims)}`
  const signature = await key.sign(Buffer.from(signed, 'ascii'), 'SHA-256')
  return `${signed}.${Buffer.from(signature).toString('base64url')}`
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
