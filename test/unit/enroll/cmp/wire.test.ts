import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readCertRep, readPollRep, readRevocation } from '../../../../src/enroll/cmp/certrep.ts'
import { encodeConfirmation, encodePoll } from '../../../../src/enroll/cmp/crmf.ts'
import { answerOf, countCrls, readCaCerts, readRootUpdate, readTemplate } from '../../../../src/enroll/cmp/general.ts'
import { encodeHeader, infoTypes } from '../../../../src/enroll/cmp/header.ts'
import { decodeKept, encodeKept } from '../../../../src/enroll/cmp/kept.ts'
import { macOf } from '../../../../src/enroll/cmp/mac.ts'
import { encodeBody, encodeMessage, readMessage } from '../../../../src/enroll/cmp/message.ts'
import { readError, readStatus, statusWords } from '../../../../src/enroll/cmp/status.ts'
import { frame, frameLength, unframe } from '../../../../src/enroll/cmp/tcp.ts'
import { readTicket, ticketOf } from '../../../../src/enroll/cmp/ticket.ts'
import type { Transaction } from '../../../../src/enroll/cmp/ticket.ts'
import { encodeInteger, integerOf } from '../../../../src/enroll/cmp/values.ts'
import { encodeElement, encodeOid, encodeSequence, readElements, tags } from '../../../../src/pki/der.ts'
import type { DerElement } from '../../../../src/pki/der.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import { reading } from '../../../../src/pki/readder.ts'
import { asDer } from '../../../../src/std/bytes.ts'
import { ok } from '../../../../src/std/result.ts'
import { SecretText } from '../../../../src/std/secret.ts'
import { clip } from '../../../../src/std/text.ts'
import { instant } from '../../../../src/std/time.ts'
import { unwrap } from '../../../support/unwrap.ts'

const at = instant(Date.UTC(2026, 10, 23, 12, 30, 45))
const algorithm = encodeSequence(encodeOid('1.2.840.10045.4.3.2'))

const header = encodeHeader({
  pvno: 2,
  messageTime: at,
  protectionAlg: algorithm,
  senderKID: Buffer.from('4711'),
  transactionID: Buffer.alloc(16, 1),
  senderNonce: Buffer.alloc(16, 2),
  recipNonce: Buffer.alloc(16, 3),
  generalInfo: [{ type: infoTypes.implicitConfirm, value: encodeElement(tags.null) }],
})
const body = encodeBody({ name: 'pollReq', content: encodePoll(0) })
const message = encodeMessage({ header, body, protection: Buffer.alloc(32, 9), extraCerts: [encodeSequence()] })

const elementOf = (der: Uint8Array): DerElement => {
  const [element] = unwrap(readElements(der))
  if (element === undefined) throw new Error('nothing there')
  return element
}

describe('a message', () => {
  it('is read as it was written', () => {
    expect(unwrap(readMessage(message))).toMatchObject({
      name: 'pollReq',
      header: {
        pvno: 2,
        messageTime: at,
        senderKID: Buffer.from('4711'),
        transactionID: Buffer.alloc(16, 1),
        senderNonce: Buffer.alloc(16, 2),
        recipNonce: Buffer.alloc(16, 3),
      },
      protectedPart: encodeSequence(header, body),
      protection: Buffer.alloc(32, 9),
      extraCerts: [encodeSequence()],
    })
  })

  it('of any octets at all is a value or a clause', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => typeof readMessage(bytes).ok === 'boolean'))
  })

  it('with any octet changed, or cut anywhere, is a value or a clause', () => {
    const damage = fc.tuple(fc.nat(message.length - 1), fc.nat(255), fc.nat(message.length))
    fc.assert(
      fc.property(damage, ([place, octet, end]) => {
        const copy = Uint8Array.from(message)
        copy[place] = octet
        return typeof readMessage(copy.subarray(0, end)).ok === 'boolean'
      }),
      { numRuns: 2000 },
    )
  })

  it('nested a hundred deep is refused', () => {
    const deep = Array.from({ length: 100 }).reduce<Uint8Array>((inner) => encodeSequence(inner), Buffer.alloc(0))
    expect(readMessage(deep).ok).toBe(false)
  })

  it('with more certificates than anybody needs is refused', () => {
    const extraCerts = Array.from({ length: 41 }, () => encodeSequence())
    expect(readMessage(encodeMessage({ header, body, protection: undefined, extraCerts }))).toMatchObject({ ok: false })
  })
})

describe('each reader of what stands in a message', () => {
  const readers: Readonly<Record<string, (element: DerElement) => unknown>> = {
    readCertRep,
    readPollRep,
    readRevocation,
    readError,
    readStatus,
    readTemplate,
    readCaCerts,
    countCrls,
    answerOf: (element) => answerOf(element, infoTypes.caCerts),
    readRootUpdate: (element) => readRootUpdate(element, asDer(encodeSequence())),
    macOf: (element) => macOf(element, new SecretText('secret')),
  }
  /** Structure without sense: what a hostile server would send. */
  const { tree } = fc.letrec<{ tree: Uint8Array }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc
        .tuple(fc.constantFrom(2, 3, 4, 5, 6, 12, 23, 24, 0x80, 0x81), fc.uint8Array({ maxLength: 12 }))
        .map(([tag, content]): Uint8Array => encodeElement(tag, content)),
      fc
        .tuple(fc.constantFrom(0x30, 0x31, 0xa0, 0xa1, 0xa9), fc.array(tie('tree'), { maxLength: 4 }))
        .map(([tag, parts]): Uint8Array => encodeElement(tag, ...parts)),
    ),
  }))

  it.each(Object.entries(readers))('%s gives a value or a clause for any structure', (_name, read) => {
    fc.assert(
      fc.property(tree, (bytes) => typeof reading(() => ok(read(elementOf(bytes)))).ok === 'boolean'),
      { numRuns: 400 },
    )
  })
})

