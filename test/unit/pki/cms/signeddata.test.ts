import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { attribute } from '../../../../src/pki/cms/algorithms.ts'
import { berToDer } from '../../../../src/pki/cms/ber.ts'
import {
  buildCertificatesOnly,
  buildSignedData,
  certificatesOnly,
  readSignedData,
  verifySigner,
} from '../../../../src/pki/cms/signeddata.ts'
import type { SignedData } from '../../../../src/pki/cms/signeddata.ts'
import { encodeElement, encodeOid, tags } from '../../../../src/pki/der.ts'
import type { HashName } from '../../../../src/pki/key.ts'
import { asDer } from '../../../../src/std/bytes.ts'
import type { Der } from '../../../../src/std/bytes.ts'
import type { Result } from '../../../../src/std/result.ts'
import { openssl } from '../../../support/openssl.ts'
import { runForBytes } from '../../../support/opensslbytes.ts'
import { unwrap } from '../../../support/unwrap.ts'
import { person, shapes } from './people.ts'
import type { Person } from './people.ts'

const content = Buffer.from('what is to be signed')

const sign = ({ key, certificate }: Person, hash: HashName = 'SHA-256'): Promise<Der> =>
  buildSignedData({ content, signer: { key, certificate }, hash, certificates: [certificate] })

function check(signed: SignedData, { certificate }: Pick<Person, 'certificate'>, allow = {}): Result<void, string> {
  const [signer] = signed.signers
  if (signer === undefined) throw new Error('nobody signed')
  return verifySigner({ signed, signer, certificate, allow })
}

/** OpenSSL 3.0 cannot sign CMS with Ed25519 (RFC 8419). */
const judged = Object.entries(shapes).filter(([name]) => name !== 'Ed25519')

describe.each(judged)('a signature with %s', (_name, shape) => {
  it('is what openssl takes, and what we take', async () => {
    const signer = await person('signer', shape)
    const der = await sign(signer)
    const verdict = openssl(
      ['cms', '-verify', '-inform', 'DER', '-in', 'message.der', '-CAfile', 'cert.pem', '-purpose', 'any', '-binary'],
      { ...signer.files, 'message.der': der },
    )
    expect(verdict.text).toContain(content.toString())
    const signed = unwrap(readSignedData(der))
    expect(check(signed, signer)).toEqual({ ok: true })
    expect(Buffer.from(signed.content ?? [])).toEqual(content)
    expect(signed.certificates).toHaveLength(1)
  })

  it('by openssl is what we take', async () => {
    const signer = await person('signer', shape)
    const der = runForBytes(
      [
        'cms',
        '-sign',
        '-outform',
        'DER',
        '-in',
        'content',
        '-signer',
        'cert.pem',
        '-inkey',
        'key.pem',
        '-nodetach',
        '-binary',
        '-nosmimecap',
        '-md',
        'sha384',
      ],
      { ...signer.files, content },
    )
    const signed = unwrap(readSignedData(unwrap(berToDer(der))))
    expect(signed.signers[0]?.identifies(signer.certificate)).toBe(true)
    expect(check(signed, signer)).toEqual({ ok: true })
  })
})

it('is made and taken with Ed25519', async () => {
  const signer = await person('signer', shapes.Ed25519)
  expect(check(unwrap(readSignedData(await sign(signer, 'SHA-512'))), signer)).toEqual({ ok: true })
})

describe('what openssl signs', () => {
  it.each([
    ['in pieces of indefinite length', ['-stream']],
    ['with RSA-PSS', ['-keyopt', 'rsa_padding_mode:pss', '-md', 'sha256']],
    ['naming the signer by its key', ['-keyid']],
    ['without attributes', ['-noattr']],
  ])('%s is read', async (_what, options) => {
    const signer = await person('signer', shapes['RSA 2048'])
    const der = runForBytes(
      [
        'cms',
        '-sign',
        '-outform',
        'DER',
        '-in',
        'content',
        '-signer',
        'cert.pem',
        '-inkey',
        'key.pem',
        '-nodetach',
        '-binary',
        ...options,
      ],
      { ...signer.files, content },
    )
    const signed = unwrap(readSignedData(unwrap(berToDer(der))))
    expect(signed.signers[0]?.identifies(signer.certificate)).toBe(true)
    expect(Buffer.from(signed.content ?? [])).toEqual(content)
    expect(check(signed, signer)).toEqual({ ok: true })
  })

  it.each([
    ['SHA-1', 'sha1', { sha1: true }],
    ['MD5', 'md5', { md5: true }],
  ])('with %s counts only where the caller takes it', async (hash, md, allow) => {
    const signer = await person('signer', shapes['RSA 2048'])
    const der = runForBytes(
      [
        'cms',
        '-sign',
        '-outform',
        'DER',
        '-in',
        'content',
        '-signer',
        'cert.pem',
        '-inkey',
        'key.pem',
        '-nodetach',
        '-binary',
        '-md',
        md,
      ],
      { ...signer.files, content },
    )
    const signed = unwrap(readSignedData(unwrap(berToDer(der))))
    expect(check(signed, signer)).toEqual({ ok: false, error: `it is signed with ${hash}, which can be forged` })
    expect(check(signed, signer, allow)).toEqual({ ok: true })
  })
})

