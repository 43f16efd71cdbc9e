import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { encodeElement, encodeSequence } from '../../../src/pki/der.ts'
import { certificatesPem, pemLength, pemLimits, readCertificates, readPemBlocks } from '../../../src/pki/pem.ts'
import { asDer } from '../../../src/std/bytes.ts'

const small = encodeSequence(encodeElement(0x04, Buffer.from('not quite a certificate')))
const one = certificatesPem([small])
const body = Buffer.from(small).toString('base64')
const block = (label: string, text: string = body): string =>
  `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`

const accepted: Readonly<Record<string, string>> = {
  'Unix lines': one,
  'Windows lines': one.replaceAll('\n', '\r\n'),
  'no newline at the end': one.trimEnd(),
  'all of the base64 on one line': block('CERTIFICATE'),
  'spaces and tabs in the base64': block('CERTIFICATE', body.replace(/(.{7})/g, '$1 \t')),
  'the old label': block('X509 CERTIFICATE'),
  'explanations around it (RFC 7468 section 2)': `subject=CN = a\n\n${one}\nthe end`,
  'other blocks around it': `${block('X509 CRL')}${one}${block('PRIVATE KEY')}`,
  'a byte order mark': `\ufeff${one}`,
}

const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
  nothing: ['', /no PEM block "CERTIFICATE"/],
  garbage: ['hello', /no PEM block "CERTIFICATE"/],
  'another block': [block('PRIVATE KEY'), /no PEM block "CERTIFICATE"/],
  'a block that was cut off': [one.slice(0, 60), /no matching END line/],
  'a block that ends as another': [one.replace('END CERTIFICATE', 'END CRL'), /no matching END line/],
  'a label without end': [`-----BEGIN ${'A'.repeat(200)}`, /no matching END line/],
  'an empty block': [block('CERTIFICATE', ''), /PEM block 1 \("CERTIFICATE"\) is not base64 of DER/],
  'characters that are not base64': [block('CERTIFICATE', `${body.slice(0, -4)}!@#$`), /not base64 of DER/],
  'base64 without its padding': [block('CERTIFICATE', 'MAA'), /not base64 of DER/],
  'base64 of something else': [block('CERTIFICATE', 'aGVsbG8gd29ybGQ='), /not base64 of DER/],
  'DER with something after it': [
    block('CERTIFICATE', Buffer.concat([small, Buffer.of(0)]).toString('base64')),
    /not base64 of DER/,
  ],
  'a second block that is broken': [`${one}${block('CERTIFICATE', 'AAAA')}`, /PEM block 2 .* not base64 of DER/],
  'a block within a block': [block('CERTIFICATE', one), /not base64 of DER/],
  'headers in the block': [block('CERTIFICATE', `Proc-Type: 4,ENCRYPTED\n\n${body}`), /not base64 of DER/],
}

describe('readCertificates', () => {
  it.each(Object.entries(accepted))('reads a certificate with %s', (_words, text) => {
    expect(readCertificates(text)).toEqual({ ok: true, value: [Buffer.from(small)] })
  })

  it.each(Object.entries(refused))('refuses %s with a sentence', (_words, [text, sentence]) => {
    expect(readCertificates(text)).toEqual({ ok: false, error: expect.stringMatching(sentence) })
  })

  it('measures bytes, not characters, before it looks at the text', () => {
    expect(readCertificates(`${'é'.repeat(40_000)}${one}`)).toMatchObject({ ok: true })
    expect(readCertificates('é'.repeat(47_501))).toEqual({
      ok: false,
      error: 'it is 95002 bytes long, and at most 95000 are read',
    })
  })

  it('reads a larger text where a bundle is expected', () => {
    const text = `${'x'.repeat(pemLimits.chain)}\n${one}`
    expect(readCertificates(text).ok).toBe(false)
    expect(readCertificates(text, pemLimits.bundle).ok).toBe(true)
  })

  it('refuses a certificate of a size that no certificate has', () => {
    const large = encodeSequence(encodeElement(0x04, new Uint8Array(27_000)))
    expect(readCertificates(`${one}${certificatesPem([large])}`)).toEqual({
      ok: false,
      error: 'certificate 2 is larger than 36500 bytes of PEM',
    })
  })

  it('gives up at once on text made of beginnings', () => {
    const text = '-----BEGIN CERTIFICATE-----\n'.repeat(Math.floor(pemLimits.bundle / 28))
    expect(readCertificates(text, pemLimits.bundle).ok).toBe(false)
  })

  it('gives a value for any text', () => {
    const piece = fc.constantFrom('-----BEGIN ', '-----END ', 'CERTIFICATE', '-----', '\n', 'MAA=', body, '=', ' ')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const read = readCertificates(text)
          expect(read.ok ? read.value.length > 0 : read.error !== '').toBe(true)
        },
      ),
    )
  })
})

describe('certificatesPem', () => {
  const anyDer = fc.uint8Array({ maxLength: 400 }).map((content) => encodeSequence(encodeElement(0x04, content)))

  it('is undone by readCertificates', () => {
    fc.assert(
      fc.property(fc.array(anyDer, { minLength: 1, maxLength: 4 }), (ders) => {
        expect(readCertificates(certificatesPem(ders))).toEqual({
          ok: true,
          value: ders.map((der) => Buffer.from(der)),
        })
      }),
    )
  })

  it('writes lines of 64 characters, and as many bytes as pemLength says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }).map(asDer), (der) => {
        const pem = certificatesPem([der])
        expect(pem.split('\n').every((line) => line.length <= 64)).toBe(true)
        expect(pem.endsWith('-----END CERTIFICATE-----\n')).toBe(true)
        expect(pemLength(der)).toBe(pem.length)
      }),
    )
  })
})

describe('readPemBlocks', () => {
  it('gives only the blocks that are asked for, each with its label', () => {
    const text = `${block('EC PARAMETERS', 'BggqhkjOPQMBBw==')}${block('EC PRIVATE KEY')}${one}`
    expect(readPemBlocks(text, { labels: new Set(['EC PRIVATE KEY']), limit: 10_000 })).toEqual({
      ok: true,
      value: [{ label: 'EC PRIVATE KEY', der: Buffer.from(small) }],
    })
  })
})
