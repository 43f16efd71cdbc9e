/** What a fuzzer is aimed at. */

/** How inputs are changed: element by element, word by word, or octet by octet. The last happens to all of them at times. */
export type Form = 'der' | 'text' | 'bytes'

export interface FuzzTarget {
  /** What is read, and from whom; a phrase. */
  readonly about: string
  readonly form: Form
  /** The longest input, in octets. */
  readonly longest: number
  /** Words that mean something to the parser, beside the literals of its source. */
  readonly words?: readonly string[]
  /** CPU time that an input may take, where it is not the usual: for work that a message may ask for, within bounds. */
  readonly milliseconds?: number
  /**
   * Reads one input, and looks at whether what came of it keeps what the parser promises.
   *
   * @throws when a promise is broken. An input that is refused as the parser refuses things is no exception
   */
  readonly run: (input: Uint8Array) => void | Promise<void>
}

/** A promise that a parser broke. */
export class Broken extends Error {}

/** @throws Broken when it does not hold */
export function promise(holds: boolean, what: string): void {
  if (!holds) throw new Broken(what)
}
