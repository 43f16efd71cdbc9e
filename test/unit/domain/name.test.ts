import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { attributeTypes, formatDistinguishedName, parseDistinguishedName } from '../../../src/domain/name.ts'
import type { DistinguishedName } from '../../../src/domain/wanted.ts'

const [cn, o, ou, c] = ['2.5.4.3', '2.5.4.10', '2.5.4.11', '2.5.4.6']

const readable: Readonly<Record<string, readonly [string, DistinguishedName]>> = {
  'the last level first, as it is encoded': [
    'CN=web,OU=Team,O=Example,C=FR',
    [
      [{ oid: c, value: 'FR' }],
      [{ oid: o, value: 'Example' }],
      [{ oid: ou, value: 'Team' }],
      [{ oid: cn, value: 'web' }],
    ],
  ],
  'several attributes of one level': [
    'CN=web+OU=Team,C=FR',
    [
      [{ oid: c, value: 'FR' }],
      [
        { oid: cn, value: 'web' },
        { oid: ou, value: 'Team' },
      ],
    ],
  ],
  'keywords in any case': [
    'cn=a,EMAILADDRESS=b',
    [[{ oid: '1.2.840.113549.1.9.1', value: 'b' }], [{ oid: cn, value: 'a' }]],
  ],
  'object identifiers': [
    '2.5.4.97=VAT,1.2.840.1=x',
    [[{ oid: '1.2.840.1', value: 'x' }], [{ oid: '2.5.4.97', value: 'VAT' }]],
  ],
  'spaces around separators': [' CN = a b , O= c ', [[{ oid: o, value: 'c' }], [{ oid: cn, value: 'a b' }]]],
  'lines broken after a separator': ['CN=a,\n  O=b', [[{ oid: o, value: 'b' }], [{ oid: cn, value: 'a' }]]],
  'escaped separators': [String.raw`CN=a\,b\+c\=d\"e\\`, [[{ oid: cn, value: 'a,b+c=d"e\\' }]]],
  'escaped spaces at both ends': [String.raw`CN=\ a\ `, [[{ oid: cn, value: ' a ' }]]],
  'a space escaped among unescaped ones': [String.raw`CN=a \  `, [[{ oid: cn, value: 'a  ' }]]],
  'an escaped number sign': [String.raw`CN=\#1`, [[{ oid: cn, value: '#1' }]]],
  'a number sign inside': ['CN=a#1', [[{ oid: cn, value: 'a#1' }]]],
  'an equals sign inside': ['CN=a=b', [[{ oid: cn, value: 'a=b' }]]],
  'octets of UTF-8 (RFC 4514 section 4)': [String.raw`CN=Lu\C4\8Di\C4\87`, [[{ oid: cn, value: 'Lučić' }]]],
  'the example with a carriage return (RFC 4514 section 4)': [
    String.raw`CN=Before\0dAfter,DC=example,DC=net`,
    [
      [{ oid: '0.9.2342.19200300.100.1.25', value: 'net' }],
      [{ oid: '0.9.2342.19200300.100.1.25', value: 'example' }],
      [{ oid: cn, value: 'Before\rAfter' }],
    ],
  ],
  'nothing as the empty name': ['', []],
}

