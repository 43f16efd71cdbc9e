/** Distinguished names and general names as DER (RFC 5280 sections 4.1.2.4 and 4.2.1.6). */
import { AsnConvert, AsnUtf8StringConverter } from '@peculiar/asn1-schema'
import { AttributeTypeAndValue, AttributeValue, GeneralName, OtherName } from '@peculiar/asn1-x509'
import type { DistinguishedName, NameAttribute, Rdn, SubjectName } from '../domain/wanted.ts'
import { asDer } from '../std/bytes.ts'
import type { Der } from '../std/bytes.ts'
import { encodeElement, encodeSequence, encodeSetOf, tags } from './der.ts'

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

function encodeAttribute({ oid, value }: NameAttribute): Der {
  const attribute = new AttributeTypeAndValue({ type: oid, value: new AttributeValue(stringOf(oid, value)) })
  return asDer(new Uint8Array(AsnConvert.serialize(attribute)))
}

/** A value that the fixed syntax cannot spell goes out as UTF8String: a readable name is better than none. */
function stringOf(oid: string, value: string): Partial<AttributeValue> {
  const syntax = fixedSyntax[oid]
  if (syntax === 'printableString' && printable.test(value)) return { printableString: value }
  if (syntax === 'ia5String' && ascii.test(value)) return { ia5String: value }
  return { utf8String: value }
}

/** A DirectoryString: PrintableString where it can be, which old software reads best, otherwise UTF8String. */
export const encodeText = (value: string): Der =>
  encodeElement(printable.test(value) ? tags.printableString : tags.utf8String, Buffer.from(value, 'utf8'))

/** @param name - values as {@link SubjectName} says: canonical text, ASCII for all but `other` */
export function generalName(name: SubjectName): GeneralName {
  switch (name.type) {
    case 'dns':
      return new GeneralName({ dNSName: name.value })
    case 'ip':
      return new GeneralName({ iPAddress: name.value })
    case 'uri':
      return new GeneralName({ uniformResourceIdentifier: name.value })
    case 'email':
      return new GeneralName({ rfc822Name: name.value })
    case 'other':
      return new GeneralName({ otherName: new OtherName({ typeId: name.oid, value: utf8(name.value) }) })
  }
}

const utf8 = (value: string): ArrayBuffer => AsnUtf8StringConverter.toASN(value).toBER()
