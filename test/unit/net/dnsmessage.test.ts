import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  encodeQuery,
  encodeRecord,
  encodeText,
  readMessage,
  readTarget,
  readText,
  recordTypes,
  uint16,
} from '../../../src/net/dnsmessage.ts'
import type { WrittenRecord } from '../../../src/net/dnsmessage.ts'

const written = fc.record<WrittenRecord>({
  name: fc.constantFrom('', 'example.com', '_acme-challenge.www.example.com', '*.a'),
  type: fc.integer({ min: 0, max: 0xffff }).filter((type) => type !== recordTypes.OPT),
  class: fc.integer({ min: 0, max: 0xffff }),
  ttl: fc.integer({ min: 0, max: 0xffff_ffff }),
  data: fc.uint8Array({ maxLength: 60 }),
})
const section = fc.array(written, { maxLength: 3 })

const rows = (records: readonly WrittenRecord[]): Buffer =>
  Buffer.concat(records.map((record) => encodeRecord(record) ?? Buffer.alloc(0)))

interface Parts {
  readonly id?: number
  readonly flags?: number
  readonly answers?: readonly WrittenRecord[]
  readonly authorities?: readonly WrittenRecord[]
  readonly additionals?: readonly WrittenRecord[]
}

const messageOf = ({ id = 7, flags = 0x8400, answers = [], authorities = [], additionals = [] }: Parts): Buffer => {
  const counts = [0, answers.length, authorities.length, additionals.length]
  return Buffer.concat([...[id, flags, ...counts].map(uint16), rows(answers), rows(authorities), rows(additionals)])
}

const shown = (records: readonly WrittenRecord[] | undefined): readonly WrittenRecord[] | undefined =>
  records?.map(({ name, type, class: kind, ttl, data }) => ({
    name,
    type,
    class: kind,
    ttl,
    data: Uint8Array.from(data),
  }))

