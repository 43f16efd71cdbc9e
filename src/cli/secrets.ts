/** Secrets among the documents: the credentials that an issuer's spec points at, and the passwords of keystores. */
import { fault } from '../domain/fault.ts'
import type { Fault } from '../domain/fault.ts'
import type { CredentialNeed, Credentials, Vault } from '../enroll/enroller.ts'
import type { KubeObject } from '../api/meta.ts'
import { isJsonObject } from '../std/json.ts'
import type { JsonObject } from '../std/json.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

export type SecretData = Readonly<Record<string, Uint8Array>>

/** A Secret as a manifest has it, `data` and `stringData` put together. */
export interface SecretDocument extends KubeObject {
  readonly bytes: SecretData
}

const entryName = /^(?!__proto__$)[-._a-zA-Z0-9]{1,253}$/

/** @returns the Secret, or a sentence about the entry that is wrong; never anything of its value */
export function readSecret(object: JsonObject): Result<SecretDocument, string> {
  const { metadata, data = {}, stringData = {} } = object
  const name = isJsonObject(metadata) ? metadata['name'] : undefined
  const namespace = isJsonObject(metadata) ? metadata['namespace'] : undefined
  if (typeof name !== 'string' || name === '') return err('In metadata.name: a Secret needs a name.')
  if (!isJsonObject(data ?? {})) return err('In data: this is not an object of base64 texts.')
  if (!isJsonObject(stringData ?? {})) return err('In stringData: this is not an object of texts.')
  const bytes: Record<string, Uint8Array> = {}
  const entries = [data, stringData].flatMap((part) => (isJsonObject(part) ? Object.keys(part) : []))
  const odd = entries.find((key) => !entryName.test(key))
  if (odd !== undefined) return err(`In data: an entry is named with letters, digits, "-", "_" and ".", not "${odd}".`)
  for (const [key, value] of Object.entries(isJsonObject(data) ? data : {})) {
    const decoded = typeof value === 'string' ? decode(value) : undefined
    if (decoded === undefined) return err(`In data.${key}: this is not base64; put plain text into stringData.`)
    bytes[key] = decoded
  }
  for (const [key, value] of Object.entries(isJsonObject(stringData) ? stringData : {})) {
    if (typeof value !== 'string') return err(`In stringData.${key}: this is not a text; put quotes around it.`)
    bytes[key] = Buffer.from(value)
  }
  const where = typeof namespace === 'string' ? { namespace } : {}
  return ok({ apiVersion: 'v1', kind: 'Secret', metadata: { name, ...where }, bytes })
}

function decode(base64: string): Uint8Array | undefined {
  const text = base64.replace(/\s+/g, '')
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
    ? new Uint8Array(Buffer.from(text, 'base64'))
    : undefined
}

/** @param namespace - preferred where several Secrets of the name are given */
export function findSecret(
  secrets: readonly SecretDocument[],
  name: string,
  namespace: string | undefined,
): SecretDocument | undefined {
  const namesakes = secrets.filter(({ metadata }) => metadata.name === name)
  return namesakes.find(({ metadata }) => metadata.namespace === namespace) ?? namesakes[0]
}

/**
 * @param needs - what the issuer's spec points at
 * @param vault - where Secrets lie: those of the manifests, and those that the issuer made itself
 * @returns the credentials, or a fault that names field, Secret and entry, and says where to put it
 */
export async function readCredentials(
  needs: readonly CredentialNeed[],
  vault: Pick<Vault, 'load'>,
): Promise<Result<Credentials, Fault>> {
  const found = new Map<string, SecretData>()
  for (const need of needs) {
    const data = await vault.load(need.secretName)
    const problem = problemWith(need, data)
    if (problem !== undefined) return err(problem)
    if (data !== undefined) found.set(need.field, data)
  }
  return ok(found)
}

function problemWith(
  { field, secretName, keys, optional }: CredentialNeed,
  data: SecretData | undefined,
): Fault | undefined {
  const wanted = keys.map((key) => `"${key}"`).join(' and ')
  if (data === undefined) {
    if (optional === true) return undefined
    const sentence = `${field} points at Secret ${secretName}, which the manifests do not hold; add a Secret manifest of that name with the entry ${wanted} to the files given with -f`
    return fault('CredentialsMissing', sentence)
  }
  const missing = keys.filter((key) => (data[key]?.length ?? 0) === 0).map((key) => `"${key}"`)
  if (missing.length === 0) return undefined
  const sentence = `${field} points at Secret ${secretName}, which has no entry ${missing.join(' and no entry ')}; add it to data or stringData of its manifest`
  return fault('CredentialsMissing', sentence)
}
