import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { berToDer } from '../../../../src/pki/cms/ber.ts'
import { encodeElement, encodeSequence, readElements, tags } from '../../../../src/pki/der.ts'
import { unwrap } from '../../../support/unwrap.ts'

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')
const made = (text: string): string => {
  const der = berToDer(hex(text))
  return der.ok ? Buffer.from(der.value).toString('hex') : der.error
}

describe('BER', () => {
  it.each([
    ['a sequence of indefinite length', '3080 020101 0000', '3003020101'],
    ['sequences of indefinite length in each other', '3080 3080 020101 0000 020102 0000', '30083003020101020102'],
    ['an octet string in pieces', '2480 040201020402 0304 0000', '040401020304'],
    ['an octet string in pieces of pieces', '2480 2404 0402 0102 0401 03 0000', '0403010203'],
    ['a bit string in pieces', '2308 0302 0001 0302 04f0', '03030401f0'],
    ['a length with zeros in front', '30 82 0003 020101', '3003020101'],
    ['a context tag of indefinite length', 'a080 0500 0000', 'a0020500'],
    ['a tag over several octets', 'bf8101 80 0500 0000', 'bf8101020500'],
    ['a string in pieces below a tag over several octets', 'a108 3f8163 04 3302 0000', 'a1063f8163021300'],
    ['blanks and zeros behind', '0500 0000 0a0d 20', '0500'],
  ])('with %s becomes DER', (_what, ber, der) => {
    expect(made(ber)).toBe(der)
  })

  it.each([
    ['nothing', '', 'it ends at octet 0'],
    ['an element that is cut off', '3003 0201', 'is longer than what holds it'],
    ['an indefinite length without an end', '3080 020101', 'it ends at octet 5'],
    ['a primitive element of indefinite length', '0280 01 0000', 'has no length'],
    ['a length of nine octets', '3089 000000000000000001 00', 'cannot be read'],
    ['a tag without an end', '1f ffffffffffffff', 'the tag at octet 0 cannot be read'],
    ['something behind', '0500 0500', '2 octets follow where it should end'],
  ])('with %s is a sentence', (_what, ber, sentence) => {
    expect(made(ber)).toContain(sentence)
  })

  it('whose elements lie a hundred deep in each other is refused', () => {
    const deep = (depth: number): Uint8Array => (depth === 0 ? hex('0500') : encodeSequence(deep(depth - 1)))
    expect(berToDer(deep(40)).ok).toBe(true)
    expect(berToDer(deep(100))).toEqual({ ok: false, error: 'its elements lie too deep in each other' })
    expect(berToDer(hex('3080'.repeat(50_000)))).toMatchObject({ ok: false })
  })

  it('of too many elements is refused', () => {
    const many = encodeElement(tags.sequence, ...Array.from({ length: 30_000 }, () => hex('0500')))
    expect(berToDer(many)).toEqual({ ok: false, error: 'it has more elements than any such message' })
  })
})

describe('DER', () => {
  const value: fc.Arbitrary<Uint8Array> = fc.letrec<{ element: Uint8Array }>((tie) => ({
    element: fc.oneof(
      { depthSize: 'small' },
      fc.uint8Array({ maxLength: 200 }).map((octets) => encodeElement(tags.octetString, octets)),
      fc.array(tie('element'), { maxLength: 5 }).map((parts) => encodeSequence(...parts)),
    ),
  })).element

  it('comes back octet for octet, and without being copied', () => {
    fc.assert(
      fc.property(value, (der) => {
        const same = unwrap(berToDer(der))
        expect(Buffer.compare(same, der)).toBe(0)
        expect(same.buffer).toBe(der.buffer)
      }),
    )
  })

  it('is what comes of anything that is taken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const der = berToDer(bytes)
        if (!der.ok) return expect(der.error).not.toBe('')
        expect(berToDer(der.value)).toEqual(der)
        if ((bytes[0] ?? 0) % 32 !== 31) expect(readElements(der.value)).toMatchObject({ ok: true })
      }),
    )
  })
})
