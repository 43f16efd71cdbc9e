/**
 * Joins and splits DER (ITU-T X.690) without decoding what lies inside. asn1-schema encodes the values; this file puts
 * encoded values together byte for byte, which a decode and re-encode does not promise and which is a hundred times
 * cheaper on the path that signs certificates.
 */
import { asDer } from '../std/bytes.ts'
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** One element of a DER structure. */
export interface DerElement {
  readonly tag: number
  /** The content octets. */
  readonly content: Uint8Array
  /** Tag, length and content. */
  readonly encoded: Der
}

/**
 * @param tag - identifier octet; low-tag-number form, as every structure of RFC 5280 uses
 * @param parts - content octets, joined
 */
export function encodeElement(tag: number, ...parts: readonly Uint8Array[]): Der {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const header = length < 0x80 ? [tag, length] : [tag, ...longLength(length)]
  const out = new Uint8Array(header.length + length)
  out.set(header)
  let at = header.length
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return asDer(out)
}

function longLength(length: number): readonly number[] {
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 | octets.length, ...octets]
}

/** A SEQUENCE of encoded elements. */
export const encodeSequence = (...parts: readonly Uint8Array[]): Der => encodeElement(tags.sequence, ...parts)

/** The BOOLEAN TRUE; FALSE is what DER leaves out. */
export const encodedTrue = encodeElement(tags.boolean, Uint8Array.of(0xff))

/** An INTEGER from the big-endian octets of a non-negative number. */
export function encodeUnsigned(octets: Uint8Array): Der {
  const start = octets.findIndex((octet) => octet !== 0)
  const digits = start < 0 ? Uint8Array.of(0) : octets.subarray(start)
  return (digits[0] ?? 0) < 0x80
    ? encodeElement(tags.integer, digits)
    : encodeElement(tags.integer, Uint8Array.of(0), digits)
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function encodeOid(dotted: string): Der {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt)
  return encodeElement(tags.oid, Uint8Array.from([first * 40n + second, ...rest].flatMap(base128)))
}

/** Groups of seven bits, all but the last marked as followed by more (X.690 section 8.19.2). */
function base128(arc: bigint): readonly number[] {
  const groups = [Number(arc & 0x7fn)]
  for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80)
  return groups
}

/** A SET OF encoded elements, in the order that DER asks for (X.690 section 11.6). */
export const encodeSetOf = (...parts: readonly Uint8Array[]): Der =>
  encodeElement(tags.set, ...[...parts].sort((a, b) => Buffer.compare(a, b)))

/**
 * A BIT STRING with named bits, without the zeros at its end (X.690 section 11.2.2).
 *
 * @param flags - bit n of the number is bit n of the string
 */
export function encodeNamedBits(flags: number): Der {
  const length = 32 - Math.clz32(flags)
  const octets = new Uint8Array(Math.ceil(length / 8))
  for (let bit = 0; bit < length; bit++) {
    if ((flags & (1 << bit)) !== 0) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  }
  return encodeElement(tags.bitString, Uint8Array.of(octets.length * 8 - length), octets)
}

/** A BIT STRING of whole octets. */
export const encodeBits = (octets: Uint8Array): Der => encodeElement(tags.bitString, Uint8Array.of(0), octets)

/**
 * A Time of RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050, whole seconds.
 *
 * @param at - a moment before the year 10000
 */
export function encodeTime(at: Instant): Der {
  const digits = toRfc3339(at).replace(/[-:T]/g, '')
  const year = Number(digits.slice(0, 4))
  return year >= 1950 && year < 2050
    ? encodeElement(tags.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : encodeElement(tags.generalizedTime, Buffer.from(digits, 'latin1'))
}

/**
 * Splits the content of a constructed element, one level deep.
 *
 * @param content - content octets, for example of a SEQUENCE
 * @returns the elements in order, or a sentence when the bytes are not DER
 */
export function readElements(content: Uint8Array): Result<readonly DerElement[], string> {
  const elements: DerElement[] = []
  let at = 0
  while (at < content.length) {
    const header = readHeader(content, at)
    if (header === undefined) return err(`the DER encoding is broken at octet ${at}`)
    const end = header.start + header.length
    if (end > content.length) return err(`the DER element at octet ${at} is longer than what holds it`)
    elements.push({
      tag: content[at] ?? 0,
      content: content.subarray(header.start, end),
      encoded: asDer(content.subarray(at, end)),
    })
    at = end
  }
  return ok(elements)
}

/** @returns where the content starts and how long it is, or undefined for lengths that DER does not know */
function readHeader(bytes: Uint8Array, at: number): { readonly start: number; readonly length: number } | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  if (first < 0x80) return { start: at + 2, length: first }
  const octets = first & 0x7f
  if (octets === 0 || octets > 4 || at + 2 + octets > bytes.length) return undefined
  const length = bytes.subarray(at + 2, at + 2 + octets).reduce((sum, octet) => sum * 256 + octet, 0)
  return { start: at + 2 + octets, length }
}
