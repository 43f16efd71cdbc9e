/** Parts of certificates as they occur in the field and as nobody should make them, for certificates to be put together from. */
import { encodeElement, encodeNamedBits, encodeOid, encodeSequence, encodeUnsigned } from '../../../src/pki/der.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Dice } from '../dice.ts'

const text = (tag: number, value: string | Uint8Array): Der => encodeElement(tag, Buffer.from(value))
const hex = (octets: string): Buffer => Buffer.from(octets, 'hex')

/** INTEGERs: usual, negative, zero, of twenty octets and more, with zeros in front. */
const serials = [
  '01',
  '7f',
  '0080',
  '00ff',
  'ff',
  '80',
  '00',
  '0000',
  '000001',
  'ff01',
  '8000',
  '7fffffffffffffff',
].concat([
  '0123456789abcdef0123456789abcdef01234567',
  '00ffffffffffffffffffffffffffffffffffffffff',
  'ff'.repeat(20),
  '11'.repeat(60),
  '11'.repeat(61),
  '',
])

/** Times around what the two forms can say, and spellings that are none. */
const times: readonly (readonly [number, string])[] = [
  ...['260101000000Z', '491231235959Z', '500101000000Z', '000101000000Z', '991231235959Z', '240229000000Z'].map(
    (value) => [0x17, value] as const,
  ),
  ...[
    '20500101000000Z',
    '20491231235959Z',
    '99991231235959Z',
    '19491231235959Z',
    '19700101000000Z',
    '00010101000000Z',
  ].map((value) => [0x18, value] as const),
  ...['260230000000Z', '260431000000Z', '260101240000Z', '260101236000Z', '2601010000Z', '260101000000+0100', ''].map(
    (value) => [0x17, value] as const,
  ),
  ...['20260101000000.5Z', '20260101000000', '202601010000Z', '20250229000000Z'].map((value) => [0x18, value] as const),
]

/** Strings of every type, some with octets that the type does not have. */
const strings: readonly Der[] = [
  text(0x0c, 'plain'),
  text(0x0c, '\u00e4\u20ac\u{1f600}'),
  text(0x0c, hex('61ff62')),
  text(0x0c, 'nul\0inside'),
  text(0x0c, ''),
  text(0x13, 'printable'),
  text(0x13, 'not*printable@'),
  text(0x14, hex('e4f6fc')),
  text(0x16, 'ia5@example.com'),
  text(0x16, hex('e4')),
  text(0x12, '0123'),
  text(0x1a, 'visible'),
  text(0x1e, hex('00e420ac')),
  text(0x1e, hex('d83dde00')),
  text(0x1e, hex('00e4ff')),
  text(0x1e, hex('d800')),
  text(0x1c, hex('0001f600')),
  text(0x1c, hex('00110000')),
  text(0x1c, hex('000061')),
  text(0x03, hex('0061')),
  text(0x04, 'octets'),
  text(0x02, hex('05')),
  text(0x05, ''),
  encodeSequence(text(0x0c, 'inside')),
]

const types = ['2.5.4.3', '2.5.4.6', '2.5.4.10', '2.5.4.11', '2.5.4.5', '1.2.840.113549.1.9.1', '1.2.3.4', '2.999.1']

