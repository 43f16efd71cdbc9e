import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { encodeName, isWithin, parentName, plainName, readName } from '../../../src/net/dnsname.ts'

const octets = 'abcdefghijklmnopqrstuvwxyz0123456789-_*!~'
const label = fc.string({ unit: fc.constantFrom(...octets), minLength: 1, maxLength: 63 })
const name = fc.array(label, { maxLength: 3 }).map((labels) => labels.join('.'))

const bytesOf = (text: string): Uint8Array => {
  const bytes = encodeName(text)
  if (bytes === undefined) throw new Error(`${text} is no name`)
  return bytes
}

describe('names of DNS', () => {
  it('are read as they were written, wherever they stand', () => {
    fc.assert(
      fc.property(name, fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 9 }), (text, before, behind) => {
        const message = Buffer.concat([before, bytesOf(text), behind])
        const next = message.length - behind.length
        expect(readName(message, before.length)).toEqual({ name: text, next })
      }),
    )
  })

  it('are the same in any case and with a final dot', () => {
    fc.assert(fc.property(name, (text) => expect(encodeName(`${text.toUpperCase()}.`)).toEqual(encodeName(text))))
  })

  it.each<[string, string | undefined]>([
    ['', '00'],
    ['.', '00'],
    ['a.bc', '016102626300'],
    ['a..b', undefined],
    ['.a', undefined],
    ['a b', undefined],
    ['a\\.b', undefined],
    ['é.example', undefined],
    ['x'.repeat(63), `3f${'78'.repeat(63)}00`],
    ['x'.repeat(64), undefined],
  ])('%j is written as %s', (text, hex) => {
    const bytes = encodeName(text)
    expect(bytes === undefined ? undefined : Buffer.from(bytes).toString('hex')).toBe(hex)
  })

  it('have at most 255 octets, written and read', () => {
    const longest = [63, 63, 63, 61].map((length) => 'x'.repeat(length)).join('.')
    const bytes = bytesOf(longest)
    expect(bytes.length).toBe(255)
    expect(readName(bytes, 0)?.name).toBe(longest)
    expect(encodeName(`${longest}x`)).toBeUndefined()
    expect(readName(Buffer.concat([Buffer.from([1, 0x79]), bytes]), 0)).toBeUndefined()
  })

  it('may end in a pointer, and what comes next stands behind the first pointer (RFC 1035 section 4.1.4)', () => {
    const message = Buffer.concat([
      Buffer.alloc(12),
      bytesOf('f.isi.arpa'),
      Buffer.of(3, 0x66, 0x6f, 0x6f, 0xc0, 12),
      Buffer.of(0xc0, 14),
      Buffer.of(0xc0, 24),
    ])
    expect(readName(message, 24)).toEqual({ name: 'foo.f.isi.arpa', next: 30 })
    expect(readName(message, 30)).toEqual({ name: 'isi.arpa', next: 32 })
    expect(readName(message, 32)).toEqual({ name: 'foo.f.isi.arpa', next: 34 })
  })

  it.each<[string, readonly number[], number]>([
    ['a pointer to itself', [0xc0, 0], 0],
    ['two pointers to each other', [0xc0, 2, 0xc0, 0], 0],
    ['a pointer to a label before it that leads back to it', [1, 0x61, 0xc0, 0], 0],
    ['a pointer forward', [0xc0, 2, 0], 0],
    ['a pointer beyond the message', [0xc3, 0xff], 0],
    ['half a pointer', [0, 0xc0], 1],
    ['a label that leads beyond the message', [5, 0x61], 0],
    ['no end', [1, 0x61], 0],
    ['a label of the reserved kind 01', [0x41, 0x61, 0], 0],
    ['a label of the reserved kind 10', [0x81, 0x61, 0], 0],
    ['a start beyond the message', [0], 1],
  ])('are none with %s', (_what, bytes, start) => {
    expect(readName(Uint8Array.from(bytes), start)).toBeUndefined()
  })

  it('of many pointers one behind the other are refused before they cost anything', () => {
    const chain = Array.from({ length: 300 }, (_, at) => [0xc0 | ((2 * at) >> 8), (2 * at) & 0xff]).flat()
    const message = Buffer.from([0, 0, ...chain])
    expect(readName(message, 2 * 100)?.name).toBe('')
    expect(readName(message, 2 * 300)).toBeUndefined()
  })

  it('never look the same when their octets differ', () => {
    const raw = fc.array(fc.uint8Array({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 })
    const wire = (labels: readonly Uint8Array[]): Buffer =>
      Buffer.concat([...labels.flatMap((one) => [Buffer.of(one.length), one]), Buffer.of(0)])
    const lower = (bytes: Buffer): string =>
      bytes.toString('latin1').replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    fc.assert(
      fc.property(raw, raw, (one, other) => {
        const [first, second] = [wire(one), wire(other)]
        const isSame = readName(first, 0)?.name === readName(second, 0)?.name
        expect(isSame).toBe(lower(first) === lower(second))
      }),
    )
    expect(readName(wire([Buffer.from('a.b'), Buffer.from('\\')]), 0)?.name).toBe('a\\046b.\\092')
  })

  it('are never more than an answer, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(90), (message, start) => {
        const read = readName(message, start)
        if (read === undefined) return
        expect(read.next).toBeGreaterThan(start)
        expect(read.next).toBeLessThanOrEqual(message.length)
      }),
      { numRuns: 2000 },
    )
  })

  it('lie within the zones above them, and within no zone that only looks like it', () => {
    expect(isWithin('a.example.com', 'example.com')).toBe(true)
    expect(isWithin('example.com', 'example.com')).toBe(true)
    expect(isWithin('example.com', '')).toBe(true)
    expect(isWithin('badexample.com', 'example.com')).toBe(false)
    expect(isWithin('com', 'example.com')).toBe(false)
    expect([parentName('a.b.c'), parentName('c'), plainName('A.B.')]).toEqual(['b.c', '', 'a.b'])
  })
})
