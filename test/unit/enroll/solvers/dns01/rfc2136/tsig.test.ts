import { describe, expect, it } from '@jest/globals'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import {
  fudge,
  signMessage,
  tsigAlgorithms,
  tsigErrors,
  verifyReply,
} from '../../../../../../src/enroll/solvers/dns01/rfc2136/tsig.ts'
import type { TsigAlgorithm, TsigKey, TsigVerdict } from '../../../../../../src/enroll/solvers/dns01/rfc2136/tsig.ts'
import { encodeUpdate } from '../../../../../../src/enroll/solvers/dns01/rfc2136/update.ts'
import { readMessage } from '../../../../../../src/net/dnsmessage.ts'
import { encodeName } from '../../../../../../src/net/dnsname.ts'
import { instant, milliseconds, plus } from '../../../../../../src/std/time.ts'

const now = instant(Date.UTC(2026, 10, 24))
const seconds = now / 1000
const key: TsigKey = {
  name: 'Challenges.Example',
  algorithm: 'HMACSHA256',
  secret: Buffer.from('a secret of the tests'),
}
const algorithms = Object.keys(tsigAlgorithms) as readonly TsigAlgorithm[]

const change = { kind: 'add', name: '_acme-challenge.a.test', zone: 'a.test', value: 'proof', ttl: 60 } as const
const update = encodeUpdate(change, 0x4242) ?? Buffer.alloc(0)
const request = signMessage(update, key, now)
const requestMac = request?.mac ?? Buffer.alloc(0)

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff)
const u48 = (value: number): Buffer =>
  Buffer.concat([u16(Math.floor(value / 2 ** 32)), Buffer.from([24, 16, 8, 0].map((by) => (value >>> by) & 0xff))])
const name = (text: string): Buffer => Buffer.from(encodeName(text) ?? [])
const hmacName = (algorithm: TsigAlgorithm): Buffer => name(tsigAlgorithms[algorithm].name)

interface Answer {
  readonly by?: TsigKey
  /** How the key is called in the record. */
  readonly calledAs?: string
  readonly rcode?: number
  readonly error?: number
  readonly other?: Buffer
  readonly time?: number
  readonly slack?: number
  readonly macLength?: number
  readonly mac?: Buffer
  readonly type?: number
  readonly class?: number
  readonly ttl?: number
}

/** A reply as a server signs it, written down after RFC 8945 sections 4.2, 4.3 and 5.4 without the code under test. */
function replyOf(answer: Answer = {}): Buffer {
  const {
    by = key,
    calledAs = by.name,
    rcode = 0,
    error = 0,
    other = Buffer.alloc(0),
    time = seconds,
    slack = 300,
  } = answer
  const head = Buffer.concat([update.subarray(0, 2), u16(0xa800 | rcode), u16(1), u16(0), u16(0)])
  const question = Buffer.concat([name('a.test'), u16(6), u16(1)])
  const timed = Buffer.concat([u48(time), u16(slack)])
  const ending = Buffer.concat([u16(error), u16(other.length), other])
  const digest = createHmac(tsigAlgorithms[by.algorithm].hash, by.secret)
    .update(Buffer.concat([u16(requestMac.length), requestMac]))
    .update(Buffer.concat([head, u16(0), question]))
    .update(Buffer.concat([name(calledAs), u16(255), Buffer.alloc(4), hmacName(by.algorithm), timed, ending]))
    .digest()
  const mac = answer.mac ?? digest.subarray(0, answer.macLength)
  const data = Buffer.concat([hmacName(by.algorithm), timed, u16(mac.length), mac, update.subarray(0, 2), ending])
  const ttl = Buffer.concat([u16(0), u16(answer.ttl ?? 0)])
  const record = [name(calledAs), u16(answer.type ?? 250), u16(answer.class ?? 255), ttl, u16(data.length), data]
  return Buffer.concat([head, u16(1), question, ...record])
}

function verdictOn(bytes: Uint8Array, at = now, holder: TsigKey = key): TsigVerdict | 'unreadable' {
  const reply = readMessage(bytes)
  return reply === undefined ? 'unreadable' : verifyReply(reply, { key: holder, requestMac, now: at })
}

const after = (length: number) => plus(now, milliseconds(length * 1000))

describe('a signed update', () => {
  it.each(algorithms)('has a MAC by %s over the message and the variables (RFC 8945 section 4.3)', (algorithm) => {
    const signed = signMessage(update, { ...key, algorithm }, now)
    const expected = createHmac(tsigAlgorithms[algorithm].hash, key.secret)
      .update(update)
      .update(Buffer.concat([name('challenges.example'), u16(255), Buffer.alloc(4), hmacName(algorithm)]))
      .update(Buffer.concat([u48(seconds), u16(fudge), u16(0), u16(0)]))
      .digest()
    expect(Buffer.from(signed?.mac ?? [])).toEqual(expected)
  })

  it('is the update itself with one record more, which carries its identifier', () => {
    const read = readMessage(request?.message ?? Buffer.alloc(0))
    const bare = readMessage(update)
    expect(read?.authorities.map(({ data }) => data)).toEqual(bare?.authorities.map(({ data }) => data))
    expect(read?.additionals).toMatchObject([{ name: 'challenges.example', type: 250, class: 255, ttl: 0 }])
    expect(read?.additionals[0]?.data.subarray(-6)).toEqual(Buffer.from('424200000000', 'hex'))
  })

  it('cannot be made with a key whose name is none', () => {
    expect(signMessage(update, { ...key, name: 'a..b' }, now)).toBeUndefined()
  })

  it('is not the message that was given: that one stays as it is', () => {
    expect(Buffer.from(update).readUInt16BE(10)).toBe(0)
  })
})

