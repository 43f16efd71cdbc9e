/** Distinguished names as text (RFC 4514). The text runs from the most specific level to the most general, the encoding back. */
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { DistinguishedName, NameAttribute, Rdn } from './wanted.ts'

/** Attribute types by the keyword that people write: those of RFC 4514 section 3, cert-manager's, and everyday ones. */
export const attributeTypes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    CN: '2.5.4.3',
    SN: '2.5.4.4',
    serialNumber: '2.5.4.5',
    C: '2.5.4.6',
    L: '2.5.4.7',
    ST: '2.5.4.8',
    STREET: '2.5.4.9',
    O: '2.5.4.10',
    OU: '2.5.4.11',
    T: '2.5.4.12',
    postalCode: '2.5.4.17',
    GN: '2.5.4.42',
    UID: '0.9.2342.19200300.100.1.1',
    DC: '0.9.2342.19200300.100.1.25',
    emailAddress: '1.2.840.113549.1.9.1',
  }),
)

const oidsByKeyword = new Map([...attributeTypes].map(([keyword, oid]) => [keyword.toUpperCase(), oid]))
const keywordsByOid = new Map([...attributeTypes].map(([keyword, oid]) => [oid, keyword]))

/** What a certificate carries is far less. Bounds, because text of a hundred characters has emptied the memory of other readers. */
const longestText = 4096
const mostAttributes = 64

/**
 * Reads a distinguished name. Spaces around `,`, `+` and `=` are passed over, as RFC 2253 section 4 asks of readers.
 *
 * @param text - RFC 4514, for example `CN=web,OU=Team+O=Example,C=FR`; keywords in any case, or dotted object identifiers
 * @returns the name in encoding order, or a clause that says what is wrong and at which character
 */
export function parseDistinguishedName(text: string): Result<DistinguishedName, string> {
  if (text.length > longestText) return err(`it has ${text.length} characters, and at most ${longestText} are read`)
  if (text.trim() === '') return ok([])
  const levels: Rdn[] = []
  let level: NameAttribute[] = []
  let at = 0
  for (let count = 0; count < mostAttributes; count += 1) {
    const attribute = readAttribute(text, at)
    if (!attribute.ok) return attribute
    const { value, end } = attribute.value
    level.push(value)
    if (text[end] !== '+') {
      levels.unshift(level)
      level = []
    }
    if (end >= text.length) return ok(levels)
    at = end + 1
  }
  return err(`it has more than ${mostAttributes} attributes`)
}

/** Something that was read, and the place after it. */
interface Read<T> {
  readonly value: T
  readonly end: number
}

function readAttribute(text: string, start: number): Result<Read<NameAttribute>, string> {
  const at = skip(text, start, /\s*/y)
  const [head = '', type = ''] = match(text, at, /([^\s=,+\\"]+)\s*=/y) ?? []
  if (type === '') return err(`character ${at + 1} should begin an attribute such as CN=name`)
  const oid = oidsByKeyword.get(type.toUpperCase()) ?? dottedOid(type)
  if (oid === undefined)
    return err(`"${type.slice(0, 32)}" is no attribute type; use ${keywords} or an object identifier`)
  const value = readValue(text, skip(text, at + head.length, / */y))
  if (!value.ok) return value
  if (value.value.value === '') return err(`the attribute ${type} at character ${at + 1} has no value`)
  return ok({ value: { oid, value: value.value.value }, end: value.value.end })
}

const keywords = [...attributeTypes.keys()].join(', ')

function match(text: string, at: number, form: RegExp): RegExpExecArray | null {
  form.lastIndex = at
  return form.exec(text)
}

const skip = (text: string, at: number, form: RegExp): number => at + (match(text, at, form)?.[0].length ?? 0)

/** Arcs up to 2^31 - 1, which every encoder can take; the first two as X.660 section A.5 allows them. */
function dottedOid(text: string): string | undefined {
  if (!/^([01]\.[1-3]?\d|2\.(0|[1-9]\d{0,9}))(\.(0|[1-9]\d{0,9})){1,20}$/.test(text)) return undefined
  return text.split('.').every((arc) => Number(arc) < 2 ** 31) ? text : undefined
}

/** Octets in hex, an escaped character, or a character that stands for itself (RFC 4514 section 3). */
const piece = /(?<octets>(?:\\[0-9A-Fa-f]{2})+)|\\(?<escaped>[ "#+,;<=>\\])|(?<plain>[^"+,;<>\\\0])/uy

function readValue(text: string, start: number): Result<Read<string>, string> {
  if (text[start] === '#')
    return err(`the value at character ${start + 1} is in hex, which is not read; write it as text`)
  let value = ''
  // where the value ends if nothing but unescaped spaces follows
  let kept = 0
  let at = start
  for (let found = match(text, at, piece); found !== null; found = match(text, at, piece)) {
    const { octets, escaped, plain } = found.groups ?? {}
    const part = octets === undefined ? (escaped ?? plain ?? '') : utf8FromHex(octets.replaceAll('\\', ''))
    if (part === undefined) return err(`the escapes at character ${at + 1} are not UTF-8 text without NUL`)
    value += part
    if (plain !== ' ') kept = value.length
    at += found[0].length
  }
  const next = text[at]
  if (next === undefined || next === ',' || next === '+') return ok({ value: value.slice(0, kept), end: at })
  return err(
    `character ${at + 1} (${JSON.stringify(next)}) cannot stand there; write a special character as \\ and itself`,
  )
}

function utf8FromHex(hex: string): string | undefined {
  if (/^(..)*?00/.test(hex)) return undefined
  try {
    const octets = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    return undefined
  }
}

/**
 * Writes a distinguished name on one line. The attributes of one level are a set and come in a fixed order, so that equal names
 * give equal text. Values under a dotted object identifier are written as text too, for people, where RFC 4514 would have hex.
 *
 * @param name - in encoding order
 * @returns text that {@link parseDistinguishedName} reads, unless a value is empty or holds a NUL
 */
export const formatDistinguishedName = (name: DistinguishedName): string =>
  name
    .toReversed()
    .map((level) => level.map(formatAttribute).sort().join('+'))
    .join(',')

const formatAttribute = ({ oid, value }: NameAttribute): string =>
  `${keywordsByOid.get(oid) ?? oid}=${escapeValue(value)}`

/** Control characters go out as octets, so that a name never breaks a line of a log. */
const escapeValue = (value: string): string =>
  value.replace(/["+,;<>\\]|^[ #]| $/g, '\\$&').replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, escapeOctets)

const escapeOctets = (char: string): string =>
  Array.from(new TextEncoder().encode(char), (octet) => `\\${octet.toString(16).padStart(2, '0')}`).join('')
