/** Work on one name happens one after another; on different names, at the same time. */
export class Lanes {
  readonly #ends = new Map<string, Promise<unknown>>()

  /** @returns what the work returns, once everything that was begun in the same lane before is over */
  async take<T>(lane: string, work: () => Promise<T>): Promise<T> {
    const before = this.#ends.get(lane) ?? Promise.resolve()
    const mine = before.then(work, work)
    const end = mine.then(
      () => undefined,
      () => undefined,
    )
    this.#ends.set(lane, end)
    try {
      return await mine
    } finally {
      if (this.#ends.get(lane) === end) this.#ends.delete(lane)
    }
  }
}
