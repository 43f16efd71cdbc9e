import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { berToDer } from '../../../../src/pki/cms/ber.ts'
import { buildEnvelopedData, openEnvelopedData } from '../../../../src/pki/cms/envelopeddata.ts'
import type { Opened, Recipient } from '../../../../src/pki/cms/envelopeddata.ts'
import { encodeElement, encodeOid, encodeSequence, encodeSetOf, encodeUnsigned, tags } from '../../../../src/pki/der.ts'
import { asDer } from '../../../../src/std/bytes.ts'
import type { Result } from '../../../../src/std/result.ts'
import { SecretText } from '../../../../src/std/secret.ts'
import { openssl } from '../../../support/openssl.ts'
import { runForBytes } from '../../../support/opensslbytes.ts'
import { unwrap } from '../../../support/unwrap.ts'
import { person, shapes } from './people.ts'

const content = Buffer.from('what only one may read')
const ciphers = ['AES-128-CBC', 'AES-192-CBC', 'AES-256-CBC', 'DES-EDE3-CBC'] as const
const password = new SecretText('correct horse')

const text = (opened: Result<Opened, string>): string =>
  opened.ok ? Buffer.from(opened.value.content).toString() : opened.error

const curves = Object.entries(shapes).filter(([, { algorithm }]) => algorithm === 'ECDSA')

describe.each(ciphers)('an envelope with %s', (cipher) => {
  it('to an RSA key is what openssl opens, and what we open', async () => {
    const { key, certificate, files } = await person('reader', shapes['RSA 2048'])
    for (const transport of ['RSAES-PKCS1-v1_5', 'RSAES-OAEP'] as const) {
      const der = await buildEnvelopedData({
        content,
        recipients: [{ kind: 'certificate', certificate, transport }],
        cipher,
      })
      const args = ['cms', '-decrypt', '-inform', 'DER', '-in', 'm.der', '-recip', 'cert.pem', '-inkey', 'key.pem']
      expect(openssl(args, { ...files, 'm.der': der }).text).toBe(content.toString())
      const opened = openEnvelopedData(der, { kind: 'key', key, certificate })
      expect(opened).toMatchObject({ ok: true, value: { cipher, contentType: '1.2.840.113549.1.7.1' } })
      expect(text(opened)).toBe(content.toString())
    }
  })

  it('to a password is what openssl opens, and what we open', async () => {
    const der = await buildEnvelopedData({ content, recipients: [{ kind: 'password', password }], cipher })
    const args = ['cms', '-decrypt', '-inform', 'DER', '-in', 'm.der', '-pwri_password', password.reveal()]
    expect(openssl(args, { 'm.der': der }).text).toBe(content.toString())
    expect(text(openEnvelopedData(der, { kind: 'password', password }))).toBe(content.toString())
  })

  it('by openssl is what we open', async () => {
    const { key, certificate, files } = await person('reader', shapes['RSA 2048'])
    const der = runForBytes(
      ['cms', '-encrypt', `-${cipher.toLowerCase()}`, '-outform', 'DER', '-binary', '-in', 'content', 'cert.pem'],
      { ...files, content },
    )
    expect(text(openEnvelopedData(der, { kind: 'key', key, certificate }))).toBe(content.toString())
  })
})

describe.each(curves)('an envelope to a key on %s', (_name, shape) => {
  it('is what openssl opens, and what we open', async () => {
    const { key, certificate, files } = await person('reader', shape)
    const recipients: readonly Recipient[] = [{ kind: 'certificate', certificate }]
    const der = await buildEnvelopedData({ content, recipients, cipher: 'AES-256-CBC' })
    const args = ['cms', '-decrypt', '-inform', 'DER', '-in', 'm.der', '-recip', 'cert.pem', '-inkey', 'key.pem']
    expect(openssl(args, { ...files, 'm.der': der }).text).toBe(content.toString())
    expect(text(openEnvelopedData(der, { kind: 'key', key, certificate }))).toBe(content.toString())
  })

  it.each(['sha1', 'sha256', 'sha512'])('by openssl with a key derived by %s is what we open', async (hash) => {
    const { key, certificate, files } = await person('reader', shape)
    const der = runForBytes(
      [
        'cms',
        '-encrypt',
        '-aes128',
        '-outform',
        'DER',
        '-binary',
        '-in',
        'content',
        '-recip',
        'cert.pem',
        '-keyopt',
        `ecdh_kdf_md:${hash}`,
      ],
      { ...files, content },
    )
    expect(text(openEnvelopedData(der, { kind: 'key', key, certificate }))).toBe(content.toString())
  })
})

