/**
 * How fast one person may ask. Answers are worked out on the thread that renews certificates too, so a script that asks without
 * a pause is told to wait, and nobody else is.
 */
import type { Clock } from '../std/clock.ts'
import { LatestMap } from '../std/latestmap.ts'

/** Questions at once, and then one for each interval, in milliseconds. More than a person who types in the search field asks. */
const burst = 40
const interval = 100
/** People that are remembered; the one who has been silent longest is forgotten first. */
const mostPeople = 1000

export class Pace {
  readonly #clock: Clock
  /** When the next question of each would be due if there had been no burst. */
  readonly #due = new LatestMap<string, number>(mostPeople)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns whether this question may be answered now; it is counted if so */
  allows(username: string): boolean {
    const now = this.#clock.monotonic()
    const due = Math.max(this.#due.get(username) ?? 0, now - burst * interval)
    if (due > now) return false
    this.#due.set(username, due + interval)
    return true
  }
}
