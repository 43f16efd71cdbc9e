/** Lists as they were answered, for a server that has not heard the news. */
import type { Reply } from './answers.ts'

interface Noted {
  readonly at: number
  readonly reply: Reply
}

/** So many of each path are kept. */
const most = 200

export class ListRecord {
  readonly #noted = new Map<string, Noted[]>()

  note(path: string, reply: Reply): void {
    if (reply.status !== 200) return
    const all = this.#noted.get(path) ?? []
    this.#noted.set(path, [...all, { at: performance.now(), reply }].slice(-most))
  }

  /** @returns the newest that is so many milliseconds old; the oldest where there is none; undefined where there never was one */
  asOf(path: string, age: number): Reply | undefined {
    const all = this.#noted.get(path) ?? []
    const then = performance.now() - age
    return (all.findLast(({ at }) => at <= then) ?? all[0])?.reply
  }
}