describe('what openssl encrypts', () => {
  it('with OAEP and its old default hash is opened', async () => {
    const { key, certificate, files } = await person('reader', shapes['RSA 2048'])
    const options = ['-recip', 'cert.pem', '-keyopt', 'rsa_padding_mode:oaep']
    const der = runForBytes(
      ['cms', '-encrypt', '-aes128', '-outform', 'DER', '-binary', '-in', 'content', ...options],
      {
        ...files,
        content,
      },
    )
    expect(text(openEnvelopedData(der, { kind: 'key', key, certificate }))).toBe(content.toString())
  })

  it('to a secret key is opened by it, and by no other', () => {
    const key = Buffer.alloc(32, 7)
    const id = Buffer.from('0102', 'hex')
    const options = ['-secretkey', key.toString('hex'), '-secretkeyid', '0102']
    const der = runForBytes(
      ['cms', '-encrypt', '-aes256', '-outform', 'DER', '-binary', '-in', 'content', ...options],
      { content },
    )
    expect(text(openEnvelopedData(der, { kind: 'symmetric', key, id }))).toBe(content.toString())
    expect(text(openEnvelopedData(der, { kind: 'symmetric', key }))).toBe(content.toString())
    for (const wrong of [
      { key: Buffer.alloc(32, 8), id },
      { key, id: Buffer.from('03', 'hex') },
      { key: Buffer.alloc(16, 7), id },
    ])
      expect(openEnvelopedData(der, { kind: 'symmetric', ...wrong }).ok).toBe(false)
  })

  it('to a password is opened', () => {
    const options = ['-pwri_password', password.reveal()]
    const der = runForBytes(
      ['cms', '-encrypt', '-aes256', '-outform', 'DER', '-binary', '-in', 'content', ...options],
      { content },
    )
    expect(text(openEnvelopedData(der, { kind: 'password', password }))).toBe(content.toString())
    expect(openEnvelopedData(der, { kind: 'password', password: new SecretText('wrong') }).ok).toBe(false)
  })

  const wrappedFor = ({ wrap, iterations }: { wrap: string; iterations: number }): Uint8Array => {
    const octets = (length: number): Uint8Array => encodeElement(tags.octetString, Buffer.alloc(length, 1))
    const count = encodeUnsigned(Uint8Array.of(iterations >> 16, iterations >> 8, iterations))
    const derivation = encodeElement(0xa0, encodeOid('1.2.840.113549.1.5.12'), encodeSequence(octets(8), count))
    const kek = encodeSequence(
      encodeOid('1.2.840.113549.1.9.16.3.9'),
      encodeSequence(encodeOid(wrap), octets(wrap === '1.3.14.3.2.7' ? 8 : 16)),
    )
    const recipient = encodeElement(0xa3, encodeUnsigned(Uint8Array.of(0)), derivation, kek, octets(32))
    const cipher = encodeSequence(encodeOid('2.16.840.1.101.3.4.1.2'), octets(16))
    const inside = encodeSequence(encodeOid('1.2.840.113549.1.7.1'), cipher, encodeElement(0x80, Buffer.alloc(16)))
    const envelope = encodeSequence(encodeUnsigned(Uint8Array.of(3)), encodeSetOf(recipient), inside)
    return encodeSequence(encodeOid('1.2.840.113549.1.7.3'), encodeElement(0xa0, envelope))
  }

  it('to a password is refused in words where the key is wrapped with DES, which OpenSSL 3 does not have', () => {
    const der = wrappedFor({ wrap: '1.3.14.3.2.7', iterations: 1 })
    const opened = openEnvelopedData(der, { kind: 'password', password }, { des: true })
    expect(text(opened)).toBe('its key is wrapped with DES, which anybody can break')
  })

  it('to a password is refused before it is derived by so many iterations that everything else would wait', () => {
    const der = wrappedFor({ wrap: '2.16.840.1.101.3.4.1.2', iterations: 200_001 })
    expect(text(openEnvelopedData(der, { kind: 'password', password }))).toContain('at most 200000 are made')
  })

  it('and authenticates with AES-GCM is opened, and refused once an octet has changed', async () => {
    const { key, certificate, files } = await person('reader', shapes['RSA 2048'])
    const args = ['cms', '-encrypt', '-aes-256-gcm', '-outform', 'DER', '-binary', '-in', 'content', 'cert.pem']
    const der = runForBytes(args, { ...files, content })
    expect(openEnvelopedData(der, { kind: 'key', key, certificate })).toMatchObject({
      value: { cipher: 'AES-256-GCM' },
    })
    const copy = Uint8Array.from(der)
    copy[copy.length - 20] = (copy[copy.length - 20] ?? 0) ^ 0x01
    expect(openEnvelopedData(copy, { kind: 'key', key, certificate }).ok).toBe(false)
  })

  it('in pieces of indefinite length is opened', async () => {
    const { key, certificate, files } = await person('reader', shapes['RSA 2048'])
    const long = Buffer.alloc(100_000, 'x')
    const args = ['cms', '-encrypt', '-aes128', '-stream', '-outform', 'DER', '-binary', '-in', 'content', 'cert.pem']
    const der = unwrap(berToDer(runForBytes(args, { ...files, content: long })))
    expect(text(openEnvelopedData(der, { kind: 'key', key, certificate }))).toBe(long.toString())
  })

  it('with single DES is opened only where the caller takes it', async () => {
    const { key, certificate, files } = await person('reader', shapes['RSA 2048'])
    const args = [
      'cms',
      '-encrypt',
      '-des',
      '-outform',
      'DER',
      '-binary',
      '-in',
      'content',
      '-provider',
      'legacy',
      '-provider',
      'default',
      'cert.pem',
    ]
    const der = runForBytes(args, { ...files, content })
    const opener = { kind: 'key', key, certificate } as const
    expect(text(openEnvelopedData(der, opener))).toBe('it is encrypted with DES, which anybody can break')
    expect(text(openEnvelopedData(der, opener, { des: true }))).toBe(content.toString())
  })
})