describe('a number', () => {
  it.each([-1, 0, 1, 127, 128, 255, 256, 65_535, 2_147_483_647])('%d comes back', (value) => {
    expect(integerOf(elementOf(encodeInteger(value)), 'number')).toBe(value)
  })

  it.each([
    [encodeElement(tags.integer)],
    [encodeElement(tags.integer, Buffer.alloc(7, 1))],
    [encodeElement(tags.octetString, Buffer.of(1))],
  ])('that cannot be one is refused: %p', (der) => {
    expect(reading(() => ok(integerOf(elementOf(der), 'number'))).ok).toBe(false)
  })
})

describe('a status', () => {
  const rejection = encodeSequence(
    encodeInteger(2),
    encodeSequence(
      encodeElement(tags.utf8String, Buffer.from('first')),
      encodeElement(tags.utf8String, Buffer.from('second')),
    ),
    encodeElement(tags.bitString, Buffer.of(5, 0x20, 0x40, 0, 0x20)),
  )

  it('gives all lines of text and names all bits', () => {
    const status = readStatus(elementOf(rejection))
    expect(status).toEqual({
      status: 'rejection',
      failures: ['badRequest', 'badPOP', 'duplicateCertReq'],
      text: 'first; second',
    })
    expect(statusWords(status)).toBe('rejection: badRequest, badPOP, duplicateCertReq, "first; second"')
  })

  it('of an error brings its details and code', () => {
    const details = encodeSequence(encodeElement(tags.utf8String, Buffer.from('disk full')))
    const error = encodeSequence(encodeSequence(encodeInteger(2)), encodeInteger(42), details)
    expect(readError(elementOf(error)).text).toBe('disk full; error code 42')
  })

  it('that does not exist is refused', () => {
    expect(reading(() => ok(readStatus(elementOf(encodeSequence(encodeInteger(9)))))).ok).toBe(false)
  })

  it('has its text made harmless and short', () => {
    expect(clip(`\u001b[31mred\r\n\u0000${'x'.repeat(500)}`)).toMatch(/^\[31mred x{1,200}$/)
  })
})

describe('a confirmation', () => {
  it('of a certificate that is not taken says why', () => {
    const der = encodeConfirmation({ certHash: Buffer.alloc(32), certReqId: -1, rejection: 'another key' })
    expect(Buffer.from(der).toString('latin1')).toContain('another key')
  })
})

describe('a TCP message', () => {
  it.each(['RFC2510', 'Version10'] as const)('framed as %s is taken apart again', (framing) => {
    const framed = frame(message, framing)
    expect(frameLength(framed)).toBe(framed.length)
    expect(unwrap(unframe(framed))).toEqual({ kind: 'message', bytes: Buffer.from(message) })
  })

  it('has no length before four octets have come', () => {
    expect(frameLength(Buffer.of(0, 0, 1))).toBeUndefined()
  })

  it.each([
    ['an error', Buffer.concat([Buffer.of(0, 0, 0, 5, 6), Buffer.from('busy')]), { kind: 'error', text: 'busy' }],
    ['a poll reply', Buffer.of(0, 0, 0, 9, 1, 0, 0, 0, 7, 0, 0, 0, 60), { kind: 'later', checkAfter: 60 }],
  ])('may be %s', (_name, framed, reply) => {
    expect(unwrap(unframe(framed))).toEqual(reply)
  })

  it('of any octets at all is a value or a clause', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => typeof unframe(bytes).ok === 'boolean'))
  })
})

describe('what is kept', () => {
  const transaction: Transaction = {
    phase: 'approval',
    id: Buffer.alloc(16, 1),
    nonce: Buffer.alloc(16, 2),
    asking: 'kur',
    pvno: 2,
    keyHash: 'ab',
    url: 'http://ca.example/cmp',
    since: instant(Date.UTC(2026, 10, 23)),
    current: [asDer(Buffer.of(0x30, 0))],
    serverNonce: Buffer.alloc(16, 3),
    certReqId: -1,
    granted: {
      chain: [asDer(Buffer.of(0x30, 0))],
      roots: [],
      warning: 'look',
      confirmBy: instant(Date.UTC(2026, 10, 24)),
    },
  }

  it('in a ticket comes back through JSON', () => {
    const ticket = ticketOf(transaction)
    expect(readTicket(JSON.parse(JSON.stringify(ticket)) as typeof ticket)).toEqual(transaction)
  })

  it.each(['transaction', 'nonce', 'asking', 'pvno', 'keyHash', 'url', 'since'])(
    'in a ticket without its %s is nothing',
    (member) => {
      const ticket = ticketOf(transaction)
      const state = Object.fromEntries(Object.entries(ticket.state).filter(([name]) => name !== member))
      expect(readTicket({ ...ticket, state })).toBeUndefined()
    },
  )

  it('in a Secret comes back with the identity that signs', async () => {
    const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
    const current = { chain: [asDer(Buffer.of(0x30, 0))], key }
    const bytes = encodeKept({ message, current }, transaction.id)
    const kept = decodeKept(bytes, transaction.id)
    expect(kept?.message).toEqual(Buffer.from(message))
    expect(kept?.current?.key.publicKeyHash).toBe(key.publicKeyHash)
    expect(decodeKept(bytes, Buffer.alloc(16))).toBeUndefined()
  })

  it('in a Secret that was damaged is nothing', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => decodeKept(bytes, transaction.id) === undefined))
  })
})
