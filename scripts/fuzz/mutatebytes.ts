/** Changes octets without knowing what they mean. */
import type { Dice } from './dice.ts'

/** What inputs are changed with. */
export interface Tools {
  readonly dice: Dice
  readonly words: readonly Uint8Array[]
  /** Another input of the corpus. */
  readonly other: () => Uint8Array
  /** The longest input that may come out. */
  readonly longest: number
}

export type Mutation = (input: Uint8Array, tools: Tools) => Uint8Array

const interesting = [0, 1, 2, 0x0a, 0x0d, 0x20, 0x2d, 0x30, 0x39, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xc0, 0xfe, 0xff]

const spliced = (input: Uint8Array, at: number, { take, put }: { take: number; put: Uint8Array }): Uint8Array =>
  Buffer.concat([input.subarray(0, at), put, input.subarray(at + take)])

const put = (input: Uint8Array, at: number, octets: Uint8Array): Uint8Array =>
  spliced(input, at, { take: octets.length, put: octets })

/** Most chunks are short; some are as long as the input. */
function chunk(input: Uint8Array, { dice }: Tools): { readonly at: number; readonly chunk: Uint8Array } {
  const at = dice.below(input.length)
  const most = dice.oneIn(4) ? input.length - at : Math.min(16, input.length - at)
  return { at, chunk: input.subarray(at, at + 1 + dice.below(most)) }
}

const flipBit: Mutation = (input, { dice }) => {
  const at = dice.below(input.length)
  return put(input, at, Buffer.of((input[at] ?? 0) ^ (1 << dice.below(8))))
}

const setOctet: Mutation = (input, { dice }) =>
  put(input, dice.below(input.length), Buffer.of(dice.oneIn(2) ? dice.pick(interesting) : dice.below(256)))

const addToOctet: Mutation = (input, { dice }) => {
  const at = dice.below(input.length)
  return put(input, at, Buffer.of((input[at] ?? 0) + dice.below(35) - 17))
}

const setNumber: Mutation = (input, { dice }) => {
  const width = dice.pick([2, 3, 4])
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(dice.pick([0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0xffffff, 0x7fffffff, 0xffffffff]))
  return put(input, dice.below(input.length), octets.subarray(4 - width))
}

const remove: Mutation = (input, tools) => {
  const { at, chunk: taken } = chunk(input, tools)
  return spliced(input, at, { take: taken.length, put: new Uint8Array() })
}

const copyInto: Mutation = (input, tools) =>
  spliced(input, tools.dice.below(input.length + 1), { take: 0, put: chunk(input, tools).chunk })

const copyOver: Mutation = (input, tools) => put(input, tools.dice.below(input.length), chunk(input, tools).chunk)

/** Fills up the room there is: what costs more than its length shows by it. */
const repeat: Mutation = (input, tools) => {
  const { at, chunk: one } = chunk(input, tools)
  const room = Math.max(1, Math.floor((tools.longest - input.length) / one.length))
  const times = tools.dice.oneIn(24) ? room : Math.min(room, 1 + tools.dice.below(12))
  return spliced(input, at, { take: 0, put: Buffer.concat(Array.from({ length: times }, () => one)) })
}

const insertRandom: Mutation = (input, { dice }) => {
  const octets = Uint8Array.from({ length: 1 + dice.below(8) }, () => dice.below(256))
  return spliced(input, dice.below(input.length + 1), { take: 0, put: octets })
}

const insertWord: Mutation = (input, { dice, words }) =>
  words.length === 0 ? input : spliced(input, dice.below(input.length + 1), { take: 0, put: dice.pick(words) })

const overwriteWithWord: Mutation = (input, { dice, words }) =>
  words.length === 0 ? input : put(input, dice.below(input.length), dice.pick(words))

const cut: Mutation = (input, { dice }) => input.subarray(0, dice.below(input.length + 1))

const cross: Mutation = (input, tools) => {
  const other = tools.other()
  const [end, start] = [tools.dice.below(input.length + 1), tools.dice.below(other.length + 1)]
  return Buffer.concat([input.subarray(0, end), other.subarray(start)])
}

const takeOver: Mutation = (input, tools) => {
  const other = tools.other()
  if (other.length === 0) return input
  return spliced(input, tools.dice.below(input.length + 1), { take: 0, put: chunk(other, tools).chunk })
}

const all: readonly Mutation[] = [
  flipBit,
  setOctet,
  addToOctet,
  setNumber,
  remove,
  copyInto,
  copyOver,
  repeat,
  insertRandom,
  insertWord,
  overwriteWithWord,
  cut,
  cross,
  takeOver,
]

/** One change, whichever. Something comes out of nothing too. */
export const mutateBytes: Mutation = (input, tools) =>
  input.length === 0 ? insertRandom(input, tools) : tools.dice.pick(all)(input, tools)