describe('messages of DNS', () => {
  it('are read as they were written, section by section', () => {
    fc.assert(
      fc.property(section, section, section, (answers, authorities, additionals) => {
        const read = readMessage(messageOf({ answers, authorities, additionals }))
        const sections = [read?.answers, read?.authorities, read?.additionals].map(shown)
        expect(sections).toEqual([answers, authorities, additionals].map(shown))
      }),
    )
  })

  it('are undefined when anything is missing at their end, wherever they are cut', () => {
    const record = { name: 'a.example', type: recordTypes.TXT, class: 1, ttl: 60, data: encodeText('value') }
    const whole = messageOf({ answers: [record], additionals: [record] })
    for (let length = 0; length < whole.length; length += 1)
      expect(readMessage(whole.subarray(0, length))).toBeUndefined()
    expect(readMessage(whole)).toBeDefined()
  })

  it('are undefined or whole, whatever the octets: reading never throws', () => {
    const count = fc.integer({ min: 0, max: 4 })
    const hostile = fc.tuple(count, count, count, count, fc.uint8Array({ maxLength: 120 }))
    const header = (counts: readonly number[]): Buffer => Buffer.concat([7, 0x8400, ...counts].map(uint16))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void readMessage(bytes)),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(hostile, ([a, b, c, d, bytes]) => {
        const read = readMessage(Buffer.concat([header([a, b, c, d]), bytes]))
        if (read === undefined) return
        expect([read.questions, read.answers, read.authorities, read.additionals].map(({ length }) => length)).toEqual([
          a,
          b,
          c,
          d,
        ])
        for (const record of [...read.answers, ...read.authorities]) {
          readTarget(read, record)
          readText(record.data)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('that promise 65,535 records and hold none are refused', () => {
    expect(readMessage(Buffer.concat([7, 0x8400, 0xffff, 0xffff, 0xffff, 0xffff].map(uint16)))).toBeUndefined()
  })

  it('are read from where they lie in a larger buffer', () => {
    const large = Buffer.concat([Buffer.alloc(5, 0xff), messageOf({ id: 0x1234 }), Buffer.alloc(5, 0xff)])
    expect(readMessage(new Uint8Array(large.buffer, large.byteOffset + 5, 12))?.id).toBe(0x1234)
  })

  it.each<[string, number, object]>([
    ['a question', 0x0100, { isReply: false, opcode: 0, rcode: 0 }],
    ['an authoritative reply', 0x8400, { isReply: true, isAuthoritative: true, isTruncated: false }],
    ['a truncated reply', 0x8200, { isReply: true, isTruncated: true, isAuthoritative: false }],
    ['a refused update', 0xa805, { isReply: true, opcode: 5, rcode: 5 }],
  ])('tell %s by their flags', (_what, flags, expected) => {
    expect(readMessage(messageOf({ flags }))).toMatchObject(expected)
  })

  it('have response codes above 15 with the bits of EDNS (RFC 6891 section 6.1.3)', () => {
    const opt = { name: '', type: recordTypes.OPT, class: 1232, ttl: 0x0100_0000, data: new Uint8Array() }
    expect(readMessage(messageOf({ flags: 0x8407, additionals: [opt] }))?.rcode).toBe(23)
    const highest = { ...opt, ttl: 0xff00_0000 }
    expect(readMessage(messageOf({ flags: 0x840f, additionals: [highest] }))?.rcode).toBe(4095)
  })

  it.each([
    ['wanted', 0x0100],
    ['none', 0],
  ] as const)('that ask with recursion %s say so, and how much fits over UDP', (recursion, flags) => {
    const query = encodeQuery({ name: 'WWW.Example.com.', type: 'TXT' }, { id: 0xabcd, recursion })
    const read = readMessage(query ?? Buffer.alloc(0))
    expect(Buffer.from(query ?? []).readUInt16BE(2)).toBe(flags)
    expect(read).toMatchObject({
      id: 0xabcd,
      isReply: false,
      questions: [{ name: 'www.example.com', type: 16, class: 1 }],
    })
    expect(shown(read?.additionals)).toEqual([{ name: '', type: 41, class: 1232, ttl: 0, data: new Uint8Array() }])
  })

  it('cannot ask for what is no name', () => {
    expect(encodeQuery({ name: 'a..b', type: 'TXT' }, { id: 1, recursion: 'none' })).toBeUndefined()
    expect(encodeRecord({ name: 'a..b', type: 16, class: 1, ttl: 0, data: new Uint8Array() })).toBeUndefined()
  })
})

describe('texts in TXT records', () => {
  it('are read as they were written, however long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 900 }), (text) =>
        expect(readText(encodeText(text))).toBe(text),
      ),
    )
  })

  it('are cut into strings of 255 octets, and an empty one is one empty string', () => {
    expect(Buffer.from(encodeText(''))).toEqual(Buffer.of(0))
    expect(encodeText('x'.repeat(255)).length).toBe(256)
    expect(encodeText('x'.repeat(256)).length).toBe(258)
  })

  it('are none when a string leads beyond the record', () => {
    expect(readText(Uint8Array.of(3, 0x61, 0x62))).toBeUndefined()
    expect(readText(Uint8Array.of(1, 0x61, 9))).toBeUndefined()
  })
})

describe('names in records', () => {
  const withCname = (data: Uint8Array) => {
    const read = readMessage(
      messageOf({ answers: [{ name: 'a.example', type: recordTypes.CNAME, class: 1, ttl: 1, data }] }),
    )
    const record = read?.answers[0]
    return read === undefined || record === undefined ? 'no record' : readTarget(read, record)
  }

  it('may be compressed', () => {
    // The owner begins behind the header.
    expect(withCname(Uint8Array.of(1, 0x62, 0xc0, 14))).toBe('b.example')
  })

  it('fill their record exactly, or are none', () => {
    expect(withCname(Uint8Array.of(1, 0x62, 0, 0))).toBeUndefined()
    expect(withCname(Uint8Array.of(1, 0x62))).toBeUndefined()
    expect(withCname(new Uint8Array())).toBeUndefined()
  })
})
