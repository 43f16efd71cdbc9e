/** External account binding (RFC 8555 section 7.3.4): proof that the CA's customer made the ACME account. */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { macJws } from './jws.ts'
import type { Jws, JwsKey, MacName } from './jws.ts'

export interface ExternalAccount {
  readonly keyId: string
  readonly key: Uint8Array
  readonly algorithm: MacName
}

/** Shorter ones are not keys but placeholders. RFC 7518 section 3.2 asks for 32 bytes; CAs give out 16 as well. */
const shortestKey = 16

/**
 * @param text - the MAC key as the CA gave it out: base64url, with or without padding; the standard alphabet is understood too
 */
export function readExternalAccount(
  spec: NonNullable<AcmeSpec['externalAccountBinding']>,
  text: string,
): Result<ExternalAccount, Fault> {
  const trimmed = text.replaceAll(/\s+/g, '')
  const where = `Secret ${spec.keySecretRef.name}, entry ${spec.keySecretRef.key}`
  if (!/^(?!-----BEGIN)[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed))
    return err(fault('CredentialsRejected', `${where} is not base64url; put the MAC key there as the CA gave it out`))
  const key = new Uint8Array(Buffer.from(trimmed.replaceAll('+', '-').replaceAll('/', '_'), 'base64url'))
  if (key.length < shortestKey)
    return err(fault('CredentialsRejected', `${where} holds ${key.length} bytes, too few for a MAC key; copy it whole`))
  return ok({ keyId: spec.keyID, key, algorithm: spec.keyAlgorithm ?? 'HS256' })
}

/** @param url - of newAccount: the binding is for that request only */
export function bindingFor(external: ExternalAccount, account: JwsKey, url: string): Jws {
  return macJws(external, { kid: external.keyId, url }, account.jwk)
}
