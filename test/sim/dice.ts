import { milliseconds } from '../../src/std/time.ts'
import type { Duration } from '../../src/std/time.ts'

/** Chance that can be repeated: the same seed throws the same numbers (mulberry32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = (seed * 0x9e3779b1) | 0
  }

  /** @returns a number in [0, 1) */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  below(count: number): number {
    return Math.floor(this.fraction() * count)
  }

  between(least: Duration, most: Duration): Duration {
    return milliseconds(Math.round(least + this.fraction() * (most - least)))
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)]
    if (picked === undefined) throw new RangeError('nothing to pick from')
    return picked
  }
}