const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
  'a value in hex': ['1.3.6.1.4.1.1466.0=#04024869', /character 20 is in hex/],
  'an unknown keyword': ['XX=1', /"XX" is no attribute type; use CN,/],
  'a keyword that objects inherit': ['constructor=1', /"constructor" is no attribute type/],
  'an attribute without a value': ['CN=,O=a', /CN at character 1 has no value/],
  'a value of spaces': ['CN=  ', /has no value/],
  'a separator at the end': ['CN=a,', /character 6 should begin an attribute/],
  'a separator at the beginning': [',CN=a', /character 1 should begin an attribute/],
  'two separators': ['CN=a,,O=b', /character 6 should begin an attribute/],
  'text without an equals sign': ['web.example.com', /character 1 should begin an attribute/],
  'an unescaped quotation mark': ['CN="a, b"', /character 4 \("\\""\) cannot stand there/],
  'an unescaped semicolon': ['CN=a;O=b', /character 5 \(";"\) cannot stand there/],
  'a backslash at the end': ['CN=a\\', /character 5 .* cannot stand there/],
  'an escape of an ordinary letter': [String.raw`CN=\zz`, /character 4 .* cannot stand there/],
  'octets that are not UTF-8': [String.raw`CN=a\FF`, /escapes at character 5 are not UTF-8/],
  'half a character in octets': [String.raw`CN=\C4`, /not UTF-8/],
  'NUL, plain': ['CN=a\0', /character 5 .* cannot stand there/],
  'NUL, escaped': [String.raw`CN=a\00b`, /not UTF-8 text without NUL/],
  'object identifiers outside the tree': ['3.1.1=a', /no attribute type/],
  'object identifiers with a leading zero': ['2.05.1=a', /no attribute type/],
  'object identifiers with giant arcs': ['2.5.99999999999=a', /no attribute type/],
  'a second arc above 39': ['1.40.1=a', /no attribute type/],
  'more than 64 attributes': [Array.from({ length: 65 }, () => 'CN=a').join('+'), /more than 64 attributes/],
  'more than 4096 characters': [`CN=${'a'.repeat(4100)}`, /4103 characters, and at most 4096/],
}

describe('parseDistinguishedName', () => {
  it.each(Object.entries(readable))('reads %s', (_words, [text, name]) => {
    expect(parseDistinguishedName(text)).toEqual({ ok: true, value: name })
  })

  it.each(Object.entries(refused))('refuses %s', (_words, [text, sentence]) => {
    expect(parseDistinguishedName(text)).toEqual({ ok: false, error: expect.stringMatching(sentence) })
  })

  it('gives a name or a short sentence for any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(fc.constantFrom('CN', 'O', '=', ',', '+', '\\', 'C4', '#', ' ', '"', '1.2.3', 'é'), { maxLength: 60 }),
    )
    fc.assert(
      fc.property(text, (input) => {
        const read = parseDistinguishedName(Array.isArray(input) ? input.join('') : input)
        expect(read.ok ? read.value.flat().every(({ value }) => value !== '') : read.error.length < 250).toBe(true)
      }),
    )
  })

  it('comes to an end on text made to stall readers that backtrack', () => {
    for (const text of [`CN=${' '.repeat(4090)}`, ' '.repeat(4096), 'C'.repeat(4096), `CN=${'\\C4'.repeat(1300)}`])
      expect(typeof parseDistinguishedName(text).ok).toBe('boolean')
  })
})

const oid = fc.oneof(
  fc.constantFrom(...attributeTypes.values()),
  fc.constantFrom('2.5.4.97', '1.3.6.1.4.1.311.60.2.1.3'),
)
const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const oddValue = fc.array(
  fc.constantFrom(' ', '#', '"', '+', ',', ';', '<', '>', '\\', '=', '\n', '\u0085', '\u2028', 'a'),
  {
    minLength: 1,
    maxLength: 8,
  },
)
const attribute = fc.record({
  oid,
  value: fc.oneof(
    value,
    oddValue.map((chars) => chars.join('')),
  ),
})
const anyName = fc.array(fc.array(attribute, { minLength: 1, maxLength: 3 }), { maxLength: 8 })

const asSets = (name: DistinguishedName): readonly (readonly string[])[] =>
  name.map((level) => level.map((one) => `${one.oid}=${one.value}`).sort())

describe('formatDistinguishedName', () => {
  it('writes what parseDistinguishedName reads, for any name', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const text = formatDistinguishedName(name)
        const read = parseDistinguishedName(text)
        if (!read.ok) throw new Error(`${text}: ${read.error}`)
        expect(asSets(read.value)).toEqual(asSets(name))
      }),
    )
  })

  it('writes one line without control characters, for any name', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(formatDistinguishedName(name)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
      }),
    )
  })

  it('gives the same text whatever the order of the attributes of a level', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(formatDistinguishedName(name.map((level) => level.toReversed()))).toBe(formatDistinguishedName(name))
      }),
    )
  })

  it.each([
    ['a keyword where there is one', [[{ oid: o, value: 'a' }]], 'O=a'],
    ['an object identifier where there is none', [[{ oid: '2.5.4.97', value: 'a' }]], '2.5.4.97=a'],
    ['the empty name as nothing', [], ''],
    ['NUL as octets', [[{ oid: cn, value: 'a\0b' }]], String.raw`CN=a\00b`],
  ])('writes %s', (_words, name, text) => {
    expect(formatDistinguishedName(name)).toBe(text)
  })
})
