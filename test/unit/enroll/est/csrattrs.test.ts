/** What a CA may wish of a request, in every form that there is (RFC 7030 section 4.5.2, RFC 8951, RFC 9908). */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { noWishes, readCsrAttributes } from '../../../../src/enroll/est/csrattrs.ts'
import { encodeElement, encodeOid, encodeSequence, encodeSetOf, encodeUnsigned, tags } from '../../../../src/pki/der.ts'
import { encodeName } from '../../../../src/pki/names.ts'
import { unwrap } from '../../../support/unwrap.ts'

const [ec, rsa, p256, p384] = ['1.2.840.10045.2.1', '1.2.840.113549.1.1.1', '1.2.840.10045.3.1.7', '1.3.132.0.34']
const extensionRequest = '1.2.840.113549.1.9.14'
const template = '1.2.840.113549.1.9.16.2.61'
const extensionTemplate = '1.2.840.113549.1.9.16.2.62'
const eku = '2.5.29.37'
const attribute = (type: string, ...values: readonly Uint8Array[]): Uint8Array =>
  encodeSequence(encodeOid(type), encodeSetOf(...values))

const numberOf = (value: number): Uint8Array => encodeUnsigned(Uint8Array.of(value >> 8, value & 255))

const templateOf = (...members: readonly Uint8Array[]): Uint8Array =>
  attribute(template, encodeSequence(numberOf(0), ...members))

describe('a wish', () => {
  it.each([
    ['for any EC key', encodeOid(ec), { key: { algorithm: 'ECDSA', size: undefined } }],
    ['for a curve', attribute(ec, encodeOid(p384)), { key: { algorithm: 'ECDSA', size: 384 } }],
    ['for a bare curve', encodeOid(p256), { key: { algorithm: 'ECDSA', size: 256 } }],
    ['for an RSA key of a size', attribute(rsa, numberOf(4096)), { key: { algorithm: 'RSA', size: 4096 } }],
    ['for an Ed25519 key', encodeOid('1.3.101.112'), { key: { algorithm: 'Ed25519', size: 0 } }],
    ['for a hash', encodeOid('2.16.840.1.101.3.4.2.2'), { hash: 'SHA-384' }],
    ['for a signature', encodeOid('1.2.840.10045.4.3.4'), { hash: 'SHA-512' }],
    ['for the channel', encodeOid('1.2.840.113549.1.9.7'), { bindsChannel: true }],
    ['for an attribute of the subject', encodeOid('2.5.4.5'), { subject: [{ oid: '2.5.4.5', value: '' }] }],
    [
      'for extensions as the example of RFC 7030 has them',
      attribute(extensionRequest, encodeOid(eku)),
      { extensions: [{ type: eku, value: undefined }] },
    ],
    ['that means nothing', encodeOid('1.3.6.1.1.1.1.22'), { unknown: ['1.3.6.1.1.1.1.22'] }],
    ['for an attribute as given', attribute('1.2.3.4', numberOf(7)), { attributes: [{ type: '1.2.3.4' }] }],
  ])('%s is read', (_words, item, expected) => {
    expect(unwrap(readCsrAttributes(encodeSequence(item)))).toMatchObject(expected)
  })

  it('for an extension may have its value, or leave it to us', () => {
    const given = encodeSequence(encodeOid(eku), encodeElement(tags.octetString, encodeSequence()))
    const open = encodeSequence(encodeOid('2.5.29.17'), encodeElement(tags.boolean, Uint8Array.of(255)))
    for (const type of [extensionRequest, extensionTemplate])
      expect(
        unwrap(readCsrAttributes(encodeSequence(attribute(type, encodeSequence(given, open))))).extensions,
      ).toMatchObject([
        { type: eku, critical: false, encoded: expect.anything() },
        { type: '2.5.29.17', critical: true, value: undefined },
      ])
  })
})

describe('a template', () => {
  const name = encodeName([[{ oid: '2.5.4.10', value: 'Plant' }], [{ oid: '2.5.4.3', value: '' }]])
  const key = encodeElement(0xa0, encodeSequence(encodeOid(ec), encodeOid(p384)))
  const extensions = attribute(extensionTemplate, encodeSequence(encodeSequence(encodeOid('2.5.29.17'))))

  it('says subject, key and extensions at once', () => {
    const wishes = unwrap(readCsrAttributes(encodeSequence(templateOf(name, key, encodeElement(0xa1, extensions)))))
    expect(wishes).toMatchObject({
      subject: [
        { oid: '2.5.4.10', value: 'Plant' },
        { oid: '2.5.4.3', value: '' },
      ],
      key: { algorithm: 'ECDSA', size: 384 },
      extensions: [{ type: '2.5.29.17', value: undefined }],
    })
  })

  it('wins over what stands beside it', () => {
    const all = encodeSequence(encodeOid(rsa), templateOf(key), attribute(rsa, numberOf(2048)))
    expect(unwrap(readCsrAttributes(all)).key).toEqual({ algorithm: 'ECDSA', size: 384 })
  })
})

describe('what is no list of wishes', () => {
  it('is none when it is empty', () => {
    expect(unwrap(readCsrAttributes(new Uint8Array()))).toEqual(noWishes)
    expect(unwrap(readCsrAttributes(encodeSequence()))).toEqual(noWishes)
  })

  it.each([
    ['another type', encodeSetOf()],
    ['an item of another type', encodeSequence(numberOf(1))],
    ['a template without a version', encodeSequence(attribute(template, encodeSequence()))],
    ['too many items', encodeSequence(...Array.from({ length: 101 }, () => encodeOid(ec)))],
    ['nested a hundred deep', Buffer.from(`${'3080'.repeat(100)}${'0000'.repeat(100)}`, 'hex')],
  ])('is refused with a clause: %s', (_words, bytes) => {
    expect(readCsrAttributes(bytes)).toMatchObject({ ok: false, error: expect.stringMatching(/\S/) })
  })

  it('gives a value or a clause, whatever it is', () => {
    const whole = encodeSequence(encodeOid(p256), attribute(rsa, numberOf(2048)), templateOf())
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(whole.length - 1), fc.nat(255), (raw, at, octet) => {
        const changed = Uint8Array.from(whole, (one, index) => (index === at ? octet : one))
        for (const bytes of [raw, whole.subarray(0, at), changed])
          expect(typeof readCsrAttributes(bytes).ok).toBe('boolean')
      }),
    )
  })
})