describe('the signature of a reply', () => {
  it.each(algorithms)('by %s is verified', (algorithm) => {
    const by: TsigKey = { ...key, algorithm }
    expect(verdictOn(replyOf({ by }), now, by)).toEqual({ kind: 'verified' })
  })

  const stranger: TsigKey = { ...key, secret: Buffer.from('another secret') }
  it.each<[string, Answer, string]>([
    ['made with another secret', { by: stranger }, 'its signature does not fit'],
    ['of another key', { by: { ...key, name: 'other' } }, 'it is signed with another key'],
    ['by another algorithm', { by: { ...key, algorithm: 'HMACSHA512' } }, 'it is signed with another key'],
    ['that is cut short', { macLength: 16 }, 'its signature does not fit'],
    ['that is empty', { macLength: 0 }, 'its signature does not fit'],
    ['in another class', { class: 1 }, 'its signature is malformed'],
    ['that is to be kept', { ttl: 1 }, 'its signature is malformed'],
    ['from more than its slack ago', { time: seconds - 301 }, 'it was signed at another time'],
    ['from the future', { time: seconds + 301 }, 'it was signed at another time'],
    ['with little slack', { time: seconds - 11, slack: 10 }, 'it was signed at another time'],
    ['of a refusal for its time, forged', { by: stranger, error: tsigErrors.BADTIME }, 'its signature does not fit'],
  ])('%s is wrong', (_what, answer, why) => {
    expect(verdictOn(replyOf(answer))).toEqual({ kind: 'wrong', why })
  })

  it('counts for 300 seconds, before and after', () => {
    expect([after(-300), after(300)].map((at) => verdictOn(replyOf(), at))).toEqual([
      { kind: 'verified' },
      { kind: 'verified' },
    ])
    expect(verdictOn(replyOf(), after(301))).toMatchObject({ kind: 'wrong' })
  })

  it('is missing when the last record is another one', () => {
    expect(verdictOn(replyOf({ type: 16 }))).toEqual({ kind: 'unsigned' })
    expect(verdictOn(Buffer.concat([u16(0x4242), u16(0xa805), Buffer.alloc(8)]))).toEqual({ kind: 'unsigned' })
  })

  it.each([
    ['BADSIG', tsigErrors.BADSIG],
    ['BADKEY', tsigErrors.BADKEY],
  ])('is not expected of a server that says %s', (_what, error) => {
    const refusal = { kind: 'refused', error, serverTime: undefined }
    expect(verdictOn(replyOf({ rcode: 9, error, macLength: 0 }))).toEqual(refusal)
  })

  it('of a server whose clock differs counts, however late it is, and says what its clock shows', () => {
    const answer = { rcode: 9, error: tsigErrors.BADTIME, other: u48(seconds + 7200) }
    const refusal = { kind: 'refused', error: tsigErrors.BADTIME, serverTime: seconds + 7200 }
    expect(verdictOn(replyOf(answer))).toEqual(refusal)
    expect(verdictOn(replyOf({ ...answer, other: Buffer.alloc(0) }))).toEqual({ ...refusal, serverTime: undefined })
  })

  it('covers every bit but the identifier of the message and the case of names', () => {
    const whole = replyOf()
    const passed: number[] = []
    for (let bit = 16; bit < whole.length * 8; bit += 1) {
      const bent = Buffer.from(whole)
      const octet = bent[bit >> 3] ?? 0
      bent[bit >> 3] = octet ^ (1 << (bit & 7))
      const isCase = (bit & 7) === 5 && /[a-z]/i.test(String.fromCodePoint(octet))
      const verdict = verdictOn(bent)
      if (!isCase && verdict !== 'unreadable' && verdict.kind === 'verified') passed.push(bit)
    }
    expect(passed).toEqual([])
  })

  it('that is rubbish is never more than wrong', () => {
    const head = Buffer.concat([update.subarray(0, 2), u16(0xa800), u16(0), u16(0), u16(0), u16(1)])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (rubbish, isNamed) => {
        const data = isNamed ? Buffer.concat([hmacName('HMACSHA256'), rubbish]) : rubbish
        const record = [name(key.name), u16(250), u16(255), Buffer.alloc(4), u16(data.length), data]
        const verdict = verdictOn(Buffer.concat([head, ...record]))
        expect(verdict).toMatchObject({ kind: expect.stringMatching(/^(wrong|refused)$/) })
      }),
      { numRuns: 1000 },
    )
  })
})
