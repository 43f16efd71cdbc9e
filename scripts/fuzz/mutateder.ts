/** Changes encodings element by element, so that the lengths around a change stay right and parsers get to see it. */
import { mutateBytes } from './mutatebytes.ts'
import type { Mutation, Tools } from './mutatebytes.ts'
import { elementAt, readTree, replaced, sizeOf, writeTree } from './tlv.ts'
import type { Tlv } from './tlv.ts'

const tagOctets = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1c, 0x1e].concat([
  0x24, 0x23, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x00, 0x1f,
])

type Change = (element: Tlv, tools: Tools) => readonly Tlv[]

const isLeaf = (element: Tlv): element is Tlv & { readonly inside: Uint8Array } => element.inside instanceof Uint8Array

const leaf = (tag: number, inside: Uint8Array): Tlv => ({
  tag: Uint8Array.of(tag),
  prefix: new Uint8Array(),
  inside,
  length: 'shortest',
})

/** An element from another input, or from this one. */
function foreign(tools: Tools): readonly Tlv[] {
  const tree = readTree(tools.other()) ?? []
  const found = elementAt(tree, tools.dice.below(sizeOf(tree)))
  return found === undefined ? [] : [found]
}

const remove: Change = () => []
const double: Change = (element) => [element, element]
const many: Change = (element, { dice }) =>
  Array.from({ length: 2 + dice.below(dice.oneIn(16) ? 300 : 5) }, () => element)
const retag: Change = (element, { dice }) => [{ ...element, tag: Uint8Array.of(dice.pick(tagOctets)) }]
const empty: Change = (element) => [{ ...element, prefix: new Uint8Array(), inside: new Uint8Array() }]
const wrap: Change = (element, { dice }) => [
  { tag: Uint8Array.of(dice.pick(tagOctets) | 0x20), prefix: new Uint8Array(), inside: [element], length: 'shortest' },
]
const unwrap: Change = (element) => (isLeaf(element) ? [] : (element.inside as readonly Tlv[]))
const swapIn: Change = (element, tools) => {
  const found = foreign(tools)
  return found.length === 0 ? [element] : found
}
const addForeign: Change = (element, tools) => [element, ...foreign(tools)]
const relength: Change = (element, { dice }) => [{ ...element, length: dice.oneIn(2) ? 'wide' : 'indefinite' }]
const wideTag: Change = (element, { dice }) => [
  { ...element, tag: Uint8Array.of((element.tag[0] ?? 0) | 0x1f, ...(dice.oneIn(2) ? [0x81] : []), dice.below(128)) },
]
const word: Change = (element, { dice, words }) =>
  isLeaf(element) && words.length > 0 ? [{ ...element, inside: dice.pick(words) }] : [element]
const boolean: Change = (element, { dice }) => [leaf(1, Uint8Array.of(dice.pick([0, 1, 0xff]))), element]

/** A string in pieces, as BER lets it be sent. */
const pieces: Change = (element, { dice }) => {
  if (!isLeaf(element)) return [element]
  const at = dice.below(element.inside.length + 1)
  const tag = element.tag[0] ?? 0
  const parts = [element.inside.subarray(0, at), element.inside.subarray(at)].map((part) => leaf(tag, part))
  return [
    { ...element, tag: Uint8Array.of(tag | 0x20), inside: parts, length: dice.oneIn(2) ? 'indefinite' : 'shortest' },
  ]
}

/** Depth, which costs parsers that call themselves their stack. */
const bury: Change = (element, { dice }) => {
  let buried = element
  for (let left = dice.pick([1, 2, 3, 3, 10, 60, 300]); left > 0; left -= 1)
    buried = { ...leaf(0x30, new Uint8Array()), inside: [buried], length: element.length }
  return [buried]
}

const content: Change = (element, tools) =>
  isLeaf(element) ? [{ ...element, inside: mutateBytes(element.inside, tools) }] : [element]

const shuffle: Change = (element, { dice }) => {
  if (isLeaf(element)) return [element]
  const children = element.inside as readonly Tlv[]
  const [from, to] = [dice.below(children.length), dice.below(children.length)]
  const moved = children.slice(from, from + 1)
  return [{ ...element, inside: children.toSpliced(from, 1).toSpliced(to, 0, ...moved) }]
}

/** What stands here twice happens twice as often. */
const changes: readonly Change[] = [content, content, content, content, word, word, remove, double, many]
  .concat([retag, retag, empty, wrap, unwrap, swapIn, swapIn, addForeign, addForeign, relength])
  .concat([wideTag, boolean, pieces, bury, shuffle])

/** Reading an input into a tree costs more than changing it, and the same ones come again and again. */
const trees = new WeakMap<Uint8Array, readonly Tlv[] | 'none'>()

function treeOf(input: Uint8Array): readonly Tlv[] | 'none' {
  const known = trees.get(input)
  if (known !== undefined) return known
  const tree = readTree(input)
  const kept = tree === undefined || tree.length === 0 ? 'none' : tree
  trees.set(input, kept)
  return kept
}

export const mutateDer: Mutation = (input, tools) => {
  const tree = tools.dice.oneIn(4) ? 'none' : treeOf(input)
  if (tree === 'none') return mutateBytes(input, tools)
  const change = tools.dice.pick(changes)
  return writeTree(replaced(tree, tools.dice.below(sizeOf(tree)), (element) => change(element, tools)))
}
