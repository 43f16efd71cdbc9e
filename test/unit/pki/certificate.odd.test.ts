import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { CertificateFacts } from '../../../src/domain/facts.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { encodeElement, encodeOid, encodeSequence, encodeUnsigned } from '../../../src/pki/der.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { makeWithOpenssl } from '../../support/openssl-certificate.ts'
import { unwrap } from '../../support/unwrap.ts'

const factsOf = (der: Der): CertificateFacts => unwrap(certificateFacts(der))

const text = (tag: number, octets: string | Uint8Array): Der => encodeElement(tag, Buffer.from(octets))
const attribute = (value: Der): Der => encodeElement(0x31, encodeSequence(encodeOid('2.5.4.3'), value))
const algorithm = encodeSequence(encodeOid('1.2.840.10045.4.3.2'))
const validity = encodeSequence(text(0x17, '260101000000Z'), text(0x18, '20510101000000Z'))
const someKey = encodeSequence(encodeSequence(encodeOid('1.3.101.112')), text(0x03, Buffer.alloc(33)))
const extension = (oid: string, value: Uint8Array): Der => encodeSequence(encodeOid(oid), text(0x04, value))

interface Parts {
  readonly serial?: Der
  readonly inner?: Der
  readonly subject?: Der
  readonly validity?: Der
  readonly publicKey?: Der
  readonly extensions?: readonly Der[]
}

/** A certificate that no CA would make, unsigned. */
const forged = (parts: Parts): Der =>
  encodeSequence(
    encodeSequence(
      encodeElement(0xa0, encodeUnsigned(Uint8Array.of(2))),
      parts.serial ?? encodeUnsigned(Uint8Array.of(1)),
      parts.inner ?? algorithm,
      encodeSequence(attribute(text(0x0c, 'issuer'))),
      parts.validity ?? validity,
      parts.subject ?? encodeSequence(attribute(text(0x0c, 'subject'))),
      parts.publicKey ?? someKey,
      ...(parts.extensions === undefined ? [] : [encodeElement(0xa3, encodeSequence(...parts.extensions))]),
    ),
    algorithm,
    text(0x03, Buffer.alloc(9)),
  )

