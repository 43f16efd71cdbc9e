/**
 * The account key in its Secret, and its replacement (RFC 8555 section 7.3.5).
 *
 *   tls.key ──► tls.key + next-tls.key ──► CA takes the new key ──► tls.key (the new one) + revision
 *
 * Both keys lie in the Secret from before the CA is asked until after it has answered, so that a crash in between loses
 * neither: the next process finds out by asking the CA which of them it knows.
 */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { KeyShape } from '../../domain/wanted.ts'
import { generateKey, readPrivateKey } from '../../pki/key.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Ctx } from '../enroller.ts'
import { jwsKey } from './jws.ts'
import type { JwsKey } from './jws.ts'

type Data = Readonly<Record<string, Uint8Array>>

/** What the account's Secret holds. */
export interface KeySecret {
  readonly data: Data
  readonly current: JwsKey
  /** The key that is about to replace it. */
  readonly next: JwsKey | undefined
  /** How often the key was replaced on request. */
  readonly revision: number
}

const keyShapes: Readonly<Record<NonNullable<AcmeSpec['accountKeyAlgorithm']>, KeyShape>> = {
  ES256: { algorithm: 'ECDSA', size: 256 },
  ES384: { algorithm: 'ECDSA', size: 384 },
  RS256: { algorithm: 'RSA', size: 2048 },
  EdDSA: { algorithm: 'Ed25519', size: 0 },
}

const revisionEntry = 'revision'
/** Which revision the key beside it will be: whoever finishes what another began may be asked for another, or for none. */
const nextRevisionEntry = 'next-revision'

const entriesOf = ({ privateKeySecretRef: { key = 'tls.key' } }: AcmeSpec): { current: string; next: string } => ({
  current: key,
  next: `next-${key}`,
})

/** Reads the Secret, making key and Secret first where that is allowed. */
export async function loadAccountKey(spec: AcmeSpec, ctx: Ctx): Promise<Result<KeySecret, Fault>> {
  const { name } = spec.privateKeySecretRef
  const entries = entriesOf(spec)
  const data = (await ctx.vault.load(name)) ?? (await makeSecret(spec, ctx))
  const bytes = data?.[entries.current]
  if (data === undefined || bytes === undefined) {
    const why = data === undefined ? 'does not exist' : `has no entry ${entries.current}`
    return err(fault('CredentialsMissing', `spec.acme.privateKeySecretRef points at Secret ${name}, which ${why}`))
  }
  const current = readKey(bytes, `Secret ${name}, entry ${entries.current}`)
  if (!current.ok) return current
  const nextBytes = data[entries.next]
  const next = nextBytes === undefined ? undefined : readKey(nextBytes, `Secret ${name}, entry ${entries.next}`)
  if (next?.ok === false) return next
  const revision = Number(Buffer.from(data[revisionEntry] ?? []).toString('utf8')) || 0
  return ok({ data, current: current.value, next: next?.value, revision })
}

/** Whether the spec asks for a newer key than the Secret holds. A Secret that was just made holds the newest. */
export function wantsNewKey(spec: AcmeSpec, { revision, next }: KeySecret): boolean {
  return next !== undefined || (spec.accountKeyRevision ?? 0) > revision
}

/** Stores a new key beside the old one. @returns undefined when somebody else changed the Secret meanwhile */
export async function storeNextKey(spec: AcmeSpec, secret: KeySecret, ctx: Ctx): Promise<KeySecret | undefined> {
  const key = await generateKey(keyShapes[spec.accountKeyAlgorithm ?? 'ES256'])
  const next = jwsKey(key.keyObject)
  const data = {
    ...secret.data,
    [entriesOf(spec).next]: Buffer.from(key.toPem('PKCS8')),
    [nextRevisionEntry]: Buffer.from(String(spec.accountKeyRevision ?? secret.revision)),
  }
  if (next === undefined || !(await ctx.vault.swap(spec.privateKeySecretRef.name, secret.data, data))) return undefined
  return { ...secret, data, next }
}

/** The CA knows the new key: it takes the place of the old one. */
export async function promoteNextKey(spec: AcmeSpec, secret: KeySecret, ctx: Ctx): Promise<void> {
  const entries = entriesOf(spec)
  const { [entries.next]: next, [nextRevisionEntry]: planned, ...rest } = secret.data
  if (next === undefined) return
  const revision = planned ?? Buffer.from(String(spec.accountKeyRevision ?? secret.revision))
  await ctx.vault.swap(spec.privateKeySecretRef.name, secret.data, {
    ...rest,
    [entries.current]: next,
    [revisionEntry]: revision,
  })
}

/** The new key is good for nothing: it belongs to another account. The next attempt makes another. */
export async function dropNextKey(spec: AcmeSpec, secret: KeySecret, ctx: Ctx): Promise<void> {
  const { [entriesOf(spec).next]: _next, [nextRevisionEntry]: _planned, ...rest } = secret.data
  await ctx.vault.swap(spec.privateKeySecretRef.name, secret.data, rest)
}

async function makeSecret(spec: AcmeSpec, ctx: Ctx): Promise<Data | undefined> {
  if (spec.disableAccountKeyGeneration === true) return undefined
  const key = await generateKey(keyShapes[spec.accountKeyAlgorithm ?? 'ES256'])
  return ctx.vault.create(spec.privateKeySecretRef.name, {
    [entriesOf(spec).current]: Buffer.from(key.toPem('PKCS8')),
    ...(spec.accountKeyRevision === undefined ? {} : { [revisionEntry]: Buffer.from(String(spec.accountKeyRevision)) }),
  })
}

function readKey(bytes: Uint8Array, where: string): Result<JwsKey, Fault> {
  const key = readPrivateKey(Buffer.from(bytes).toString('utf8'))
  const signer = key.ok ? jwsKey(key.value.keyObject) : undefined
  if (signer !== undefined) return ok(signer)
  const problem = key.ok ? 'is of a kind that ACME does not know; use P-256, P-384, RSA or Ed25519' : key.error
  return err(fault('CredentialsRejected', `the account key in ${where}: ${problem}`))
}
