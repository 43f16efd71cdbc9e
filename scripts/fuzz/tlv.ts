/** Trees of tags, lengths and values, read with more patience than any parser under test has, and written back with right lengths. */

export interface Tlv {
  /** Identifier octets. */
  readonly tag: Uint8Array
  /** Octets before what is inside: the count of unused bits of a BIT STRING that holds an encoding. */
  readonly prefix: Uint8Array
  /** Children, or the content octets of a leaf. */
  readonly inside: readonly Tlv[] | Uint8Array
  readonly length: 'shortest' | 'wide' | 'indefinite'
}

const none = new Uint8Array()
const deepest = 40

/** @returns the elements, or undefined when the octets are not elements from the first to the last */
export function readTree(bytes: Uint8Array, depth = 0): readonly Tlv[] | undefined {
  if (depth > deepest) return undefined
  const found: Tlv[] = []
  for (let at = 0; at < bytes.length;) {
    const element = readOne(bytes, at, depth)
    if (element === undefined) return undefined
    found.push(element.tlv)
    at = element.end
  }
  return found
}

function readOne(
  bytes: Uint8Array,
  at: number,
  depth: number,
): { readonly tlv: Tlv; readonly end: number } | undefined {
  const tagEnd = endOfTag(bytes, at)
  const first = bytes[tagEnd] ?? 0x80
  // The indefinite form is written, but is not read back as such: it stays a leaf of its own.
  if (first === 0x80) return undefined
  const start = tagEnd + 1 + (first < 0x80 ? 0 : first & 0x7f)
  const length = first < 0x80 ? first : bytes.subarray(tagEnd + 1, start).reduce((sum, octet) => sum * 256 + octet, 0)
  const end = start + length
  if (end > bytes.length) return undefined
  const tag = bytes.subarray(at, tagEnd)
  const content = bytes.subarray(start, end)
  return { tlv: { tag, ...insideOf(tag[0] ?? 0, content, depth), length: 'shortest' }, end }
}

function endOfTag(bytes: Uint8Array, at: number): number {
  if (((bytes[at] ?? 0) & 0x1f) !== 0x1f) return at + 1
  let end = at + 1
  while (end < bytes.length && (bytes[end] ?? 0) >= 0x80) end += 1
  return end + 1
}

/** OCTET STRING and BIT STRING often hold encodings, and are looked into as well. */
function insideOf(tag: number, content: Uint8Array, depth: number): Pick<Tlv, 'prefix' | 'inside'> {
  const prefix = tag === 0x03 ? content.subarray(0, 1) : none
  const rest = content.subarray(prefix.length)
  const isWrapping = (tag & 0x20) !== 0 || ((tag === 0x03 || tag === 0x04) && rest.length > 4)
  const children = isWrapping ? readTree(rest, depth + 1) : undefined
  return children === undefined ? { prefix: none, inside: content } : { prefix, inside: children }
}

export function writeTree(tree: readonly Tlv[]): Uint8Array {
  return Buffer.concat(tree.map(writeOne))
}

function writeOne({ tag, prefix, inside, length }: Tlv): Uint8Array {
  const content = inside instanceof Uint8Array ? inside : writeTree(inside)
  const size = prefix.length + content.length
  if (length === 'indefinite') return Buffer.concat([tag, Buffer.of(0x80), prefix, content, Buffer.of(0, 0)])
  return Buffer.concat([tag, lengthOctets(size, length), prefix, content])
}

function lengthOctets(size: number, form: Tlv['length']): Uint8Array {
  if (form === 'wide') return Buffer.of(0x84, size >>> 24, size >>> 16, size >>> 8, size)
  if (size < 0x80) return Buffer.of(size)
  if (size < 0x100) return Buffer.of(0x81, size)
  return size < 0x10000 ? Buffer.of(0x82, size >>> 8, size) : Buffer.of(0x83, size >>> 16, size >>> 8, size)
}

/** How many elements there are, those inside others too. */
export const sizeOf = (tree: readonly Tlv[]): number =>
  tree.reduce((sum, { inside }) => sum + 1 + (inside instanceof Uint8Array ? 0 : sizeOf(inside)), 0)

/** @returns the element with a number, counted from the outside in, in the order of the encoding; undefined beyond the last */
export function elementAt(tree: readonly Tlv[], number: number): Tlv | undefined {
  let left = number
  for (const one of tree) {
    if (left === 0) return one
    const size = sizeOf([one])
    if (left < size) return one.inside instanceof Uint8Array ? undefined : elementAt(one.inside, left - 1)
    left -= size
  }
  return undefined
}

/** @returns the tree with other elements in place of the one with that number */
export function replaced(tree: readonly Tlv[], number: number, by: (element: Tlv) => readonly Tlv[]): readonly Tlv[] {
  let left = number
  return tree.flatMap((one) => {
    const size = sizeOf([one])
    const at = left
    left -= size
    if (at === 0) return by(one)
    if (at < 0 || at >= size || one.inside instanceof Uint8Array) return [one]
    return [{ ...one, inside: replaced(one.inside, at - 1, by) }]
  })
}