describe('an odd certificate', () => {
  it('is read when it has no extensions at all', () => {
    expect(factsOf(forged({}))).toMatchObject({ names: [], usages: [], isCA: false, selfSigned: false })
  })

  const strings: readonly (readonly [string, Der, string])[] = [
    ['PrintableString', text(0x13, 'a'), 'a'],
    ['T61String', text(0x14, Buffer.of(0xe4)), 'ä'],
    ['BMPString', text(0x1e, Buffer.from('ä€', 'utf16le').swap16()), 'ä€'],
    ['UniversalString', text(0x1c, Buffer.from('0001f600', 'hex')), '😀'],
    ['UniversalString beyond Unicode', text(0x1c, Buffer.from('ffffffff', 'hex')), '\ufffd'],
    ['broken UTF8String', text(0x0c, Buffer.of(0x61, 0xff)), 'a\ufffd'],
    ['UTF8String with NUL', text(0x0c, 'a\0b'), 'a\0b'],
    ['UTF8String with a byte order mark', text(0x0c, '\ufeffa'), '\ufeffa'],
    ['BMPString of odd length', text(0x1e, Buffer.of(0, 0x61, 0)), '#1e03006100'],
    ['BIT STRING', text(0x03, Buffer.of(0, 1)), '#03020001'],
  ]
  it.each(strings)('is read when a name is a %s', (_words, value, read) => {
    expect(factsOf(forged({ subject: encodeSequence(attribute(value)) })).subject).toEqual([
      [{ oid: '2.5.4.3', value: read }],
    ])
  })

  it('shows an address of a length that no address has', () => {
    const names = encodeSequence(text(0x87, Buffer.of(1, 2, 3)), text(0x82, 'a.test\0.evil.test'))
    expect(factsOf(forged({ extensions: [extension('2.5.29.17', names)] })).names).toEqual([
      { type: 'ip', value: '#010203' },
      { type: 'dns', value: 'a.test\0.evil.test' },
    ])
  })

  it('has a key of unknown kind where its RSA key is broken', () => {
    const broken = encodeSequence(
      encodeSequence(encodeOid('1.2.840.113549.1.1.1')),
      text(0x03, Buffer.of(0, 0x30, 0x80)),
    )
    expect(factsOf(forged({ publicKey: broken })).key).toBeUndefined()
  })

  const refused: Readonly<Record<string, readonly [Der, RegExp]>> = {
    'nothing at all': [asDer(Buffer.of()), /encoding cannot be read/],
    'no DER': [asDer(Buffer.from('hello world')), /cannot be read/],
    'an empty sequence': [encodeSequence(), /has no body/],
    'something after the end': [asDer(Buffer.concat([forged({}), Buffer.of(5, 0)])), /encoding cannot be read/],
    'a key in place of a certificate': [someKey, /not an X\.509 certificate/],
    'two signature algorithms': [
      forged({ inner: encodeSequence(encodeOid('1.3.101.112')) }),
      /two different signature algorithms/,
    ],
    'a serial number that is none': [forged({ serial: text(0x0c, '1') }), /no serial number/],
    'a serial number without octets': [forged({ serial: text(0x02, '') }), /no serial number/],
    'a serial number of a hundred octets': [forged({ serial: text(0x02, Buffer.alloc(100, 1)) }), /has 100 octets/],
    'no end': [forged({ validity: encodeSequence(text(0x17, '260101000000Z')) }), /notAfter is not a time of RFC 5280/],
    'a 13th month': [
      forged({ validity: encodeSequence(text(0x17, '261301000000Z'), text(0x17, '270101000000Z')) }),
      /notBefore is not a time/,
    ],
    'the 30th of February': [
      forged({ validity: encodeSequence(text(0x17, '260230000000Z'), text(0x17, '270101000000Z')) }),
      /notBefore is not a time/,
    ],
    'the 24th hour': [
      forged({ validity: encodeSequence(text(0x17, '260101240000Z'), text(0x17, '270101000000Z')) }),
      /notBefore is not a time/,
    ],
    'a time without seconds': [
      forged({ validity: encodeSequence(text(0x17, '2601010000Z'), text(0x17, '270101000000Z')) }),
      /notBefore is not a time/,
    ],
    'an extension twice': [
      forged({ extensions: [extension('2.5.29.17', encodeSequence()), extension('2.5.29.17', encodeSequence())] }),
      /extension 2\.5\.29\.17 twice/,
    ],
    'an extension without a value': [
      forged({ extensions: [encodeSequence(encodeOid('2.5.29.17'))] }),
      /2\.5\.29\.17 has no value/,
    ],
    'alternative names that are no DER': [
      forged({ extensions: [extension('2.5.29.17', Buffer.of(0x30, 5, 1))] }),
      /extension 2\.5\.29\.17 cannot be read/,
    ],
    'a name in pieces, which OpenSSL would put together': [
      forged({
        extensions: [
          extension('2.5.29.17', encodeSequence(encodeElement(0xa2, text(0x82, 'evil'), text(0x82, '.example.com')))),
        ],
      }),
      /has a name of the tag 162/,
    ],
    'a key usage in pieces': [
      forged({ extensions: [extension('2.5.29.15', encodeElement(0x23, text(0x03, Buffer.of(0, 4))))] }),
      /key usage is no string of bits/,
    ],
    'names that are no sequence': [
      forged({ extensions: [extension('2.5.29.17', text(0x04, text(0x82, 'a.test')))] }),
      /subject alternative name holds no elements/,
    ],
    'an other name without a value': [
      forged({ extensions: [extension('2.5.29.17', encodeSequence(encodeElement(0xa0, encodeOid('1.2.3'))))] }),
      /subject alternative name cannot be read/,
    ],
    'an object identifier without end': [
      forged({ extensions: [encodeSequence(text(0x06, Buffer.of(0x55, 0x9d)), text(0x04, ''))] }),
      /no readable object identifier/,
    ],
    'an object identifier of a thousand octets': [
      forged({ extensions: [encodeSequence(text(0x06, Buffer.alloc(1000, 1)), text(0x04, ''))] }),
      /no readable object identifier/,
    ],
  }
  it.each(Object.entries(refused))('is refused with a sentence when it has %s', (_words, [der, sentence]) => {
    expect(certificateFacts(der)).toEqual({ ok: false, error: expect.stringMatching(sentence) })
  })
})

describe('a hostile certificate', () => {
  let whole: Der
  beforeAll(() => {
    whole = makeWithOpenssl({
      key: ['rsa:1024'],
      extensions:
        'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nextendedKeyUsage=serverAuth\n' +
        'subjectAltName=DNS:a.test,IP:::1,otherName:1.2.3;UTF8:x\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid',
      options: ['-sha256', '-sigopt', 'rsa_padding_mode:pss'],
    })
  })

  it('gives facts or a short sentence, whatever octets are changed', () => {
    const change = fc.record({ at: fc.nat(900), octets: fc.uint8Array({ minLength: 1, maxLength: 4 }) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const der = Buffer.from(whole)
        for (const { at, octets } of changes)
          der.set(octets.subarray(0, Math.max(0, der.length - at)), Math.min(at, der.length - 1))
        const facts = certificateFacts(asDer(der))
        expect(facts.ok || /^\S.{5,200}$/.test(facts.error)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('gives facts or a short sentence, wherever it was cut', () => {
    for (let length = 0; length < whole.length; length += 1)
      expect(certificateFacts(asDer(whole.subarray(0, length)))).toEqual({ ok: false, error: expect.any(String) })
  })
})
