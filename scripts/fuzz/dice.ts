/** Randomness from a seed: the same seed and corpus give the same inputs in the same order. */
export interface Dice {
  /** A whole number from 0 up to and without `n`; 0 when `n` is 0. */
  below(n: number): number
  /** True once in `n` times. */
  oneIn(n: number): boolean
  /** One of them. @throws RangeError when there is none */
  pick<T>(from: ArrayLike<T>): T
}

/** @param seed - any number; mulberry32, which is quick and even enough for this */
export function diceOf(seed: number): Dice {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (n: number): number => Math.floor(next() * n)
  return {
    below,
    oneIn: (n) => below(n) === 0,
    pick: (from) => {
      const found = from[below(from.length)]
      if (found === undefined) throw new RangeError('there is nothing to pick from')
      return found
    },
  }
}
