/**
 * Where issuers keep what they make for themselves: manifests of Secrets in the output directory, to be read again by the next
 * run, and fit for `kubectl apply`. What the user's own manifests hold is read and never changed.
 */
import { isDeepStrictEqual } from 'node:util'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Vault } from '../enroll/enroller.ts'
import { documentsIn } from './documents.ts'
import { DamagedFile, readIfThere, replaceFile } from './files.ts'
import { findSecret, readSecret } from './secrets.ts'
import type { SecretData, SecretDocument } from './secrets.ts'

export interface VaultParts {
  readonly secrets: readonly SecretDocument[]
  /** Of the issuer. */
  readonly namespace: string | undefined
  /** Undefined: what is made is kept in memory, and gone with the process. */
  readonly directory: string | undefined
  /** Told of every Secret that was made, and where it lies. */
  readonly made: (name: string, data: SecretData, path: string | undefined) => void
}

export class FolderVault implements Vault {
  readonly #parts: VaultParts
  readonly #memory = new Map<string, SecretData>()

  constructor(parts: VaultParts) {
    this.#parts = parts
  }

  /** What was made here is newer than what a manifest says. */
  async load(name: string): Promise<SecretData | undefined> {
    const made = await this.#made(name)
    return made ?? findSecret(this.#parts.secrets, name, this.#parts.namespace)?.bytes
  }

  async create(name: string, data: SecretData): Promise<SecretData> {
    const there = await this.load(name)
    if (there !== undefined) return there
    await this.#write(name, data)
    return data
  }

  async swap(name: string, expected: SecretData, data: SecretData): Promise<boolean> {
    const there = await this.load(name)
    if (there === undefined || !isDeepStrictEqual(encode(there), encode(expected))) return false
    await this.#write(name, data)
    return true
  }

  async #made(name: string): Promise<SecretData | undefined> {
    const path = this.#path(name)
    if (path === undefined) return this.#memory.get(name)
    const bytes = await readIfThere(path)
    if (bytes === undefined) return undefined
    const documents = documentsIn(Buffer.from(bytes).toString('utf8'), path)
    const [document] = documents.ok ? documents.value : []
    const secret = document === undefined ? undefined : readSecret(document.object)
    if (secret?.ok !== true) throw new DamagedFile(`${path} is no Secret manifest any more; repair or remove it.`)
    return secret.value.bytes
  }

  async #write(name: string, data: SecretData): Promise<void> {
    const path = this.#path(name)
    if (path === undefined) this.#memory.set(name, data)
    else await replaceFile(path, manifestOf(name, data), 0o600)
    this.#parts.made(name, data, path)
  }

  #path(name: string): string | undefined {
    const { directory } = this.#parts
    return directory === undefined
      ? undefined
      : join(directory, `issuer-secret-${name.replace(/[^a-z0-9.-]/g, '_')}.yaml`)
  }
}

const encode = (data: SecretData): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]))

const manifestOf = (name: string, data: SecretData): string =>
  stringify(
    { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'Opaque', data: encode(data) },
    { lineWidth: 0 },
  )
