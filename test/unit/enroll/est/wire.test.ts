/** What goes over the wire, and what comes back: addresses, bodies, parts, tickets, kept requests. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { judgeRedirect, operationUrl } from '../../../../src/enroll/est/address.ts'
import { decodeKept, encodeKept } from '../../../../src/enroll/est/kept.ts'
import { readMediaType, readMultipart } from '../../../../src/enroll/est/multipart.ts'
import { encodedNames, namesIn } from '../../../../src/enroll/est/subjectname.ts'
import { readTicket, ticketOf } from '../../../../src/enroll/est/ticket.ts'
import type { Transaction } from '../../../../src/enroll/est/ticket.ts'
import { decodeBody, encodeBody, readCertificateBody } from '../../../../src/enroll/est/wire.ts'
import { buildCertificatesOnly } from '../../../../src/pki/cms/signeddata.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import { certificatesPem } from '../../../../src/pki/pem.ts'
import { asDer } from '../../../../src/std/bytes.ts'
import { instant } from '../../../../src/std/time.ts'
import { someCa } from '../../../support/ca-material.ts'
import { unwrap } from '../../../support/unwrap.ts'

const bytes = fc.uint8Array({ maxLength: 400 })

describe('the address of an operation', () => {
  it.each([
    [{ server: 'https://ca.test' }, 'https://ca.test/.well-known/est/cacerts'],
    [{ server: 'https://ca.test:8443/' }, 'https://ca.test:8443/.well-known/est/cacerts'],
    [{ server: 'https://ca.test', label: 'a b' }, 'https://ca.test/.well-known/est/a%20b/cacerts'],
  ])('of %j is %s', (spec, url) => {
    expect(operationUrl(spec, 'cacerts')).toBe(url)
  })
})

describe('a redirect', () => {
  const from = 'https://ca.test/.well-known/est/cacerts'
  it.each([
    ['/x', { kind: 'follow', url: 'https://ca.test/x' }],
    ['x#top', { kind: 'follow', url: 'https://ca.test/.well-known/est/x' }],
    ['https://ca.test:443/x', { kind: 'follow', url: 'https://ca.test/x' }],
    ['https://ca.test:8443/x', { kind: 'refuse' }],
    ['http://ca.test/x', { kind: 'refuse' }],
    ['//other.test/x', { kind: 'refuse' }],
    ['https://ca.test.evil.test/', { kind: 'refuse' }],
    ['https://a:b@ca.test/x', { kind: 'refuse' }],
    ['data:text/plain,x', { kind: 'refuse' }],
    ['https://', { kind: 'refuse' }],
    [undefined, { kind: 'refuse' }],
  ])('to %s is judged', (location, verdict) => {
    expect(judgeRedirect(from, location, 0)).toMatchObject(verdict)
  })

  it('is the last at some point', () => {
    expect(judgeRedirect(from, '/x', 5).kind).toBe('refuse')
  })
})

describe('a body', () => {
  it('survives the way out and in, in both forms', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        fc.constantFrom('Wrapped', 'Unwrapped'),
        (raw, form) => {
          const text = encodeBody(raw, form)
          expect(text.split('\r\n').every(({ length }) => length <= 76) || form === 'Unwrapped').toBe(true)
          const decoded = unwrap(decodeBody(Buffer.from(text)))
          expect(Buffer.from(decoded).equals(Buffer.from(raw))).toBe(true)
        },
      ),
    )
  })

  it.each([
    ['', 'it is empty'],
    ['\r\n \n', 'it is empty'],
    ['<!DOCTYPE html><p>Sign in', 'it is a web page'],
    ['\n<html>', 'it is a web page'],
    ['not base64!', 'it is not base64'],
    ['MIIBA', 'its base64 has been cut off'],
  ])('%j is not one', (text, error) => {
    expect(decodeBody(Buffer.from(text))).toEqual({ ok: false, error })
  })

  it('that is anything at all gives a value or a clause', () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        expect(typeof decodeBody(raw).ok).toBe('boolean')
        expect(readCertificateBody(raw).ok).toBe(false)
      }),
    )
  })

  it('gives its certificates in every form that servers send', async () => {
    const { certificate } = await someCa('EST CA')
    const list = buildCertificatesOnly([certificate])
    for (const body of [
      list,
      Buffer.from(encodeBody(list, 'Wrapped')),
      certificate,
      Buffer.from(certificatesPem([certificate])),
    ])
      expect(unwrap(readCertificateBody(body)).map((one) => Buffer.from(one).equals(Buffer.from(certificate)))).toEqual(
        [true],
      )
  })

  it('that was cut, changed or nested gives a value or a clause', async () => {
    const list = buildCertificatesOnly([(await someCa('EST CA')).certificate])
    fc.assert(
      fc.property(fc.nat(list.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        expect(readCertificateBody(list.subarray(0, at)).ok).toBe(false)
        const changed = Uint8Array.from(list, (octet, index) => (index === at ? octet ^ change : octet))
        expect(typeof readCertificateBody(changed).ok).toBe('boolean')
      }),
    )
    expect(readCertificateBody(Buffer.from('30'.repeat(100), 'hex')).ok).toBe(false)
    expect(readCertificateBody(Buffer.from('3080'.repeat(100) + '0000'.repeat(100), 'hex')).ok).toBe(false)
  })

  it('with more certificates than a chain may have is refused', async () => {
    const { certificate } = await someCa('EST CA')
    const many = buildCertificatesOnly(Array.from({ length: 65 }, () => certificate))
    expect(readCertificateBody(many)).toMatchObject({ ok: false, error: expect.stringContaining('65') })
  })
})

describe('a multipart body', () => {
  const parts = [
    '--b',
    'Content-Type: text/plain',
    '',
    'one',
    '--b',
    'content-type: Application/PKCS7-MIME;\r\n smime-type="x"',
    '',
    'two',
    '--b--',
    'after',
  ]
  it.each([
    ['multipart/mixed; boundary=b', '\r\n'],
    ['multipart/mixed; boundary="b"', '\n'],
    ['multipart/mixed', '\r\n'],
    ['', '\n'],
  ])('of the type "%s" is read', (type, end) => {
    const read = unwrap(readMultipart(type, Buffer.from(['before', ...parts].join(end))))
    expect(read.map((part) => [part.type, Buffer.from(part.body).toString()])).toEqual([
      ['text/plain', 'one'],
      ['application/pkcs7-mime', 'two'],
    ])
    expect(read[1]?.parameters.get('smime-type')).toBe('x')
  })

  it.each([
    ['multipart/mixed; boundary=c', 'x', 'its boundary does not occur in it'],
    ['multipart/mixed', 'x', 'it names no boundary between its parts'],
    ['multipart/mixed; boundary=b', '--b\r\n\r\nx\r\n'.repeat(40), 'it has more than 16 parts'],
  ])('that is none is said to be none', (type, body, error) => {
    expect(readMultipart(type, Buffer.from(body))).toEqual({ ok: false, error })
  })

  it('that is anything at all gives a value or a clause', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.constantFrom('--b', '--', '\r\n', '\n', ':', 'content-type', ' ', 'x')),
        (type, words) => {
          expect(typeof readMediaType(type).type).toBe('string')
          expect(typeof readMultipart(type, Buffer.from(words.join(''))).ok).toBe('boolean')
        },
      ),
    )
  })
})

describe('a ticket', () => {
  const transaction: Transaction = {
    phase: 'approval',
    operation: 'simplereenroll',
    keyHash: 'ab',
    service: 'https://ca.test/.well-known/est',
    since: instant(Date.UTC(2026, 10, 23, 12)),
    current: asDer(Buffer.from([1, 2])),
    warning: 'words',
  }
  it('survives the status', () => {
    const stored: unknown = JSON.parse(JSON.stringify(ticketOf(transaction)))
    expect(readTicket(stored as ReturnType<typeof ticketOf>)).toEqual({ ...transaction, current: Buffer.from([1, 2]) })
  })

  it.each([
    { version: 2 },
    { phase: 'other' },
    { state: {} },
    { state: { operation: 'fullcmc', keyHash: 'a', service: 'b', since: '2026-11-23T12:00:00Z' } },
    { state: { operation: 'simpleenroll', keyHash: 7, service: 'b', since: '2026-11-23T12:00:00Z' } },
    { state: { operation: 'simpleenroll', keyHash: 'a', service: 'b', since: 'yesterday' } },
  ])('that was damaged is none: %j', (change) => {
    expect(readTicket({ ...ticketOf(transaction), ...change })).toBeUndefined()
  })
})

describe('a kept request', () => {
  it('survives the Secret, with the identity that is replaced', async () => {
    const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
    const der = asDer(Buffer.from([0x30, 0]))
    const blueprint = {
      subject: der,
      extensions: [der],
      attributes: [{ type: '1.2', values: [der] }],
      hash: undefined,
      binding: 'None',
    } as const
    const kept = decodeKept(encodeKept({ request: der, blueprint, current: { chain: [der], key } }))
    expect(kept).toMatchObject({
      request: der,
      blueprint: { ...blueprint, hash: undefined },
      current: { chain: [der] },
    })
    expect(kept?.current?.key.publicKeyHash).toBe(key.publicKeyHash)
  })

  it('that is anything at all is one or none', () => {
    fc.assert(
      fc.property(fc.json(), bytes, (text, raw) => {
        decodeKept(raw)
        expect(decodeKept(Buffer.from(text))).toBeUndefined()
        const near = JSON.stringify({
          version: 1,
          binding: 'None',
          extensions: JSON.parse(text) as unknown,
          attributes: JSON.parse(text) as unknown,
        })
        expect(decodeKept(Buffer.from(near))?.blueprint.binding).toBe('None')
      }),
    )
  })
})

describe('the names of a certificate', () => {
  it('are as they are encoded', async () => {
    const { certificate } = await someCa('EST CA')
    expect(Buffer.from(encodedNames(certificate).subject ?? []).toString('latin1')).toContain('EST CA')
  })

  it('of anything at all are none', () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        encodedNames(asDer(raw))
        expect(Array.isArray(namesIn(raw))).toBe(true)
      }),
    )
  })
})
