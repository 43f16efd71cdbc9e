/** What protocols find in the Secrets that an issuer names. Faults say which entry cannot be used and repeat none of it. */
import { fault } from '../domain/fault.ts'
import type { Fault } from '../domain/fault.ts'
import type { CertificateFacts } from '../domain/facts.ts'
import { readPrivateKey } from '../pki/key.ts'
import { readCertificates } from '../pki/pem.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { Identity } from './enroller.ts'

/** @param field - path in the spec of the reference to the Secret */
export const brokenSecret = (field: string, what: string): { readonly ok: false; readonly error: Fault } =>
  err(fault('CredentialsRejected', `the Secret that ${field} names cannot be used: ${what}`))

const longestLine = 4096

/** @returns text without the line ends that editors add; undefined for what is no text, or has more lines */
export function lineIn(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || bytes.length > longestLine) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/^[\r\n]+|[\r\n]+$/g, '')
    return /\p{Cc}/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** @returns `tls.crt` and `tls.key`; whether the one is of the other is not looked at */
export function readIdentity(field: string, data: Readonly<Record<string, Uint8Array>>): Result<Identity, Fault> {
  const chain = readCertificates(Buffer.from(data['tls.crt'] ?? []).toString('utf8'))
  if (!chain.ok) return brokenSecret(field, `tls.crt holds no readable certificate: ${chain.error}`)
  const key = readPrivateKey(Buffer.from(data['tls.key'] ?? []).toString('utf8'))
  if (!key.ok) return brokenSecret(field, `tls.key holds no readable private key: ${key.error}`)
  return ok({ chain: chain.value, key: key.value })
}

/** @returns a fault when a client certificate is out of its time: the CA would only turn it down */
export function outOfTime(
  field: string,
  { notBefore, notAfter }: Pick<CertificateFacts, 'notBefore' | 'notAfter'>,
  now: Instant,
): Fault | undefined {
  if (now >= notAfter)
    return fault(
      'CredentialsExpired',
      `the client certificate that ${field} names expired at ${toRfc3339(notAfter)}; store a new one`,
    )
  if (now < notBefore)
    return fault(
      'Misconfigured',
      `the client certificate that ${field} names is not valid before ${toRfc3339(notBefore)}; wait, or check the clock of this cluster`,
    )
  return undefined
}
