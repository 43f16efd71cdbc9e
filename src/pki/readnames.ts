/**
 * Names as they stand in certificates. Nothing is dropped for being odd: a value of a type that is no text comes out as `#`
 * and its hex (RFC 4514 section 2.4), so that it equals nothing that was asked for.
 */
import type { DistinguishedName, NameAttribute, SubjectName } from '../domain/wanted.ts'
import { canonicalIp } from '../std/ip.ts'
import { sharedText } from '../std/shared.ts'
import type { DerElement } from './der.ts'
import { childrenOf, hexOf, Malformed, onlyChild, readOid } from './readder.ts'

const stringTags = {
  utf8: 0x0c,
  numeric: 0x12,
  printable: 0x13,
  teletex: 0x14,
  ia5: 0x16,
  visible: 0x1a,
  universal: 0x1c,
  bmp: 0x1e,
} as const

/** @param element - a Name */
export const readName = (element: DerElement | undefined, what: string): DistinguishedName =>
  childrenOf(element, what).map((rdn) => childrenOf(rdn, what).map((attribute) => readAttribute(attribute, what)))

function readAttribute(element: DerElement, what: string): NameAttribute {
  const [type, value] = childrenOf(element, what)
  return { oid: sharedText(readOid(type, what)), value: value === undefined ? '' : sharedText(readString(value)) }
}

function readString(element: DerElement): string {
  const bytes = Buffer.from(element.content)
  switch (element.tag) {
    case stringTags.utf8:
      return bytes.toString('utf8')
    case stringTags.printable:
    case stringTags.ia5:
    case stringTags.numeric:
    case stringTags.visible:
    // T.61 is used as Latin-1 by everybody who uses it
    case stringTags.teletex:
      return bytes.toString('latin1')
    case stringTags.bmp:
      return bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : hexValue(element)
    case stringTags.universal:
      return bytes.length % 4 === 0 ? fromUtf32(bytes) : hexValue(element)
    default:
      return hexValue(element)
  }
}

function fromUtf32(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) {
    const point = bytes.readUInt32BE(at)
    text += String.fromCodePoint(point > 0x10ffff ? 0xfffd : point)
  }
  return text
}

const hexValue = (element: DerElement): string => `#${hexOf(element.encoded)}`

/**
 * @param element - GeneralNames
 * @returns DNS, IP, URI, mail and other names in order. Directory names, X.400 addresses, EDI parties and registered
 *   identifiers, which no request of ours can hold, are passed over
 */
export const readGeneralNames = (element: DerElement, what: string): readonly SubjectName[] =>
  childrenOf(element, what).flatMap((name) => readGeneralName(name, what))

function readGeneralName(name: DerElement, what: string): readonly SubjectName[] {
  const text = (): string => sharedText(Buffer.from(name.content).toString('latin1'))
  switch (name.tag) {
    case 0xa0:
      return [readOtherName(name, what)]
    case 0x81:
      return [{ type: 'email', value: text() }]
    case 0x82:
      return [{ type: 'dns', value: text() }]
    case 0x86:
      return [{ type: 'uri', value: text() }]
    case 0x87:
      return [{ type: 'ip', value: addressText(name.content) }]
    case 0xa3:
    case 0xa4:
    case 0xa5:
    case 0x88:
      return []
    default:
      // OpenSSL puts a name in pieces together, which DER forbids: passing it over would hide it from policies.
      throw new Malformed(`its ${what} has a name of the tag ${name.tag}, which none has`)
  }
}

function readOtherName(name: DerElement, what: string): SubjectName {
  const [type, wrapped] = childrenOf(name, what)
  const value = onlyChild(wrapped?.content ?? new Uint8Array(), what)
  const text = value.tag === stringTags.utf8 ? readString(value) : hexValue(value)
  return { type: 'other', oid: readOid(type, what), value: text }
}

/** @param octets - 4 or 16; others come out as hex */
export function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  const groups = hexOf(octets).match(/.{4}/g) ?? []
  return (octets.length === 16 ? canonicalIp(groups.join(':')) : undefined) ?? `#${hexOf(octets)}`
}
