/** Patience with others who change what we write, a webhook or another controller: they would be fought without end. */
import type { Clock } from '../../std/clock.ts'
import { clampDuration, hours, plus, scale, seconds } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'

const firstWait = seconds(1)
const longestWait = hours(1)
const peace = hours(24)
/** So many times in a row somebody should look. */
const noticed = 5

/** The wait doubles each time, and begins anew after a day of peace. */
export class Pace {
  readonly #clock: Clock
  readonly #notice: (what: string) => void
  /** By uid: how often something was mended in a row, and when it may be mended again. */
  readonly #mends = new Map<string, { readonly count: number; readonly next: Instant }>()

  /** @param notice - told once, of what is changed time and again */
  constructor(clock: Clock, notice: (what: string) => void) {
    this.#clock = clock
    this.#notice = notice
  }

  /** @returns when it may be written again; undefined: now, and that counts */
  mayMend(uid: string, what: string): Instant | undefined {
    const now = this.#clock.now()
    const had = this.#mends.get(uid)
    if (had !== undefined && now < had.next) return had.next
    const isPeace = had === undefined || now > plus(had.next, peace)
    const count = isPeace ? 1 : had.count + 1
    const wait = clampDuration(scale(firstWait, 2 ** Math.min(count - 1, 20)), firstWait, longestWait)
    this.#mends.set(uid, { count, next: plus(now, wait) })
    if (count === noticed) this.#notice(what)
    return undefined
  }

  forget(uid: string): void {
    this.#mends.delete(uid)
  }
}
