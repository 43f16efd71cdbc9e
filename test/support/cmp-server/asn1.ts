/** DER in the words of CMP's modules, where tags are explicit (RFC 9810 appendix F), and CRMF's, where they are implicit. */
import { encodeElement, encodeOid, encodeSequence, encodeUnsigned, readElements, tags } from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import { readOid } from '../../../src/pki/readder.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { toRfc3339 } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'

/** The elements inside; an empty list for what cannot be read. */
export function inside(element: Pick<DerElement, 'content'> | undefined): readonly DerElement[] {
  const read = readElements(element?.content ?? new Uint8Array())
  return read.ok ? read.value : []
}

export const elementOf = (der: Uint8Array): DerElement | undefined => inside({ content: der })[0]

/** What stands in an explicit tag. */
export const tagged = (elements: readonly DerElement[], tag: number): DerElement | undefined =>
  inside(elements.find((one) => one.tag === (0xa0 | tag)))[0]

export const explicit = (tag: number, ...content: readonly Uint8Array[]): Der => encodeElement(0xa0 | tag, ...content)

/** An implicit tag takes the place of the one that was there. */
export const retag = (tag: number, encoded: Uint8Array): Der => asDer(Buffer.from([tag, ...encoded.subarray(1)]))

/** An INTEGER; of the negative ones, those down to -128. */
export function integer(value: number): Der {
  if (value < 0) return encodeElement(tags.integer, Uint8Array.of(256 + value))
  const octets = Buffer.alloc(8)
  octets.writeBigUInt64BE(BigInt(value))
  return encodeUnsigned(octets)
}

/** @returns NaN where there is no INTEGER */
export function numberOf(element: DerElement | undefined): number {
  if (element?.tag !== tags.integer || element.content.length === 0) return Number.NaN
  return Number(BigInt.asIntN(element.content.length * 8, BigInt(`0x${hex(element.content)}`)))
}

export const octets = (bytes: Uint8Array): Der => encodeElement(tags.octetString, bytes)
export const utf8 = (text: string): Der => encodeElement(tags.utf8String, Buffer.from(text))
export const none = encodeElement(tags.null)
export const identifier = (id: string, ...parameters: readonly Uint8Array[]): Der =>
  encodeSequence(encodeOid(id), ...parameters)

export const generalizedTime = (at: Instant): Der =>
  encodeElement(tags.generalizedTime, Buffer.from(toRfc3339(at).replace(/[-:T]/g, ''), 'latin1'))

export const oidOf = (element: DerElement | undefined): string => {
  if (element === undefined || element.tag !== tags.oid) return ''
  return readOid(element, 'identifier')
}

/** The object identifier of an AlgorithmIdentifier. */
export const algorithmOf = (element: DerElement | undefined): string => oidOf(inside(element)[0])

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
