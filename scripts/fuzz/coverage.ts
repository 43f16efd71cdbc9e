/** Which counters an execution reached, and how often in powers of two: a feature is a counter with such a range. */

export interface Coverage {
  /** The counters that the instrumented program counts with. */
  readonly counters: Uint8Array
  /** To be called before each execution. */
  reset(): void
  /** @returns the features of the execution since the last reset, as numbers */
  features(): readonly number[]
  /** Whether it reached something that no execution before it did. Remembers what it saw. */
  isNew(): boolean
  /** How many features have been seen. */
  readonly seen: number
  /** How many counters have been reached. */
  readonly reached: number
}

/** The ranges of AFL: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more; as bits. */
const ranges = Uint8Array.from({ length: 256 }, (_, times) => (times === 0 ? 0 : 1 << rangeOf(times)))

function rangeOf(times: number): number {
  if (times <= 3) return times - 1
  if (times < 32) return 31 - Math.clz32(times) + 1
  return times < 128 ? 6 : 7
}

export function coverageOf(size: number): Coverage {
  const words = new Uint32Array(Math.ceil(size / 4))
  const counters = new Uint8Array(words.buffer)
  const known = new Uint8Array(counters.length)
  let [seen, reached] = [0, 0]
  return {
    counters,
    reset: () => void words.fill(0),
    features: () => {
      const found: number[] = []
      for (let at = 0; at < counters.length; at += 1)
        if (counters[at] !== 0) found.push(at * 8 + Math.log2(ranges[counters[at] ?? 0] ?? 1))
      return found
    },
    isNew: () => {
      let fresh = 0
      for (let word = 0; word < words.length; word += 1) {
        if (words[word] === 0) continue
        for (let at = word * 4; at < word * 4 + 4; at += 1) {
          const [range = 0, before = 0] = [ranges[counters[at] ?? 0], known[at]]
          if ((range & ~before) === 0) continue
          known[at] = before | range
          fresh += 1
          if (before === 0) reached += 1
        }
      }
      seen += fresh
      return fresh > 0
    },
    get seen() {
      return seen
    },
    get reached() {
      return reached
    },
  }
}
