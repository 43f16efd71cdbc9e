/** Small values that the messages are full of. */
import { encodeElement, encodeUnsigned, tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import { childrenOf, Malformed } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'

/**
 * @param element - an INTEGER of at most six octets: identifiers of requests, states, seconds
 * @throws Malformed for everything else
 */
export function integerOf(element: DerElement | undefined, what: string): number {
  const octets = element?.content ?? new Uint8Array()
  if (element?.tag !== tags.integer || octets.length === 0 || octets.length > 6)
    throw new Malformed(`its ${what} is no number that can be used`)
  const magnitude = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  return (octets[0] ?? 0) >= 0x80 ? magnitude - 256 ** octets.length : magnitude
}

/** @param value - a whole number from -1 up, below 2^31 */
export function encodeInteger(value: number): Der {
  if (value < 0) return encodeElement(tags.integer, Uint8Array.of(0xff))
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return encodeUnsigned(octets)
}

const mostTexts = 20

/** PKIFreeText: every line of it (RFC 9810 section 5.1.1). */
export const textsOf = (element: DerElement | undefined): readonly string[] =>
  element === undefined
    ? []
    : childrenOf(element, 'text')
        .slice(0, mostTexts)
        .map(({ content }) => Buffer.from(content).toString('utf8'))
