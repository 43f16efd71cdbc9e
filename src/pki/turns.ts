/**
 * Takes turns at work that fills a thread for long. Node's thread pool has four threads, and file access, DNS and every
 * signature need them too: work that may take minutes must never hold all four.
 */
export interface TurnLimits {
  /** How many may work at once. */
  readonly all: number
  /** How many of these may be heavy, so that light work always finds its turn. */
  readonly heavy: number
}

export type Weight = 'light' | 'heavy'

interface Waiting {
  readonly weight: Weight
  readonly start: () => void
}

export class Turns {
  readonly #limits: TurnLimits
  readonly #waiting: Waiting[] = []
  readonly #working = { light: 0, heavy: 0 }

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }

  /** Does the work when its turn comes: first come, first served among those of one weight. */
  async take<T>(weight: Weight, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ weight, start })
      this.#startNext()
    })
    try {
      return await work()
    } finally {
      this.#working[weight] -= 1
      this.#startNext()
    }
  }

  #startNext(): void {
    const next = this.#waiting.findIndex(({ weight }) => this.#hasRoom(weight))
    const [waiting] = next < 0 ? [] : this.#waiting.splice(next, 1)
    if (waiting === undefined) return
    this.#working[waiting.weight] += 1
    waiting.start()
  }

  #hasRoom(weight: Weight): boolean {
    const { light, heavy } = this.#working
    return light + heavy < this.#limits.all && (weight === 'light' || heavy < this.#limits.heavy)
  }
}
