import { isDeepStrictEqual } from 'node:util'
import type { Vault } from '../../src/enroll/enroller.ts'

type Data = Readonly<Record<string, Uint8Array>>

/** Secrets that outlive a process, in memory. */
export class MemoryVault implements Vault {
  readonly #secrets = new Map<string, Data>()

  load(secretName: string): Promise<Data | undefined> {
    return Promise.resolve(this.#secrets.get(secretName))
  }

  create(secretName: string, data: Data): Promise<Data> {
    const stored = this.#secrets.get(secretName) ?? data
    this.#secrets.set(secretName, stored)
    return Promise.resolve(stored)
  }

  swap(...[secretName, expected, data]: Parameters<Vault['swap']>): Promise<boolean> {
    const isSame = isDeepStrictEqual(this.#secrets.get(secretName), expected)
    if (isSame) this.#secrets.set(secretName, data)
    return Promise.resolve(isSame)
  }

  /** Every value as text, to look for in places where it must not be. */
  values(): readonly string[] {
    return [...this.#secrets.values()].flatMap((data) =>
      Object.values(data).map((value) => Buffer.from(value).toString()),
    )
  }
}
