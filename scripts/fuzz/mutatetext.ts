/** Changes text by its lines, its numbers and the characters that divide it. */
import { mutateBytes } from './mutatebytes.ts'
import type { Mutation } from './mutatebytes.ts'

/** Numbers at the ends of what programs count with, and spellings of numbers that are none. */
const numbers = ['0', '1', '-1', '9', '00', '255', '256', '65535', '65536', '2147483648', '4294967296'].concat([
  '9007199254740993',
  '18446744073709551616',
  '1e400',
  '0.0000001',
  '0x10',
  'NaN',
  'Infinity',
])

const dividers = [...' \t\r\n\0.,:;=/\\"\'[](){}<>*%&?#@-_+'].concat([
  '\r\n',
  '\n\n',
  '\u00e4',
  '\u20ac',
  '\ud83d\ude00',
  '\u212a',
])

/** Text that changes its length when its case is changed, or looks like other text. */
const latin = (input: Uint8Array): string => Buffer.from(input).toString('latin1')
const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1')

const number: Mutation = (input, { dice }) => {
  const text = latin(input)
  const found = [...text.matchAll(/\d+/g)]
  if (found.length === 0) return input
  const { index, 0: digits } = dice.pick(found)
  return octets(text.slice(0, index) + dice.pick(numbers) + text.slice(index + digits.length))
}

const line: Mutation = (input, { dice, other }) => {
  const lines = latin(input).split('\n')
  const at = dice.below(lines.length)
  const [changed] = dice.pick([
    () => [lines.toSpliced(at, 1)],
    () => [lines.toSpliced(at, 0, lines[dice.below(lines.length)] ?? '')],
    () => [lines.toSpliced(at, 0, dice.pick(latin(other()).split('\n')))],
    () => [lines.toSpliced(at, 1, `${lines[at] ?? ''}${lines[at] ?? ''}`)],
  ])()
  return octets((changed ?? lines).join('\n'))
}

const divider: Mutation = (input, { dice }) => {
  const at = dice.below(input.length + 1)
  return Buffer.concat([
    input.subarray(0, at),
    Buffer.from(dice.pick(dividers), 'utf8'),
    input.subarray(at + dice.below(2)),
  ])
}

const changeCase: Mutation = (input, { dice }) => {
  const at = dice.below(input.length)
  const end = at + 1 + dice.below(12)
  const text = latin(input)
  const part = text.slice(at, end)
  return octets(text.slice(0, at) + (dice.oneIn(2) ? part.toUpperCase() : part.toLowerCase()) + text.slice(end))
}

const own: readonly Mutation[] = [number, line, divider, divider, changeCase]

export const mutateText: Mutation = (input, tools) =>
  tools.dice.oneIn(2) ? mutateBytes(input, tools) : tools.dice.pick(own)(input, tools)
