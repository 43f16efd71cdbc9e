import type { Cancel, Clock } from '../../src/std/clock.ts'
import { instant, milliseconds, plus } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'

interface Timer {
  readonly due: number
  readonly callback: () => void
}

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  #wall: Instant
  #monotonic = 0
  readonly #timers = new Set<Timer>()

  constructor(start: Instant = instant(Date.UTC(2026, 10, 23, 12))) {
    this.#wall = start
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** How long it is until the first timer fires; undefined when none is set. */
  get next(): Duration | undefined {
    const first = this.#firstDue(Infinity)
    return first === undefined ? undefined : milliseconds(first.due - this.#monotonic)
  }

  now(): Instant {
    return this.#wall
  }

  monotonic(): Duration {
    return milliseconds(this.#monotonic)
  }

  after(delay: Duration, callback: () => void): Cancel {
    const timer = { due: this.#monotonic + Math.max(0, delay), callback }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Lets time pass, and every timer fire at its own moment. */
  advance(length: Duration): void {
    const end = this.#monotonic + length
    for (let next = this.#firstDue(end); next !== undefined; next = this.#firstDue(end)) {
      this.#timers.delete(next)
      this.#passTo(next.due)
      next.callback()
    }
    this.#passTo(end)
  }

  /** Lets time pass in small steps, with everything that waits on promises getting its turn in between. */
  async advanceAsync(length: Duration, step: Duration = length): Promise<void> {
    await settled()
    for (let left: number = length; left > 0; left -= step) {
      this.advance(milliseconds(Math.min(step, left)))
      await settled()
    }
  }

  /** Sets the wall clock forward or back, as an administrator would; no time passes. */
  jump(length: Duration): void {
    this.#wall = plus(this.#wall, length)
  }

  #passTo(monotonic: number): void {
    this.#wall = plus(this.#wall, milliseconds(monotonic - this.#monotonic))
    this.#monotonic = monotonic
  }

  #firstDue(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.due <= end && (first === undefined || timer.due < first.due)) first = timer
    }
    return first
  }
}

/** Resolves when every promise that can settle without input or timers has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
