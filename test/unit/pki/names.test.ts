import { describe, expect, it } from '@jest/globals'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Name } from '@peculiar/asn1-x509'
import fc from 'fast-check'
import type { NameAttribute } from '../../../src/domain/wanted.ts'
import { encodeName } from '../../../src/pki/names.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('encodeName', () => {
  it.each([
    ['a country as PrintableString', '2.5.4.6', 'DE', '1302'],
    ['a serial number as PrintableString', '2.5.4.5', '4711', '1304'],
    ['a domain component as IA5String', '0.9.2342.19200300.100.1.25', 'test', '1604'],
    ['a mail address as IA5String', '1.2.840.113549.1.9.1', 'a@b.c', '1605'],
    ['a common name as UTF8String', '2.5.4.3', 'a.test', '0c06'],
    ['a serial number beyond PrintableString as UTF8String', '2.5.4.5', 'a_b', '0c03'],
    ['a mail address beyond ASCII as UTF8String', '1.2.840.113549.1.9.1', 'ä@b', '0c04'],
  ])('writes %s', (_words, oid, value, header) => {
    expect(hex(encodeName([[{ oid, value }]]))).toContain(header + Buffer.from(value, 'utf8').toString('hex'))
  })

  it('writes the empty name as an empty sequence', () => {
    expect(hex(encodeName([]))).toBe('3000')
  })

  it('orders the attributes of one level as DER asks of a SET OF, whatever their order in the wish', () => {
    const attribute = fc.record({ oid: fc.constantFrom('2.5.4.3', '2.5.4.10'), value: fc.string({ minLength: 1 }) })
    fc.assert(
      fc.property(fc.array(attribute, { minLength: 2, maxLength: 4 }), (rdn) => {
        expect(hex(encodeName([rdn]))).toBe(hex(encodeName([rdn.toReversed()])))
      }),
    )
  })

  it('keeps the order of the levels and the text of each value', () => {
    const attribute: fc.Arbitrary<NameAttribute> = fc.record({
      oid: fc.constantFrom('2.5.4.3', '2.5.4.10', '2.5.4.5'),
      value: fc.string({ unit: 'grapheme' }),
    })
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 6 }), (attributes) => {
        const name = AsnConvert.parse(encodeName(attributes.map((one) => [one])), Name)
        const read = [...name].flatMap((rdn) =>
          [...rdn].map(({ type, value }) => ({ oid: type, value: value.toString() })),
        )
        expect(read).toEqual(attributes)
      }),
    )
  })
})
