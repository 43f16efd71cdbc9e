/** The Secrets that a CMP issuer names, and what else in its spec must be read before anything is sent. */
import type { CmpSpec } from '../../api/issuer/cmp.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { parseDistinguishedName } from '../../domain/name.ts'
import { encodeName } from '../../pki/names.ts'
import { pemLimits, readCertificates } from '../../pki/pem.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { SecretText } from '../../std/secret.ts'
import type { Instant } from '../../std/time.ts'
import type { CredentialNeed, Credentials } from '../enroller.ts'
import { brokenSecret, lineIn, outOfTime, readIdentity } from '../secrets.ts'
import { signerOf } from './protection.ts'
import type { Protector, Signer } from './protection.ts'

const secretField = 'spec.cmp.sharedSecret.secretRef'
const certificateField = 'spec.cmp.clientCertificateSecretRef'
const tokenField = 'spec.cmp.registrationTokenSecretRef'
const authenticatorField = 'spec.cmp.authenticatorSecretRef'

/** What a CMP issuer works with. */
export interface Means {
  /** Protects first enrollments and general messages. */
  readonly protector: Protector
  /** Certificates that signatures of replies must lead to. */
  readonly anchors: readonly Der[]
  /** Name, DER. */
  readonly recipient: Der | undefined
  /** For first requests. */
  readonly registrationToken: SecretText | undefined
  /** For every request. */
  readonly authenticator: SecretText | undefined
}

export function needsOf(spec: CmpSpec): readonly CredentialNeed[] {
  const { sharedSecret, clientCertificateSecretRef: certificate } = spec
  const entry = (field: string, ref: SecretKeySelector | undefined): readonly CredentialNeed[] =>
    ref === undefined ? [] : [{ field, secretName: ref.name, keys: [ref.key] }]
  return [
    ...entry(secretField, sharedSecret?.secretRef),
    ...(certificate === undefined
      ? []
      : [{ field: certificateField, secretName: certificate.name, keys: ['tls.crt', 'tls.key'] as const }]),
    ...entry(tokenField, spec.registrationTokenSecretRef),
    ...entry(authenticatorField, spec.authenticatorSecretRef),
  ]
}

type SecretKeySelector = NonNullable<CmpSpec['registrationTokenSecretRef']>

/** @returns the means, or a fault that says which entry cannot be used and repeats nothing secret */
export function readMeans(spec: CmpSpec, credentials: Credentials): Result<Means, Fault> {
  const protector =
    spec.sharedSecret === undefined ? readSigner(credentials) : readSecret(spec.sharedSecret, credentials)
  if (!protector.ok) return protector
  const anchors = readAnchors(spec)
  if (!anchors.ok) return anchors
  const recipient = readRecipient(spec)
  if (!recipient.ok) return recipient
  const token = readEntry(tokenField, spec.registrationTokenSecretRef, credentials)
  if (!token.ok) return token
  const authenticator = readEntry(authenticatorField, spec.authenticatorSecretRef, credentials)
  if (!authenticator.ok) return authenticator
  return ok({
    protector: protector.value,
    anchors: anchors.value,
    recipient: recipient.value,
    registrationToken: token.value,
    authenticator: authenticator.value,
  })
}

const misconfigured = (message: string): { readonly ok: false; readonly error: Fault } =>
  err(fault('Misconfigured', message))

/** @returns the entry as text; undefined where none is named */
function readEntry(
  field: string,
  ref: SecretKeySelector | undefined,
  credentials: Credentials,
): Result<SecretText | undefined, Fault> {
  return ref === undefined ? ok(undefined) : readLine(field, ref, credentials)
}

function readLine(field: string, ref: SecretKeySelector, credentials: Credentials): Result<SecretText, Fault> {
  const text = lineIn(credentials.get(field)?.[ref.key])
  return text === undefined || text === ''
    ? brokenSecret(field, `its entry ${ref.key} must be text on one line, and not empty`)
    : ok(new SecretText(text))
}

function readSecret(
  { reference, secretRef, algorithm, hash }: NonNullable<CmpSpec['sharedSecret']>,
  credentials: Credentials,
): Result<Protector, Fault> {
  const secret = readLine(secretField, secretRef, credentials)
  if (!secret.ok) return secret
  const mac = { algorithm: algorithm ?? 'PBM', hash: hash ?? 'SHA-256' } as const
  return ok({
    kind: 'secret',
    shared: { secret: secret.value, reference: Buffer.from(reference, 'utf8'), mac },
  })
}

function readSigner(credentials: Credentials): Result<Protector, Fault> {
  const identity = readIdentity(certificateField, credentials.get(certificateField) ?? {})
  if (!identity.ok) return identity
  const signer = signerOf(identity.value)
  if (signer === undefined) return brokenSecret(certificateField, 'tls.crt is not the certificate of tls.key')
  return ok({ kind: 'signature', signer })
}

const pemHeader = '-----BEGIN CERTIFICATE-----'

function readAnchors({ caBundle }: CmpSpec): Result<readonly Der[], Fault> {
  if (caBundle === undefined) return ok([])
  const isPem = caBundle.trimStart().startsWith(pemHeader)
  const pem = isPem ? caBundle : Buffer.from(caBundle, 'base64').toString('utf8')
  const anchors = readCertificates(pem, pemLimits.bundle)
  return anchors.ok ? anchors : misconfigured(`spec.cmp.caBundle cannot be read: ${anchors.error}`)
}

function readRecipient({ recipient }: CmpSpec): Result<Der | undefined, Fault> {
  if (recipient === undefined) return ok(undefined)
  const name = parseDistinguishedName(recipient)
  if (!name.ok)
    return misconfigured(
      `spec.cmp.recipient is no distinguished name: ${name.error}; write it as RFC 4514 does, for example CN=Example CA,O=Example`,
    )
  return ok(encodeName(name.value))
}

/** @returns a fault when the client certificate is out of its time */
export const outOfTimeSigner = ({ facts }: Signer, now: Instant): Fault | undefined =>
  outOfTime(certificateField, facts, now)
