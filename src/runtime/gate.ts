/**
 * The gate in front of one issuer: how many calls run at once, and how many may start per second. Never blocks: who finds it
 * shut gives its worker back and is called when it is its turn. Each issuer has its own gate, so trouble at one never slows another.
 *
 * A turn is an offer: slot and token are put aside for the key that was called. If it does not come for them within
 * {@link offerLength} (deleted, or no longer in need), the next in line is called, so no wake-up is ever lost.
 */
import type { Cancel, Clock } from '../std/clock.ts'
import { milliseconds, plus, seconds } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'

export interface GateLimits {
  /** Calls at the same time; at least 1. */
  readonly concurrency: number
  readonly rate?: { readonly perSecond: number; readonly burst: number } | undefined
  /** The part of the limits that is for this process, more than 0 and at most 1; asked each time. Default: all of it. */
  readonly share?: (() => number) | undefined
}

export type Entry =
  | {
      readonly kind: 'entered'
      readonly leave: () => void
      /** Leaves, and keeps slot and token for the same key, which comes again at once. */
      readonly stepOut: () => void
    }
  /** `until`: when the rate would let it in, were a slot free; absent when only a slot is missing. */
  | { readonly kind: 'wait'; readonly until?: Instant }

/** Called when it is its key's turn to ask again. @returns whether the key will: the turn is the next one's otherwise */
export type Waiter = () => boolean

const offerLength = seconds(10)

export class Gate {
  readonly #clock: Clock
  readonly #limits: GateLimits
  readonly #waiting = new Map<string, { readonly call: Waiter; readonly turn: number }>()
  readonly #offers = new Map<string, Cancel>()
  /** Calls at the same time for now: all that the limits allow, but for a while after {@link Gate.narrow}. */
  #width: number
  #inside = 0
  #turns = 0
  #tokens: number
  #filledAt: Duration
  #refill: Cancel | undefined
  #closed = false

  constructor(options: GateLimits & { readonly clock: Clock }) {
    this.#clock = options.clock
    this.#limits = options
    this.#width = options.concurrency
    this.#tokens = options.rate === undefined ? Infinity : this.#burst(options.rate.burst)
    this.#filledAt = options.clock.monotonic()
  }

  get inside(): number {
    return this.#inside
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Lets one in at a time, until {@link Gate.widen}: for a server that may just have come back. */
  narrow(): void {
    this.#width = 1
  }

  /** One more at a time. Called for each answer: what runs at once doubles with every round, and is never let loose all together. */
  widen(): void {
    if (this.#width >= this.#limits.concurrency) return
    this.#width += 1
    this.#callNext()
  }

  /**
   * Asks to be let in.
   *
   * @param key - who asks; asking again while waiting keeps the place in line
   * @param waiter - called once when it is this key's turn (typically: puts the key back into its queue)
   * @returns `entered` with the way out, of which one must be taken exactly when the call is over; a second does nothing
   */
  enter(key: string, waiter: Waiter): Entry {
    if (this.#takeOffer(key)) return this.#letIn(key)
    if (this.#waiting.size === 0 && this.#isOpen()) {
      this.#tokens -= 1
      return this.#letIn(key)
    }
    this.#waiting.set(key, { call: waiter, turn: this.#waiting.get(key)?.turn ?? this.#turns++ })
    this.#callNext()
    return this.#waitFor(key)
  }

  /** Gives up a place in line. For keys that no longer need the issuer. */
  withdraw(key: string): void {
    this.#waiting.delete(key)
    if (!this.#takeOffer(key)) return
    this.#tokens += 1
    this.#callNext()
  }

  /** Ends the gate and calls everyone who waits, so that they ask the gate that took its place. */
  close(): void {
    this.#closed = true
    this.#refill?.()
    this.#refill = undefined
    for (const cancel of this.#offers.values()) cancel()
    this.#offers.clear()
    const waiters = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { call } of waiters) call()
  }

  #letIn(key: string): Entry {
    this.#inside += 1
    let isInside = true
    const goes = (next: () => void) => (): void => {
      if (!isInside) return
      isInside = false
      this.#inside -= 1
      next()
    }
    return { kind: 'entered', leave: goes(() => this.#callNext()), stepOut: goes(() => this.#offer(key)) }
  }

  #offer(key: string): void {
    if (this.#closed) return
    this.#offers.set(
      key,
      this.#clock.after(offerLength, () => this.withdraw(key)),
    )
  }

  #hasSlot(): boolean {
    // One at least: a share of less than one call would be none.
    const most = Math.max(1, Math.floor(this.#limits.concurrency * this.#share()))
    return this.#inside + this.#offers.size < Math.min(this.#width, most)
  }

  #share(): number {
    return this.#limits.share?.() ?? 1
  }

  #burst(whole: number): number {
    return Math.max(1, Math.floor(whole * this.#share()))
  }

  #isOpen(): boolean {
    this.#fill()
    return this.#hasSlot() && this.#tokens >= 1
  }

  #fill(): void {
    const { rate } = this.#limits
    if (rate === undefined) return
    const now = this.#clock.monotonic()
    const perSecond = rate.perSecond * this.#share()
    this.#tokens = Math.min(this.#burst(rate.burst), this.#tokens + ((now - this.#filledAt) / 1000) * perSecond)
    this.#filledAt = now
  }

  #takeOffer(key: string): boolean {
    const cancel = this.#offers.get(key)
    cancel?.()
    return this.#offers.delete(key)
  }

  #callNext(): void {
    for (const [key, { call }] of this.#waiting) {
      if (!this.#isOpen()) break
      this.#waiting.delete(key)
      if (!call()) continue
      this.#tokens -= 1
      this.#offer(key)
    }
    this.#awaitToken()
  }

  /** One timer for the next token, only while somebody waits for a token rather than for a slot. */
  #awaitToken(): void {
    if (this.#refill !== undefined || this.#waiting.size === 0 || !this.#hasSlot()) return
    this.#refill = this.#clock.after(this.#untilTokens(1), () => {
      this.#refill = undefined
      this.#callNext()
    })
  }

  #untilTokens(count: number): Duration {
    const { rate } = this.#limits
    if (rate === undefined) return milliseconds(0)
    return milliseconds(Math.max(0, Math.ceil(((count - this.#tokens) / (rate.perSecond * this.#share())) * 1000)))
  }

  #waitFor(key: string): Entry {
    if (this.#limits.rate === undefined) return { kind: 'wait' }
    const first = this.#waiting.values().next().value?.turn ?? 0
    const place = (this.#waiting.get(key)?.turn ?? first) - first + 1
    return { kind: 'wait', until: plus(this.#clock.now(), this.#untilTokens(place)) }
  }
}
