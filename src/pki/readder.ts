/**
 * Reads values out of DER that somebody else made. What is malformed is thrown as {@link Malformed} inside `pki/` and becomes
 * a value where the reading started: a parser that checks forty places for one and the same answer would hide what it parses.
 */
import { err } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { fromRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { readElements, tags } from './der.ts'
import type { DerElement } from './der.ts'

/** Never leaves `pki/`: see {@link reading}. */
export class Malformed extends Error {}

/** @param read - may throw {@link Malformed}; every other exception is a bug and passes */
export function reading<T>(read: () => Result<T, string>): Result<T, string> {
  try {
    return read()
  } catch (error) {
    if (error instanceof Malformed) return err(error.message)
    throw error
  }
}

const constructed = 0x20

/** @returns the elements inside a constructed element; what is primitive has none (X.690 section 8.1.2.5) */
export function childrenOf(element: DerElement | undefined, what: string): readonly DerElement[] {
  if (element === undefined) throw new Malformed(`it has no ${what}`)
  if ((element.tag & constructed) === 0) throw new Malformed(`its ${what} holds no elements`)
  const children = readElements(element.content)
  if (!children.ok) throw new Malformed(`its ${what} cannot be read: ${children.error}`)
  return children.value
}

/** @returns the element inside an OCTET STRING or another wrapping of exactly one */
export function onlyChild(content: Uint8Array, what: string): DerElement {
  const children = readElements(content)
  const [only, ...others] = children.ok ? children.value : []
  if (only === undefined || others.length > 0) throw new Malformed(`its ${what} cannot be read`)
  return only
}

/** No object identifier in use comes near; what is longer is made to waste time. */
const longestOid = 128

/** @param element - an OBJECT IDENTIFIER, whatever its tag */
export function readOid(element: DerElement | undefined, what: string): string {
  const octets = element?.content ?? new Uint8Array()
  const last = octets.at(-1)
  if (last === undefined || last >= 0x80 || octets.length > longestOid)
    throw new Malformed(`its ${what} has no readable object identifier`)
  const arcs: bigint[] = []
  let arc = 0n
  for (const octet of octets) {
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    if (octet >= 0x80) continue
    arcs.push(arc)
    arc = 0n
  }
  const [first = 0n, ...rest] = arcs
  const root = first < 80n ? first / 40n : 2n
  return [root, first - root * 40n, ...rest].join('.')
}

const timeForms = {
  [tags.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
  [tags.generalizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
}

/** @param element - a Time as RFC 5280 section 4.1.2.5 has it: in UTC, with seconds, without fractions */
export function readTime(element: DerElement | undefined, what: string): Instant {
  const tag = element?.tag
  const form = tag === tags.utcTime || tag === tags.generalizedTime ? timeForms[tag] : undefined
  const text = Buffer.from(element?.content ?? []).toString('latin1')
  const [, year = '', month, day, hour, minute, second] = form?.exec(text) ?? []
  const century = year.length === 4 ? '' : Number(year) < 50 ? '20' : '19'
  const at = fromRfc3339(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (at === undefined) throw new Malformed(`its ${what} is not a time of RFC 5280`)
  return at
}

/** @returns lower-case hex */
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/**
 * The value of each extension. Two of one type are refused (RFC 5280 section 4.2): which one counts could not be told.
 *
 * @param field - Extensions in their explicit tag
 * @returns the octets inside extnValue, by object identifier
 */
export function extensionValues(field: DerElement): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>()
  for (const extension of childrenOf(onlyChild(field.content, 'extensions'), 'extensions')) {
    const parts = childrenOf(extension, 'extensions')
    const id = readOid(parts[0], 'extensions')
    // extnID, critical DEFAULT FALSE, extnValue
    const value = parts.at(-1)
    if (parts.length < 2 || value?.tag !== tags.octetString) throw new Malformed(`its extension ${id} has no value`)
    if (values.has(id)) throw new Malformed(`it has the extension ${id} twice`)
    values.set(id, value.content)
  }
  return values
}
