/** Verdicts that are kept for a short time. Whoever asks while one is being reached waits for the same. */
import type { Clock } from '../std/clock.ts'
import { LatestMap } from '../std/latestmap.ts'
import type { Duration } from '../std/time.ts'

export interface RememberedOptions {
  /** How long a verdict counts. */
  readonly age: Duration
  /** How many are kept; the oldest goes first. */
  readonly most: number
}

interface Entry<T> {
  readonly value: Promise<T>
  readonly until: number
}

export class Remembered<T> {
  readonly #clock: Clock
  readonly #options: RememberedOptions
  readonly #entries: LatestMap<string, Entry<T>>

  constructor(clock: Clock, options: RememberedOptions) {
    this.#clock = clock
    this.#options = options
    this.#entries = new LatestMap(options.most)
  }

  /**
   * @param reach - called where there is no verdict, or an old one
   * @param keeps - whether the verdict is kept; one that was not reached at all never is
   */
  get(key: string, reach: () => Promise<T>, keeps: (value: T) => boolean = () => true): Promise<T> {
    const now = this.#clock.monotonic()
    const known = this.#entries.get(key)
    if (known !== undefined && known.until > now) return known.value
    const value = reach()
    const entry = { value, until: now + this.#options.age }
    const forget = (): void => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    }
    this.#entries.set(key, entry)
    void value.then((reached) => (keeps(reached) ? undefined : forget()), forget)
    return value
  }
}
