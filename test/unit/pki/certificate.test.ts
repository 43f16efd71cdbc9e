import { rootCertificates } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { CertificateFacts } from '../../../src/domain/facts.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { encodeElement, encodeOid, encodeSequence, encodeUnsigned } from '../../../src/pki/der.ts'
import { sha256Hex } from '../../../src/pki/hash.ts'
import { readCertificates } from '../../../src/pki/pem.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { instant, toRfc3339 } from '../../../src/std/time.ts'
import { openssl } from '../../support/openssl.ts'
import { unwrap } from '../../support/unwrap.ts'

const factsOf = (der: Der): CertificateFacts => unwrap(certificateFacts(der))

interface Making {
  readonly key?: readonly string[]
  readonly subject?: string
  readonly extensions?: string
  readonly options?: readonly string[]
}

/** A certificate that openssl made, and its PEM. */
function make({
  key = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  subject = '/CN=a',
  extensions = '',
  options = [],
}: Making): Der {
  const config = `[req]\ndistinguished_name=dn\nutf8=yes\n[dn]\n[v3]\n${extensions}\n`
  const run = openssl(
    [
      'req -x509 -nodes -keyout k.pem -utf8 -config c.cnf -extensions v3 -newkey'.split(' '),
      key,
      '-subj',
      subject,
      options,
    ].flat(),
    { 'c.cnf': config },
  )
  const [der] = unwrap(readCertificates(run.text))
  if (der === undefined) throw new Error(run.text)
  return der
}

