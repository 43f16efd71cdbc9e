import type { PrivateKey } from '../../pki/key.ts'

/**
 * Handles of keys whose enrollment is under way, so that a poll does not read the Secret again. Small, and emptied as soon
 * as the certificate is there; a key that is not here is read from its Secret.
 */
export class Keyring {
  readonly #keys = new Map<string, PrivateKey>()
  readonly #most: number

  constructor(most = 1000) {
    this.#most = most
  }

  hold(certificate: string, key: PrivateKey): void {
    this.#keys.delete(certificate)
    this.#keys.set(certificate, key)
    const oldest = this.#keys.keys().next().value
    if (this.#keys.size > this.#most && oldest !== undefined) this.#keys.delete(oldest)
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
