import type { PrivateKey } from '../../pki/key.ts'
import { LatestMap } from '../../std/latestmap.ts'

/**
 * Handles of keys whose enrollment is under way, so that a poll does not read the Secret again. Small, and emptied as soon
 * as the certificate is there; a key that is not here is read from its Secret.
 */
export class Keyring {
  readonly #keys: LatestMap<string, PrivateKey>

  constructor(most = 1000) {
    this.#keys = new LatestMap(most)
  }

  hold(certificate: string, key: PrivateKey): void {
    this.#keys.set(certificate, key)
  }

  /** @returns the key only if it is still the one with this hash */
  find(certificate: string, publicKeyHash: string): PrivateKey | undefined {
    const key = this.#keys.get(certificate)
    return key?.publicKeyHash === publicKeyHash ? key : undefined
  }

  drop(certificate: string): void {
    this.#keys.delete(certificate)
  }
}