describe('the facts of a certificate', () => {
  it('name every alternative name, addresses in canonical form', () => {
    const der = make({
      extensions:
        'subjectAltName=DNS:A.Example.test,IP:192.0.2.1,IP:2001:DB8:0:0:0:0:0:1,IP:::ffff:192.0.2.1,URI:https://a.test/b,' +
        'email:Ops@a.test,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:mueller@a.test,otherName:1.2.3;IA5:odd,RID:1.2.3,dirName:dn',
    })
    expect(factsOf(der).names).toEqual([
      { type: 'dns', value: 'A.Example.test' },
      { type: 'ip', value: '192.0.2.1' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'ip', value: '::ffff:c000:201' },
      { type: 'uri', value: 'https://a.test/b' },
      { type: 'email', value: 'Ops@a.test' },
      { type: 'other', oid: '1.3.6.1.4.1.311.20.2.3', value: 'mueller@a.test' },
      { type: 'other', oid: '1.2.3', value: '#16036f6464' },
    ])
  })

  const usages: readonly (readonly [string, readonly string[]])[] = [
    ['keyUsage=digitalSignature', ['digital signature', 'signing']],
    ['keyUsage=critical,keyCertSign,cRLSign', ['cert sign', 'crl sign']],
    [
      'keyUsage=nonRepudiation,keyEncipherment,dataEncipherment,keyAgreement,encipherOnly',
      ['content commitment', 'key encipherment', 'data encipherment', 'key agreement', 'encipher only'],
    ],
    ['keyUsage=decipherOnly', ['decipher only']],
    ['extendedKeyUsage=serverAuth,clientAuth', ['server auth', 'client auth']],
    ['extendedKeyUsage=emailProtection,1.2.3.4', ['email protection', 's/mime', '1.2.3.4']],
    ['keyUsage=digitalSignature\nextendedKeyUsage=anyExtendedKeyUsage', ['digital signature', 'signing', 'any']],
    ['basicConstraints=CA:FALSE', []],
  ]
  it.each(usages)('read %s as %j', (extensions, names) => {
    expect(factsOf(make({ extensions })).usages).toEqual(names)
  })

  it.each([
    ['basicConstraints=critical,CA:TRUE', true],
    ['basicConstraints=critical,CA:TRUE,pathlen:0', true],
    ['basicConstraints=CA:FALSE', false],
    ['keyUsage=keyCertSign', false],
  ])('tell a CA by its basic constraints alone: %s', (extensions, isCA) => {
    expect(factsOf(make({ extensions })).isCA).toBe(isCA)
  })

  const keys: readonly (readonly [readonly string[], CertificateFacts['key']])[] = [
    [['rsa:2048'], { algorithm: 'RSA', size: 2048 }],
    [['rsa:1023'], { algorithm: 'RSA', size: 1023 }],
    [['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], { algorithm: 'ECDSA', size: 384 }],
    [['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'], { algorithm: 'ECDSA', size: 521 }],
    [['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], undefined],
    [['ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'], undefined],
    [['ed25519'], { algorithm: 'Ed25519', size: 0 }],
    [['ed448'], undefined],
  ]
  it.each(keys)('tell the key %j', (key, shape) => {
    expect(factsOf(make({ key })).key).toEqual(shape)
  })

  const hashes: readonly (readonly [Making, string])[] = [
    [{ options: ['-sha1'] }, 'sha1'],
    [{ options: ['-sha384'] }, 'sha384'],
    [{ key: ['rsa:2048'], options: ['-md5'] }, 'md5'],
    [{ key: ['rsa:2048'], options: ['-sha512'] }, 'sha512'],
    [{ key: ['rsa:2048'], options: ['-sha256', '-sigopt', 'rsa_padding_mode:pss'] }, 'sha256'],
    [{ key: ['rsa:2048'], options: ['-sha1', '-sigopt', 'rsa_padding_mode:pss'] }, 'sha1'],
    [{ key: ['ed25519'] }, 'none'],
  ]
  it.each(hashes)('tell the hash of the signature: %j', (making, hash) => {
    expect(factsOf(make(making)).signatureHash).toBe(hash)
  })

  it.each([
    ['1', '01'],
    ['127', '7F'],
    ['128', '80'],
    ['255', 'FF'],
    ['0x0102030405060708090a0b0c0d0e0f1011121314', '0102030405060708090A0B0C0D0E0F1011121314'],
    ['0', '00'],
    ['-1', '-01'],
    ['-129', '-81'],
  ])('write the serial number %s as openssl does', (serial, hex) => {
    const der = make({ options: ['-set_serial', serial] })
    expect(factsOf(der).serialNumber).toBe(hex)
    const printed = openssl(['x509', '-inform', 'DER', '-in', 'c.der', '-noout', '-serial'], { 'c.der': der }).text
    expect(printed.trim()).toBe(`serial=${factsOf(der).serialNumber}`)
  })

  it('link a certificate to its issuer by key identifiers', () => {
    const facts = factsOf(
      make({ extensions: 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always,issuer:always' }),
    )
    expect(facts.subjectKeyId).toMatch(/^[0-9a-f]{40}$/)
    expect(facts.authorityKeyId).toBe(facts.subjectKeyId)
    const without = factsOf(make({ extensions: 'subjectKeyIdentifier=none\nauthorityKeyIdentifier=none' }))
    expect([without.subjectKeyId, without.authorityKeyId]).toEqual([undefined, undefined])
  })

  it('keep the levels of a subject, and everything in them', () => {
    const der = make({ subject: '/DC=test/O=Müller, Söhne/CN=web+UID=4711', options: ['-multivalue-rdn'] })
    expect(factsOf(der).subject).toEqual([
      [{ oid: '0.9.2342.19200300.100.1.25', value: 'test' }],
      [{ oid: '2.5.4.10', value: 'Müller, Söhne' }],
      expect.arrayContaining([
        { oid: '2.5.4.3', value: 'web' },
        { oid: '0.9.2342.19200300.100.1.1', value: '4711' },
      ]),
    ])
    expect(factsOf(der).issuer).toEqual(factsOf(der).subject)
  })

  it('agree with node about every root certificate that node knows', () => {
    for (const pem of rootCertificates) {
      const theirs = new X509Certificate(pem)
      const ours = factsOf(asDer(theirs.raw))
      expect({
        fingerprint: ours.fingerprint,
        serialNumber: BigInt(`0x${ours.serialNumber}`),
        dates: [toRfc3339(ours.notBefore), toRfc3339(ours.notAfter)],
        isCA: ours.isCA,
        selfSigned: ours.selfSigned,
        size: ours.key?.algorithm === 'RSA' ? ours.key.size : undefined,
        publicKeyHash: ours.publicKeyHash,
      }).toEqual({
        fingerprint: theirs.fingerprint256.replaceAll(':', '').toLowerCase(),
        serialNumber: BigInt(`0x${theirs.serialNumber}`),
        dates: [theirs.validFrom, theirs.validTo].map((text) => toRfc3339(instant(Date.parse(text)))),
        isCA: theirs.ca,
        selfSigned: theirs.checkIssued(theirs),
        size: theirs.publicKey.asymmetricKeyDetails?.modulusLength,
        publicKeyHash: sha256Hex(theirs.publicKey.export({ type: 'spki', format: 'der' })),
      })
    }
  })
})

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
    'no end': [forged({ validity: encodeSequence(text(0x17, '260101000000Z')) }), /notAfter is not a time of RFC 5280/],
    'a 13th month': [
      forged({ validity: encodeSequence(text(0x17, '261301000000Z'), text(0x17, '270101000000Z')) }),
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
    whole = make({
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
