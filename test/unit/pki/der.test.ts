import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeSetOf,
  encodeTime,
  encodeUnsigned,
  readElements,
} from '../../../src/pki/der.ts'
import { onlyChild, readOid } from '../../../src/pki/readder.ts'
import { instant } from '../../../src/std/time.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('encodeElement', () => {
  it.each([
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ])('writes the shortest length for %i octets', (length, header) => {
    const encoded = encodeElement(0x04, new Uint8Array(length))
    expect(hex(encoded.subarray(0, header.length / 2))).toBe(header)
    expect(encoded.length).toBe(header.length / 2 + length)
  })

  it('is undone by readElements, for any contents', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (contents) => {
        const read = readElements(encodeSequence(...contents.map((content) => encodeElement(0x04, content))))
        if (!read.ok) throw new Error(read.error)
        const inner = readElements(read.value[0]?.content ?? new Uint8Array())
        if (!inner.ok) throw new Error(inner.error)
        expect(inner.value.map(({ content }) => hex(content))).toEqual(contents.map(hex))
      }),
    )
  })
})

describe('encodeUnsigned', () => {
  it.each([
    ['00', '020100'],
    ['000000', '020100'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['0001', '020101'],
    ['ff00', '020300ff00'],
  ])('writes %s as a positive INTEGER without needless octets', (octets, encoded) => {
    expect(hex(encodeUnsigned(Buffer.from(octets, 'hex')))).toBe(encoded)
  })
})

describe('encodeOid', () => {
  it.each([
    ['2.5.4.3', '0603550403'],
    ['1.2.840.113549.1.9.14', '06092a864886f70d01090e'],
    ['2.999.1', '0603883701'],
    ['2.25.329800735698586629295641978511506172918', '06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776'],
  ])('writes %s', (dotted, octets) => {
    expect(hex(encodeOid(dotted))).toBe(octets)
  })

  it('is undone by readOid, for any identifier', () => {
    const arcs = fc.array(fc.bigInt({ min: 0n, max: 2n ** 40n }), { maxLength: 10 })
    const root = fc.oneof(
      fc.tuple(fc.constantFrom(0n, 1n), fc.bigInt({ min: 0n, max: 39n })),
      fc.tuple(fc.constant(2n), fc.bigInt({ min: 0n, max: 2n ** 40n })),
    )
    fc.assert(
      fc.property(root, arcs, (first, rest) => {
        const dotted = [...first, ...rest].join('.')
        expect(readOid(onlyChild(encodeOid(dotted), 'test'), 'test')).toBe(dotted)
      }),
    )
  })
})

describe('encodeSetOf', () => {
  it('sorts by the encodings, a shorter one before what it begins', () => {
    const [a, b, ab] = ['a', 'b', 'ab'].map((text) => encodeElement(0x0c, Buffer.from(text)))
    if (a === undefined || b === undefined || ab === undefined) throw new Error('three texts give three elements')
    expect(hex(encodeSetOf(ab, b, a))).toBe(`310a${hex(a)}${hex(b)}${hex(ab)}`)
  })
})

describe('encodeTime', () => {
  it.each([
    ['2026-11-23T12:00:00Z', 0x17, '261123120000Z'],
    ['2049-12-31T23:59:59Z', 0x17, '491231235959Z'],
    ['2050-01-01T00:00:00Z', 0x18, '20500101000000Z'],
    ['1950-01-01T00:00:00Z', 0x17, '500101000000Z'],
    ['1949-12-31T23:59:59Z', 0x18, '19491231235959Z'],
    ['9999-12-31T23:59:59Z', 0x18, '99991231235959Z'],
  ])('writes %s in the type that RFC 5280 asks for', (text, tag, digits) => {
    const encoded = encodeTime(instant(Date.parse(text)))
    expect(encoded[0]).toBe(tag)
    expect(Buffer.from(encoded.subarray(2)).toString('latin1')).toBe(digits)
  })

  it('drops what is finer than a second', () => {
    expect(hex(encodeTime(instant(1_000_999)))).toBe(hex(encodeTime(instant(1_000_000))))
  })
})

describe('readElements', () => {
  it.each([
    ['a tag alone', '30'],
    ['a length beyond the end', '300502'],
    ['an indefinite length', '30800000'],
    ['a length of lengths beyond the end', '308201'],
    ['a length of five octets', '30850000000001ff'],
    ['a tag of several octets', '1f810100'],
  ])('says so in a sentence when the bytes are %s', (_words, octets) => {
    expect(readElements(Buffer.from(octets, 'hex'))).toEqual({ ok: false, error: expect.stringContaining('octet 0') })
  })

  it('gives a value for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const read = readElements(bytes)
        const joined = read.ok ? hex(Buffer.concat(read.value.map(({ encoded }) => encoded))) : hex(bytes)
        expect(joined).toBe(hex(bytes))
      }),
    )
  })
})