/** GeneralNames of all nine kinds. */
const generalNames: readonly Der[] = [
  text(0x82, 'www.example.com'),
  text(0x82, '*.example.com'),
  text(0x82, ''),
  text(0x82, 'a,DNS:b'),
  text(0x82, 'nul\0.example.com'),
  text(0x82, hex('e42e6465')),
  text(0x81, 'name@example.com'),
  text(0x86, 'spiffe://cluster.local/ns/a'),
  text(0x86, 'https://example.com/a"b'),
  text(0x87, hex('0a000001')),
  text(0x87, hex('20010db8000000000000000000000001')),
  text(0x87, hex('00000000000000000000ffff0a000001')),
  text(0x87, hex('00000000000000000000000000000000')),
  text(0x87, hex('00010000000000010001000000010001')),
  text(0x87, hex('0a0000')),
  text(0x88, hex('2a0304')),
  encodeElement(0xa0, encodeOid('1.3.6.1.4.1.311.20.2.3'), encodeElement(0xa0, text(0x0c, 'user@example.com'))),
  encodeElement(0xa0, encodeOid('1.3.6.1.5.5.7.8.9'), encodeElement(0xa0, text(0x0c, '\u00e4@example.com'))),
  encodeElement(0xa0, encodeOid('1.2.3.4'), encodeElement(0xa0, text(0x16, 'other'))),
  encodeElement(0xa4, encodeSequence(encodeElement(0x31, encodeSequence(encodeOid('2.5.4.3'), text(0x0c, 'dir'))))),
]

const purposes = [
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.2',
  '1.3.6.1.5.5.7.3.4',
  '2.5.29.37.0',
  '1.2.3.4',
  '1.3.6.1.4.1.311.10.3.3',
]

export function someSerial(dice: Dice): Der {
  return dice.oneIn(2) ? encodeUnsigned(Buffer.from(String(dice.below(1e9)))) : text(0x02, hex(dice.pick(serials)))
}

export const someTime = (dice: Dice): Der => text(...dice.pick(times))

export function someName(dice: Dice): Der {
  const attribute = (): Der => encodeSequence(encodeOid(dice.pick(types)), dice.pick(strings))
  const level = (): Der =>
    encodeElement(0x31, ...list(dice, dice.oneIn(5) ? 3 : 1, attribute).filter((one) => one.length > 0))
  return encodeSequence(...list(dice, 4, level))
}

function list(dice: Dice, most: number, make: () => Der): readonly Der[] {
  return Array.from({ length: most === 1 ? 1 : dice.below(most + 1) }, make)
}

type ExtensionMaker = (dice: Dice) => readonly [oid: string, value: Uint8Array]

const extensionMakers: readonly ExtensionMaker[] = [
  (dice) => ['2.5.29.17', encodeSequence(...list(dice, 5, () => dice.pick(generalNames)))],
  (dice) => ['2.5.29.15', encodeNamedBits(dice.below(512))],
  (dice) => ['2.5.29.15', text(0x03, hex(dice.pick(['', '00', '0700', '05a0', '07ffff', '08ff'])))],
  (dice) => ['2.5.29.37', encodeSequence(...list(dice, 4, () => encodeOid(dice.pick(purposes))))],
  (dice) => [
    '2.5.29.19',
    hex(dice.pick(['3000', '30030101ff', '30030101ff', '3003010100', '30060101ff020100', '3003010101'])),
  ],
  (dice) => ['2.5.29.19', hex(dice.pick(['3003020100', '0500', '30040101ff', '']))],
  (dice) => ['2.5.29.14', text(0x04, hex(dice.pick(['0102', 'ff'.repeat(20), ''])))],
  (dice) => ['2.5.29.35', encodeSequence(text(dice.pick([0x80, 0x80, 0x81]), hex('0102')))],
  () => ['1.2.3.4.5', text(0x0c, 'unknown')],
  () => ['2.5.29.54', text(0x02, hex('00'))],
]

/** Extensions in their tag; seldom the same twice, one in ten critical whether or not anybody knows it. */
export function someExtensions(dice: Dice): readonly Der[] {
  if (dice.oneIn(8)) return []
  const extension = (): Der => {
    const [oid, value] = dice.pick(extensionMakers)(dice)
    const critical = dice.oneIn(3) ? [text(0x01, hex(dice.oneIn(5) ? '01' : 'ff'))] : []
    return encodeSequence(encodeOid(oid), ...critical, text(0x04, value))
  }
  const made = list(dice, 5, extension)
  const once = new Map(made.map((one) => [Buffer.from(one.subarray(2, 9)).toString('hex'), one]))
  return [encodeElement(0xa3, encodeSequence(...(dice.oneIn(6) ? made : once.values())))]
}
