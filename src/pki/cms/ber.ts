/**
 * Makes DER of BER (X.690): lengths of indefinite form and strings in pieces, as many CAs send them. What is DER already comes
 * back as the same octets, so that signatures over parts of it still hold.
 */
import { asDer } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { encodeElement, tags } from '../der.ts'
import { Malformed, reading } from '../readder.ts'

export interface BerLimits {
  /** How deep elements may lie in each other. */
  readonly depth: number
  /** How many elements there may be. */
  readonly elements: number
}

const defaultLimits: BerLimits = { depth: 48, elements: 20_000 }

const constructed = 0x20

/** String types that BER lets be sent in pieces (section 8.7 and 8.14). */
const piecewise: ReadonlySet<number> = new Set([
  tags.octetString,
  tags.utf8String,
  tags.printableString,
  tags.ia5String,
  tags.bmpString,
])

interface Walk {
  readonly bytes: Uint8Array
  readonly depthLeft: number
  readonly budget: { elements: number }
}

interface Converted {
  readonly der: Uint8Array
  /** Where the next element starts. */
  readonly end: number
  /** The octets are those that came, and nothing had to be written anew. */
  readonly isAsItCame: boolean
}

interface Header {
  readonly tag: number
  /** Octets of the tag alone. */
  readonly tagOctets: Uint8Array
  readonly start: number
  /** Undefined for the indefinite form. */
  readonly length: number | undefined
}

/**
 * @param bytes - one element, perhaps followed by blanks or zeros; may be anything
 * @returns the element as DER, or a clause that says what is wrong
 */
export function berToDer(bytes: Uint8Array, limits: BerLimits = defaultLimits): Result<Der, string> {
  return reading(() => {
    const walk = { bytes, depthLeft: limits.depth, budget: { elements: limits.elements } }
    const { der, end } = convert(walk, 0, bytes.length)
    if (bytes.subarray(end).some((octet) => ![0, 9, 10, 13, 32].includes(octet)))
      throw new Malformed(`${bytes.length - end} octets follow where it should end`)
    return ok(asDer(der))
  })
}

function convert(walk: Walk, at: number, limit: number): Converted {
  const { bytes, depthLeft, budget } = walk
  budget.elements -= 1
  if (budget.elements < 0) throw new Malformed('it has more elements than any such message')
  const header = readHeader(bytes, at, limit)
  const { start, length } = header
  if ((header.tag & constructed) === 0) {
    if (length === undefined) throw new Malformed(`the primitive element at octet ${at} has no length`)
    const end = start + length
    return { der: bytes.subarray(at, end), end, isAsItCame: true }
  }
  if (depthLeft === 0) throw new Malformed('its elements lie too deep in each other')
  const { parts, end, areAsTheyCame } = children({ bytes, depthLeft: depthLeft - 1, budget }, header, limit)
  const simple = header.tag & ~constructed
  const anew = (der: Uint8Array): Converted => ({ der, end, isAsItCame: false })
  if (piecewise.has(simple)) return anew(encodeElement(simple, ...parts.map(contentOf)))
  if (simple === tags.bitString) return anew(joinedBits(parts))
  if (length !== undefined && areAsTheyCame && isShortest(header, at))
    return { der: bytes.subarray(at, end), end, isAsItCame: true }
  return anew(encodeTagged(header, parts))
}

interface Children {
  readonly parts: readonly Uint8Array[]
  readonly end: number
  readonly areAsTheyCame: boolean
}

/** The indefinite form ends with an end-of-contents element (section 8.1.5). */
function children(walk: Walk, { start, length }: Header, limit: number): Children {
  const parts: Uint8Array[] = []
  let areAsTheyCame = true
  const stop = length === undefined ? limit : start + length
  for (let at = start; ;) {
    if (length === undefined && isEndOfContents(walk.bytes, at, limit)) return { parts, end: at + 2, areAsTheyCame }
    if (length !== undefined && at >= stop) return { parts, end: stop, areAsTheyCame }
    const child = convert(walk, at, stop)
    parts.push(child.der)
    areAsTheyCame &&= child.isAsItCame
    at = child.end
  }
}

const isEndOfContents = (bytes: Uint8Array, at: number, limit: number): boolean =>
  at + 2 <= limit && bytes[at] === 0 && bytes[at + 1] === 0

function readHeader(bytes: Uint8Array, at: number, limit: number): Header {
  const tag = bytes[at]
  if (tag === undefined || at >= limit) throw new Malformed(`it ends at octet ${at}, in the middle of an element`)
  const afterTag = endOfTag(bytes, at, limit)
  const first = bytes[afterTag]
  if (first === undefined || afterTag >= limit) throw new Malformed(`it ends at octet ${afterTag}, before a length`)
  const tagOctets = bytes.subarray(at, afterTag)
  if (first === 0x80) return { tag, tagOctets, start: afterTag + 1, length: undefined }
  const octets = first < 0x80 ? 0 : first & 0x7f
  const start = afterTag + 1 + octets
  if (octets > 6 || start > limit) throw new Malformed(`the length at octet ${afterTag} cannot be read`)
  const length = octets === 0 ? first : bytes.subarray(afterTag + 1, start).reduce((sum, octet) => sum * 256 + octet, 0)
  if (start + length > limit) throw new Malformed(`the element at octet ${at} is longer than what holds it`)
  return { tag, tagOctets, start, length }
}

/** Tag numbers from 31 on go over several octets (section 8.1.2.4). */
function endOfTag(bytes: Uint8Array, at: number, limit: number): number {
  if (((bytes[at] ?? 0) & 0x1f) !== 0x1f) return at + 1
  for (let next = at + 1; next < Math.min(limit, at + 6); next++) if ((bytes[next] ?? 0) < 0x80) return next + 1
  throw new Malformed(`the tag at octet ${at} cannot be read`)
}

/** Whether the length was written as DER writes it. */
function isShortest({ tagOctets, start, length = 0 }: Header, at: number): boolean {
  const octets = start - at - tagOctets.length
  return octets === (length < 0x80 ? 1 : 1 + Math.ceil(Math.log2(length + 1) / 8))
}

function encodeTagged({ tag, tagOctets }: Header, parts: readonly Uint8Array[]): Uint8Array {
  const encoded = encodeElement(tag, ...parts)
  return tagOctets.length === 1 ? encoded : Buffer.concat([tagOctets, encoded.subarray(1)])
}

/** The content octets of DER. */
function contentOf(der: Uint8Array): Uint8Array {
  const { start } = readHeader(der, 0, der.length)
  return der.subarray(start)
}

/** Only the last piece may have unused bits (section 8.6.4). */
function joinedBits(parts: readonly Uint8Array[]): Uint8Array {
  const pieces = parts.map(contentOf)
  const unused = pieces.at(-1)?.subarray(0, 1) ?? Uint8Array.of(0)
  return encodeElement(tags.bitString, unused, ...pieces.map((piece) => piece.subarray(1)))
}
