import type { Clock } from '../std/clock.ts'
import { milliseconds } from '../std/time.ts'

/** For so long work has the thread at a stretch. */
const longest = milliseconds(10)

/**
 * Keeps work that never waits for anything from having the thread to itself. Promises alone let neither sockets nor timers have their
 * turn: after a start with ten thousand keys no Lease would be renewed and no probe answered until all have been looked at.
 */
export class Stretch {
  readonly #clock: Clock
  #began = 0
  /** Kept when everything else has had its turn; undefined when it has. */
  #turn: Promise<void> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** To be awaited between two pieces of work. @returns at once, or when everything else has had its turn */
  async rest(): Promise<void> {
    if (this.#turn === undefined) return this.#begin()
    if (this.#clock.monotonic() - this.#began >= longest) await this.#turn
  }

  #begin(): void {
    this.#began = this.#clock.monotonic()
    this.#turn = new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined
        resolve()
      })
    })
  }
}
