/** Distinguished names and general names as DER (RFC 5280 sections 4.1.2.4 and 4.2.1.6). */
import type { DistinguishedName, NameAttribute, Rdn, SubjectName } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { ipOctets } from '../std/ip.ts'
import { encodeElement, encodeOid, encodeSequence, encodeSetOf, tags } from './der.ts'

/** Attribute types whose syntax RFC 5280 appendix A fixes; all others are DirectoryString and go out as UTF8String. */
const fixedSyntax: Readonly<Record<string, 'printableString' | 'ia5String'>> = {
  '2.5.4.5': 'printableString',
  '2.5.4.6': 'printableString',
  '2.5.4.46': 'printableString',
  '0.9.2342.19200300.100.1.25': 'ia5String',
  '1.2.840.113549.1.9.1': 'ia5String',
}

/** PrintableString's alphabet, X.680 section 41.4. */
const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/
const ascii = /^\p{ASCII}*$/u

/**
 * @param name - most general level first
 * @returns a Name; within a level the attributes are in the order that DER asks of a SET OF
 */
export const encodeName = (name: DistinguishedName): Der => encodeSequence(...name.map(encodeRdn))

const encodeRdn = (rdn: Rdn): Der => encodeSetOf(...rdn.map(encodeAttribute))

const encodeAttribute = ({ oid, value }: NameAttribute): Der =>
  encodeSequence(encodeOid(oid), encodeElement(tags[syntaxOf(oid, value)], Buffer.from(value, 'utf8')))

/** A value that the fixed syntax cannot spell goes out as UTF8String: a readable name is better than none. */
function syntaxOf(oid: string, value: string): 'printableString' | 'ia5String' | 'utf8String' {
  const syntax = fixedSyntax[oid]
  if (syntax === 'printableString' && printable.test(value)) return syntax
  return syntax === 'ia5String' && ascii.test(value) ? syntax : 'utf8String'
}

/** A DirectoryString: PrintableString where it can be, which old software reads best, otherwise UTF8String. */
export const encodeText = (value: string): Der =>
  encodeElement(printable.test(value) ? tags.printableString : tags.utf8String, Buffer.from(value, 'utf8'))

/** Context tags of GeneralName (RFC 5280 section 4.2.1.6). */
export const generalNameTags = { other: 0xa0, email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const

/** @param name - values as {@link SubjectName} says: canonical text, ASCII for all but `other` */
export function generalName(name: SubjectName): Der {
  switch (name.type) {
    case 'dns':
    case 'uri':
    case 'email':
      return encodeElement(generalNameTags[name.type], Buffer.from(name.value, 'latin1'))
    case 'ip':
      return encodeElement(generalNameTags.ip, ipOctets(name.value))
    case 'other': {
      const value = encodeElement(tags.utf8String, Buffer.from(name.value, 'utf8'))
      return encodeElement(generalNameTags.other, encodeOid(name.oid), encodeElement(0xa0, value))
    }
  }
}
