import { Heap } from '../../src/std/heap.ts'
import { instant, plus } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'

interface Item {
  readonly at: Instant
  readonly turn: number
  readonly run: () => void
}

/** More than the busiest world needs: whoever reaches it runs in circles. */
const mostEvents = 200_000

/** The one true time of the simulation, and all that is going to happen. Who has a wrong clock has it for himself. */
export class Agenda {
  readonly #items = new Heap<Item>((a, b) => (a.at === b.at ? a.turn < b.turn : a.at < b.at))
  #now: Instant
  #turns = 0
  #happened = 0

  constructor(start: Instant) {
    this.#now = start
  }

  get now(): Instant {
    return this.#now
  }

  /** @returns a function that takes it off the agenda again */
  at(when: Instant, run: () => void): () => void {
    const item = { at: when > this.#now ? instant(Math.round(when)) : this.#now, turn: this.#turns++, run }
    this.#items.push(item)
    return () => void this.#items.remove(item)
  }

  in(wait: Duration, run: () => void): () => void {
    return this.at(plus(this.#now, wait), run)
  }

  /** Lets everything happen that is due until then. */
  runUntil(end: Instant): void {
    for (let next = this.#items.peek(); next !== undefined && next.at <= end; next = this.#items.peek()) {
      this.#items.pop()
      this.#now = next.at
      if (++this.#happened > mostEvents) throw new Error('the world does not come to rest')
      next.run()
    }
    this.#now = end
  }
}