describe('a signature does not hold', () => {
  it('for the certificate of somebody else', async () => {
    const signed = unwrap(readSignedData(await sign(await person('signer', shapes['P-256']))))
    const other = await person('signer', shapes['P-256'])
    expect(signed.signers[0]?.identifies(other.certificate)).toBe(false)
    expect(check(signed, other)).toMatchObject({ ok: false })
    expect(check(signed, await person('signer', shapes['RSA 2048']))).toMatchObject({ ok: false })
  })

  it('for other content', async () => {
    const signer = await person('signer', shapes['P-256'])
    const signed = unwrap(readSignedData(await sign(signer)))
    const changed = { ...signed, content: Buffer.from('something else') }
    expect(check(changed, signer)).toEqual({ ok: false, error: 'its content is not what was signed' })
    expect(check({ ...signed, contentType: '1.2.3' }, signer)).toEqual({
      ok: false,
      error: 'its content is of another type than was signed',
    })
    expect(check({ ...signed, content: undefined }, signer)).toMatchObject({ ok: false })
  })

  it('once any octet of what it covers has changed', async () => {
    const signer = await person('signer', shapes['P-256'])
    const der = await sign(signer)
    const original = unwrap(readSignedData(der))
    const survivors = Array.from(der.keys()).filter((at) => {
      const copy = Uint8Array.from(der)
      copy[at] = (copy[at] ?? 0) ^ 0x01
      const read = readSignedData(copy)
      if (!read.ok || read.value.signers.length !== 1 || !check(read.value, signer).ok) return false
      return (
        read.value.contentType !== original.contentType ||
        Buffer.compare(read.value.content ?? new Uint8Array(), content) !== 0 ||
        JSON.stringify([...(read.value.signers[0]?.attributes ?? [])]) !==
          JSON.stringify([...(original.signers[0]?.attributes ?? [])])
      )
    })
    expect(survivors).toEqual([])
  })
})

describe('signed attributes', () => {
  it('arrive as they were given', async () => {
    const { key, certificate } = await person('signer', shapes['P-256'])
    const value = encodeElement(tags.printableString, Buffer.from('42'))
    const der = await buildSignedData({
      content,
      signer: { key, certificate },
      hash: 'SHA-512',
      signedAttributes: [attribute('1.2.3.4', value)],
      certificates: [],
    })
    const signed = unwrap(readSignedData(der))
    expect(signed.signers[0]?.attributes.get('1.2.3.4')).toEqual([value])
    expect(check(signed, { certificate })).toEqual({ ok: true })
  })

  it('of which two have one type are refused', () => {
    const twice = encodeElement(tags.sequence, encodeOid('1.2.3'), encodeElement(tags.set))
    const signer = encodeElement(
      tags.sequence,
      encodeElement(tags.integer, Uint8Array.of(1)),
      encodeElement(0x80),
      encodeElement(tags.sequence, encodeOid('1.2')),
      encodeElement(0xa0, twice, twice),
      encodeElement(tags.sequence, encodeOid('1.2')),
      encodeElement(tags.octetString),
    )
    const inner = encodeElement(
      tags.sequence,
      encodeElement(tags.integer, Uint8Array.of(1)),
      encodeElement(tags.set),
      encodeElement(tags.sequence, encodeOid('1.2.840.113549.1.7.1')),
      encodeElement(tags.set, signer),
    )
    const message = encodeElement(tags.sequence, encodeOid('1.2.840.113549.1.7.2'), encodeElement(0xa0, inner))
    expect(readSignedData(message)).toEqual({ ok: false, error: 'it has the attribute 1.2.3 twice' })
  })
})

describe('certificates alone', () => {
  it('are read in the order they were sent', async () => {
    const people = await Promise.all(['one', 'two', 'three'].map((name) => person(name, shapes['P-256'])))
    const ders = people.map(({ certificate }) => certificate)
    expect(unwrap(certificatesOnly(buildCertificatesOnly(ders)))).toEqual(ders)
  })

  it('are what openssl reads and writes', async () => {
    const { certificate, files } = await person('one', shapes['P-256'])
    const message = buildCertificatesOnly([certificate])
    const printed = openssl(['pkcs7', '-inform', 'DER', '-in', 'm.der', '-print_certs'], { 'm.der': message })
    expect(printed.text).toContain('CN = one')
    const der = runForBytes(['crl2pkcs7', '-nocrl', '-certfile', 'cert.pem', '-outform', 'DER'], files)
    expect(unwrap(certificatesOnly(der))).toEqual([certificate])
  })

  it('are looked for where the standard has them, and in no other wrapping', async () => {
    const { certificate } = await person('one', shapes['P-256'])
    const message = Buffer.from(buildCertificatesOnly([certificate]))
    const at = message.indexOf(0xa0)
    for (const tag of [0x80, 0x86, 0xa1, 0x04]) {
      message[at] = tag
      expect(certificatesOnly(message)).toEqual({
        ok: false,
        error: 'its SignedData does not stand where RFC 5652 has it',
      })
    }
  })

  it('of which there are none are a sentence', () => {
    expect(certificatesOnly(buildCertificatesOnly([]))).toEqual({ ok: false, error: 'it holds no certificate' })
  })
})

describe('whatever comes', () => {
  it('is read or refused, never thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof certificatesOnly(bytes).ok).toBe('boolean')
        expect(typeof readSignedData(bytes).ok).toBe('boolean')
      }),
    )
  })

  it('is read or refused when a good message was damaged', async () => {
    const signer = await person('signer', shapes['P-256'])
    const der = await sign(signer)
    const damage = fc.array(fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(damage, fc.nat(der.length), (changes, length) => {
        const copy = Uint8Array.from(der)
        for (const [at, octet] of changes) copy[at] = octet
        for (const bytes of [copy, der.subarray(0, length)]) {
          const read = readSignedData(asDer(bytes))
          if (!read.ok) expect(read.error).not.toBe('')
          else
            for (const one of read.value.signers)
              expect(typeof verifySigner({ signed: read.value, signer: one, certificate: signer.certificate }).ok).toBe(
                'boolean',
              )
        }
      }),
    )
  })
})
