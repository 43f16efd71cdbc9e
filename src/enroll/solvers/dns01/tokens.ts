/** Access tokens: kept in memory until shortly before they expire, and asked for by one call at a time. */
import { ok } from '../../../std/result.ts'
import type { SecretText } from '../../../std/secret.ts'
import { minus, seconds } from '../../../std/time.ts'
import type { Instant } from '../../../std/time.ts'
import type { Called } from './calls.ts'

export interface Token<T> {
  readonly value: T
  readonly expiresAt: Instant
}

/** Calls that begin with a token must end before it expires, and clocks differ. */
const margin = seconds(120)

export class TokenCache<T = SecretText> {
  #held: Token<T> | undefined
  #last: T | undefined
  #asking: Promise<Called<Token<T>>> | undefined

  /** @param ask - asks the service for a new one; the failure of one call is the failure of all that wait for it */
  async take(now: Instant, ask: () => Promise<Called<Token<T>>>): Promise<Called<T>> {
    if (this.#held !== undefined && now < minus(this.#held.expiresAt, margin)) return ok(this.#held.value)
    this.#asking ??= ask().finally(() => (this.#asking = undefined))
    const token = await this.#asking
    if (!token.ok) return token
    this.#held = token.value
    this.#last = token.value.value
    return ok(token.value.value)
  }

  /** What was last given out, for whoever must keep it out of messages. */
  get last(): T | undefined {
    return this.#last
  }

  /** Forgets a token that the service has refused. */
  drop(): void {
    this.#held = undefined
  }
}
