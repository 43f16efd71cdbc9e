/**
 * The Secrets that are being written at this moment. The watch often brings a Secret before the answer to its write is here;
 * what lies in it need not be read then, because whoever writes it knows.
 */
import type { Secret } from '../../api/meta.ts'
import { projectSecret } from './projection.ts'
import type { KnownEntries, SecretProjection } from './projection.ts'

export class SecretsInWriting {
  readonly #known = new Map<string, KnownEntries>()

  /**
   * @param key - `namespace/name` of the Secret
   * @param known - forgotten when the write has ended, so that no key stays in memory because of it
   */
  async during<T>(key: string, known: KnownEntries | undefined, write: () => Promise<T>): Promise<T> {
    if (known === undefined) return write()
    this.#known.set(key, known)
    try {
      return await write()
    } finally {
      this.#known.delete(key)
    }
  }

  /** As {@link projectSecret}. */
  project(secret: Secret): SecretProjection {
    return projectSecret(secret, this.#known.get(`${secret.metadata.namespace}/${secret.metadata.name}`))
  }
}
