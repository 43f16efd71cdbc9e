/** A network that lets nothing through, both ways or one way, until it heals: what was under way arrives then, late. */

export type Direction = 'requests' | 'answers' | 'both'

export class Partition {
  #closed: Direction | undefined
  #waiting: (() => void)[] = []

  /** @param direction - what no longer arrives */
  begin(direction: Direction = 'both'): void {
    this.#closed = direction
  }

  heal(): void {
    this.#closed = undefined
    for (const go of this.#waiting.splice(0)) go()
  }

  /** Resolves when a request may go on its way. */
  requests(): Promise<void> {
    return this.#pass('requests')
  }

  /** Resolves when an answer, or the next part of one, may go on its way. */
  answers(): Promise<void> {
    return this.#pass('answers')
  }

  async #pass(direction: Direction): Promise<void> {
    while (this.#closed === 'both' || this.#closed === direction)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}
