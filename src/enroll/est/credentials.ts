/** The Secrets that an EST issuer names: a password, and a certificate for the first enrollment. */
import type { EstSpec } from '../../api/issuer/est.ts'
import type { Fault } from '../../domain/fault.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { certificatesPem } from '../../pki/pem.ts'
import type { ClientCertificate } from '../../net/tls.ts'
import type { Der } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { SecretText } from '../../std/secret.ts'
import type { Instant } from '../../std/time.ts'
import type { CredentialNeed, Credentials, Identity } from '../enroller.ts'
import { brokenSecret, lineIn, outOfTime, readIdentity } from '../secrets.ts'
import type { Login } from './digest.ts'

const loginField = 'spec.est.credentialsSecretRef'
const certificateField = 'spec.est.clientCertificateSecretRef'
const decryptionField = 'spec.est.serverKeyDecryption.keySecretRef'

/** A certificate of ours that is shown in TLS. */
export interface Shown {
  readonly tls: ClientCertificate
  readonly certificate: Der
  readonly key: PrivateKey
  readonly facts: CertificateFacts
}

export interface EstCredentials {
  readonly login: Login | undefined
  readonly certificate: Shown | undefined
  /** AES key; 16, 24 or 32 octets. */
  readonly decryption: Uint8Array | undefined
}

export function needsOf(spec: EstSpec): readonly CredentialNeed[] {
  const { credentialsSecretRef: login, clientCertificateSecretRef: certificate } = spec
  const decryption = spec.serverKeyDecryption?.keySecretRef
  return [
    ...(login === undefined
      ? []
      : [{ field: loginField, secretName: login.name, keys: ['username', 'password'] as const }]),
    ...(certificate === undefined
      ? []
      : [{ field: certificateField, secretName: certificate.name, keys: ['tls.crt', 'tls.key'] as const }]),
    ...(decryption === undefined
      ? []
      : [{ field: decryptionField, secretName: decryption.name, keys: [decryption.key] }]),
  ]
}

/** @returns what the Secrets hold, or a fault that says which entry cannot be used and repeats none of it */
export function readCredentials(spec: EstSpec, credentials: Credentials): Result<EstCredentials, Fault> {
  const login = spec.credentialsSecretRef && readLogin(credentials.get(loginField) ?? {})
  if (login?.ok === false) return login
  const certificate = spec.clientCertificateSecretRef && readShown(credentials.get(certificateField) ?? {})
  if (certificate?.ok === false) return certificate
  const ref = spec.serverKeyDecryption?.keySecretRef
  const decryption = ref && readAesKey(credentials.get(decryptionField)?.[ref.key])
  if (decryption?.ok === false) return decryption
  return ok({ login: login?.value, certificate: certificate?.value, decryption: decryption?.value })
}

function readLogin(data: Readonly<Record<string, Uint8Array>>): Result<Login, Fault> {
  const [username, password] = [lineIn(data['username']), lineIn(data['password'])]
  if (username === undefined || username === '' || username.includes(':'))
    return brokenSecret(loginField, 'its entry username must be text on one line, without a colon and not empty')
  if (password === undefined || password === '')
    return brokenSecret(loginField, 'its entry password must be text on one line, and not empty')
  return ok({ username, password: new SecretText(password) })
}

function readShown(data: Readonly<Record<string, Uint8Array>>): Result<Shown, Fault> {
  const identity = readIdentity(certificateField, data)
  if (!identity.ok) return identity
  const shown = shownOf(identity.value)
  return shown === undefined ? brokenSecret(certificateField, 'tls.crt is not the certificate of tls.key') : ok(shown)
}

/** @returns the identity as TLS wants it, the certificate of the key in front; undefined when none is */
export function shownOf({ chain, key }: Identity): Shown | undefined {
  const read = chain.map((der) => ({ der, facts: certificateFacts(der) }))
  for (const { der, facts } of read) {
    if (!facts.ok || facts.value.publicKeyHash !== key.publicKeyHash) continue
    const above = read.filter((one) => one.der !== der && one.facts.ok && !one.facts.value.selfSigned)
    const pem = certificatesPem([der, ...above.map((one) => one.der)])
    return { tls: { chain: pem, key: key.toPem('PKCS8') }, certificate: der, key, facts: facts.value }
  }
  return undefined
}

const aesLengths: ReadonlySet<number> = new Set([16, 24, 32])

/** As it is, in hexadecimal, or in base64: whichever has the length of a key. */
function readAesKey(bytes: Uint8Array | undefined): Result<Uint8Array, Fault> {
  if (bytes !== undefined && aesLengths.has(bytes.length)) return ok(bytes)
  const text = lineIn(bytes)?.trim() ?? ''
  const decoded = [
    ...(/^([0-9A-Fa-f]{2})+$/.test(text) ? [Buffer.from(text, 'hex')] : []),
    ...(/^[A-Za-z0-9+/]+={0,2}$/.test(text) ? [Buffer.from(text, 'base64')] : []),
  ]
  const key = decoded.find(({ length }) => aesLengths.has(length))
  return key === undefined
    ? brokenSecret(
        decryptionField,
        'it must be an AES key of 16, 24 or 32 octets, as they are, in hexadecimal or in base64',
      )
    : ok(key)
}

/** @returns a fault when the client certificate is out of its time */
export const outOfTimeShown = ({ certificate }: EstCredentials, now: Instant): Fault | undefined =>
  certificate && outOfTime(certificateField, certificate.facts, now)