describe('an envelope for somebody else', () => {
  it.each(['RSA 2048', 'P-256'] as const)(
    'with a key of the kind %s stays closed, in the same words as a damaged one',
    async (name) => {
      const one = await person('one', shapes[name])
      const two = await person('two', shapes[name])
      const recipients = [{ kind: 'certificate', certificate: one.certificate }] as const
      const der = await buildEnvelopedData({ content, recipients, cipher: 'AES-128-CBC' })
      const other = text(openEnvelopedData(der, { kind: 'key', key: two.key, certificate: two.certificate }))
      const copy = Uint8Array.from(der)
      copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 0x80
      expect(other).toContain('it cannot be opened with our key')
      expect(text(openEnvelopedData(copy, { kind: 'key', key: one.key, certificate: one.certificate }))).toBe(other)
    },
  )
})

describe('whatever comes', () => {
  it('is opened or refused, never thrown', async () => {
    const { key, certificate } = await person('reader', shapes['P-256'])
    const rsa = await person('reader', shapes['RSA 2048'])
    const openers = [
      { kind: 'key', key, certificate },
      { kind: 'key', key: rsa.key, certificate: rsa.certificate },
      { kind: 'symmetric', key: new Uint8Array(16) },
    ] as const
    const whole = await Promise.all(
      [certificate, rsa.certificate].map((one) =>
        buildEnvelopedData({ content, recipients: [{ kind: 'certificate', certificate: one }], cipher: 'AES-128-CBC' }),
      ),
    )
    const damage = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(damage, fc.nat(600), fc.uint8Array({ maxLength: 100 }), (changes, length, noise) => {
        const damaged = whole.map((der) => Uint8Array.from(der))
        for (const copy of damaged) for (const [at, octet] of changes) copy[at] = octet
        for (const bytes of [...damaged, ...damaged.map((copy) => copy.subarray(0, length)), noise])
          for (const opener of openers) {
            const opened = openEnvelopedData(asDer(bytes), opener)
            expect(opened.ok ? '' : opened.error).toEqual(expect.any(String))
          }
      }),
    )
  })
})
