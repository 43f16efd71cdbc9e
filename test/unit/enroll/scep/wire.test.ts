/** What goes over the wire, and what comes back: addresses, capabilities, attributes, tickets, kept requests. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { messageText, operationUrl, redirectTarget } from '../../../../src/enroll/scep/address.ts'
import { readReplyHead } from '../../../../src/enroll/scep/attributes.ts'
import { can, readCapabilities } from '../../../../src/enroll/scep/capabilities.ts'
import { readChallenge } from '../../../../src/enroll/scep/challenge.ts'
import { decodeKept, encodeKept } from '../../../../src/enroll/scep/kept.ts'
import { subjectOf } from '../../../../src/enroll/scep/names.ts'
import { selfCertificate } from '../../../../src/enroll/scep/selfcertificate.ts'
import { readTicket, subjectBytes, ticketOf } from '../../../../src/enroll/scep/ticket.ts'
import type { Transaction } from '../../../../src/enroll/scep/ticket.ts'
import { certificateFacts } from '../../../../src/pki/certificate.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import type { Ticket } from '../../../../src/enroll/enroller.ts'
import { asDer } from '../../../../src/std/bytes.ts'
import { instant } from '../../../../src/std/time.ts'
import { unwrap } from '../../../support/unwrap.ts'

const now = instant(Date.UTC(2026, 10, 23, 12))
const message = Uint8Array.from({ length: 512 }, (_, index) => (index * 251 + 62) & 0xff)

describe('the address of an operation', () => {
  it.each([
    ['https://ca.test/scep', 'https://ca.test/scep?operation=GetCACert&message='],
    ['https://ca.test/scep?ca=1', 'https://ca.test/scep?ca=1&operation=GetCACert&message='],
    ['https://ca.test/scep?', 'https://ca.test/scep?operation=GetCACert&message='],
    ['https://ca.test/scep?ca=1&', 'https://ca.test/scep?ca=1&operation=GetCACert&message='],
    ['https://ca.test/a%2Fb/scep#top', 'https://ca.test/a%2Fb/scep?operation=GetCACert&message='],
  ])('of %s keeps what is there', (url, expected) => {
    expect(operationUrl(url, 'GetCACert', '')).toBe(expected)
  })

  it('escapes the identifier of the CA', () => {
    expect(operationUrl('https://ca.test/', 'GetCACaps', 'Ca & Co/ä+')).toBe(
      'https://ca.test/?operation=GetCACaps&message=Ca%20%26%20Co%2F%C3%A4%2B',
    )
  })

  it('has no message where the body has it', () => {
    expect(operationUrl('https://ca.test/scep', 'PKIOperation')).toBe('https://ca.test/scep?operation=PKIOperation')
  })

  it('carries a message that survives every decoder of queries', () => {
    const url = operationUrl('https://ca.test/scep', 'PKIOperation', messageText(message))
    expect(url).not.toMatch(/[+ ]|=[^&]*=|\/[^/]*\/[^/]*\/[^?]*\?.*\//)
    expect(url).toMatch(/%2B.*%2F|%2F.*%2B/s)
    const text = new URL(url).searchParams.get('message') ?? ''
    expect(Buffer.from(text, 'base64')).toEqual(Buffer.from(message))
    expect(text).toHaveLength(Math.ceil(message.length / 3) * 4)
  })

  it('carries the alphabet for URLs where the spec wants it', () => {
    expect(messageText(message, 'URLSafe')).toMatch(/^[A-Za-z0-9_-]+={0,2}$/)
  })
})

describe('a redirect', () => {
  const from = 'https://ca.test/scep?operation=GetCACert'

  it.each([
    ['https://ca.test/new?operation=GetCACert', 'https://ca.test/new?operation=GetCACert'],
    ['/new', 'https://ca.test/new'],
  ])('to %s is followed', (location, expected) => {
    expect(redirectTarget(from, location, 0)).toBe(expected)
  })

  it.each([
    'http://ca.test/scep',
    'https://evil.test/scep',
    'https://ca.test:8443/scep',
    'https://u:p@ca.test/',
    'javascript:1',
    'http://',
    undefined,
  ])('to %s is not', (location) => {
    expect(redirectTarget(from, location, 0)).toBeUndefined()
  })

  it('from http to https of the same host is followed', () => {
    expect(redirectTarget('http://ca.test/scep', 'https://ca.test/scep', 0)).toBe('https://ca.test/scep')
  })

  it('is followed three times', () => {
    expect(redirectTarget(from, '/new', 2)).toBeDefined()
    expect(redirectTarget(from, '/new', 3)).toBeUndefined()
  })
})

describe('capabilities', () => {
  it('are read from whatever comes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 6000 }), (bytes) => readCapabilities(bytes).size >= 0))
  })

  it('follow from SCEPStandard', () => {
    const standard = readCapabilities(Buffer.from('scepstandard'))
    expect((['AES', 'SHA-256', 'POSTPKIOperation'] as const).every((word) => can(standard, word))).toBe(true)
    expect((['Renewal', 'SHA-512', 'GetNextCACert', 'DES3'] as const).some((word) => can(standard, word))).toBe(false)
  })

  it('are not found in the middle of a word', () => {
    expect([...readCapabilities(Buffer.from('NoAES\nAES-256 only\n<p>Renewal</p>'))]).toEqual([])
  })
})

describe('the attributes of a reply', () => {
  it('of any bytes give a value', () => {
    const attributes = fc.dictionary(
      fc.constantFrom(...[2, 3, 4, 5, 6, 7].map((n) => `2.16.840.1.113733.1.9.${n}`)),
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 2 }),
    )
    fc.assert(
      fc.property(attributes, (values) => {
        const map = new Map(Object.entries(values).map(([oid, list]) => [oid, list.map(asDer)]))
        expect(Object.keys(readReplyHead(map))).toHaveLength(6)
      }),
    )
  })
})

describe('a ticket', () => {
  const transaction: Transaction = {
    phase: 'approval',
    id: 'ABCDEF',
    nonce: '00'.repeat(16),
    way: 'RenewalReq',
    otherWays: ['PKCSReq', 'Enroll'],
    keyHash: 'ab'.repeat(32),
    url: 'https://ca.test/scep',
    since: now,
    subject: subjectBytes([[{ oid: '2.5.4.3', value: 'device' }]]),
    current: asDer(Uint8Array.of(0x30, 0)),
  }

  it('survives JSON', () => {
    const ticket = JSON.parse(JSON.stringify(ticketOf(transaction))) as Ticket
    expect(readTicket(ticket)).toEqual({
      ...transaction,
      subject: Buffer.from(transaction.subject),
      current: Buffer.from(transaction.current ?? []),
    })
  })

  it('with any member missing or of another type is none', () => {
    const { version, phase, state } = ticketOf(transaction)
    for (const member of ['transaction', 'nonce', 'way', 'keyHash', 'url', 'since', 'subject']) {
      for (const value of ['', 7, null, {}, []]) {
        expect([member, readTicket({ version, phase, state: { ...state, [member]: value } })]).toEqual([
          member,
          undefined,
        ])
      }
    }
    expect(readTicket({ version: 2, phase, state })).toBeUndefined()
    expect(readTicket({ version, phase: 'elsewhere', state })).toBeUndefined()
  })

  it('of any JSON gives a value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (state) => {
        const ticket = { version: 1, phase: 'request', state: JSON.parse(JSON.stringify(state)) as Ticket['state'] }
        return readTicket(ticket) === undefined
      }),
    )
  })
})

describe('a kept request', () => {
  it('comes back with the key of the order, or with the one that it brought', async () => {
    const [orderKey, other] = [
      await generateKey({ algorithm: 'ECDSA', size: 256 }),
      await generateKey({ algorithm: 'ECDSA', size: 256 }),
    ]
    for (const key of [orderKey, other]) {
      const kept = {
        transaction: 'T',
        message,
        requester: { key, certificate: asDer(Uint8Array.of(0x30, 0)) },
        challenge: 'print',
      }
      const bytes = encodeKept(kept, orderKey)
      expect(Buffer.from(bytes).toString().includes('PRIVATE KEY')).toBe(key === other)
      const back = decodeKept(bytes, { transaction: 'T', orderKey })
      expect(back?.message).toEqual(Buffer.from(message))
      expect(back?.challenge).toBe('print')
      expect(back?.requester.key.publicKeyHash).toBe(key.publicKeyHash)
      expect(decodeKept(bytes, { transaction: 'U', orderKey })).toBeUndefined()
    }
  })

  it('of any bytes gives a value', async () => {
    const orderKey = await generateKey({ algorithm: 'ECDSA', size: 256 })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          return decodeKept(bytes, { transaction: 'T', orderKey }) === undefined
        },
      ),
    )
  })
})

describe('a challenge', () => {
  it.each(['short', 'with spaces and = / +', 'Straße', `${'e'.repeat(9000)}.x.y`])('is taken as it is: %s', (text) => {
    for (const stored of [text, `${text}\r\n`, `\n${text}\n`]) {
      const read = readChallenge(Buffer.from(stored))
      expect(read.ok ? read.value.reveal() : read.error).toBe(text)
    }
  })

  it.each([undefined, '', '\n', 'two\nlines', 'nul\u0000', Uint8Array.of(0xff, 0xfe), 'x'.repeat(20_000)])(
    'that cannot be one is told without what it is: %#',
    (content) => {
      const read = readChallenge(content === undefined ? undefined : Buffer.from(content as string))
      expect(read).toMatchObject({
        ok: false,
        error: { code: 'CredentialsRejected', message: expect.stringMatching(/spec\.scep\.challengeSecretRef/) },
      })
    },
  )
})

describe('the certificate that a client makes for itself', () => {
  it('has the subject of the request, and the name of the first host where that is empty', async () => {
    const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
    const subject = [[{ oid: '2.5.4.3', value: 'device' }]]
    const named = await selfCertificate({ subject, names: [] }, key, now)
    expect(unwrap(certificateFacts(named))).toMatchObject({
      subject,
      selfSigned: true,
      usages: ['digital signature', 'signing', 'key encipherment'],
    })
    expect(subjectOf(named)).toEqual(Buffer.from(subjectBytes(subject)))
    const bare = await selfCertificate({ subject: [], names: [{ type: 'dns', value: 'a.test' }] }, key, now)
    expect(unwrap(certificateFacts(bare)).subject).toEqual([[{ oid: '2.5.4.3', value: 'a.test' }]])
  })
})
