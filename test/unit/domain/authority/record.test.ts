import { describe, expect, it } from '@jest/globals'
import {
  identityOf,
  notePublished,
  publishable,
  recordAuthorities,
  settleFormer,
  unpublished,
} from '../../../../src/domain/authority/record.ts'
import type { AuthorityRecord } from '../../../../src/domain/authority/record.ts'
import { hours, instant, plus } from '../../../../src/std/time.ts'
import { record, seen } from './records.ts'

const now = instant(Date.UTC(2026, 5, 1))
const before = '2026-01-01T00:00:00Z'
const today = '2026-06-01T00:00:00Z'

const states = (records: readonly AuthorityRecord[]): readonly string[] =>
  records.map((one) => `${one.state} ${identityOf(one)} ${one.since}`)

describe('the record of a CA', () => {
  it('begins with what is seen', () => {
    expect(states(recordAuthorities([], { seen: [seen('a')], isNextKnown: true }, now))).toEqual([
      `Current print-a ${today}`,
    ])
  })

  it('keeps the moment as long as the state stays, and why it was believed', () => {
    const old = record('a', before, { trustedBy: 'Predecessor', publishedAt: before })
    const [next] = recordAuthorities([old], { seen: [seen('a')], isNextKnown: true }, now)
    expect(next).toEqual(old)
  })

  it('has one that is no longer shown as former, from now on, once', () => {
    const changed = recordAuthorities([record('a', before)], { seen: [seen('b')], isNextKnown: true }, now)
    expect(states(changed)).toEqual([`Current print-b ${today}`, `Former print-a ${today}`])
    const later = recordAuthorities(changed, { seen: [seen('b')], isNextKnown: true }, plus(now, hours(5)))
    expect(states(later)).toEqual(states(changed))
  })

  it('has one that is shown again as current again', () => {
    const former = record('a', before, { state: 'Former', unusedSince: before })
    const back = recordAuthorities([former], { seen: [seen('a')], isNextKnown: true }, now)
    expect(states(back)).toEqual([`Current print-a ${today}`])
    expect(back[0]).not.toHaveProperty('unusedSince')
  })

  it('retires nothing while nothing is seen that could take its place', () => {
    const announced = seen('b', { state: 'Next' })
    const records = recordAuthorities([record('a', before)], { seen: [announced], isNextKnown: true }, now)
    expect(states(records)).toEqual([`Current print-a ${before}`, `Next print-b ${today}`])
  })

  it.each([
    ['stands while the CA gives no answer', false, [`Current print-a ${before}`, `Next print-b ${before}`]],
    ['goes when the CA announces nothing any more', true, [`Current print-a ${before}`]],
  ])('of an announcement %s', (_words, isNextKnown, expected) => {
    const records = [record('a', before), record('b', before, { state: 'Next' })]
    expect(states(recordAuthorities(records, { seen: [seen('a')], isNextKnown }, now))).toEqual(expected)
  })

  it('has one that was announced and is used now as current, believed because of its predecessor', () => {
    const records = [record('a', before), record('b', before, { state: 'Next', trustedBy: 'Predecessor' })]
    const [current] = recordAuthorities(records, { seen: [seen('b')], isNextKnown: true }, now)
    expect(current).toMatchObject({ state: 'Current', since: today, trustedBy: 'Predecessor' })
  })

  it('forgets what went once it has expired, and shows what counts even then', () => {
    const ended = { notAfter: before }
    const records = [record('a', before, { state: 'Former', ...ended })]
    const next = recordAuthorities(records, { seen: [seen('b', ended)], isNextKnown: true }, now)
    expect(states(next)).toEqual([`Current print-b ${today}`])
  })

  it('is bounded, whatever a CA shows', () => {
    let records: readonly AuthorityRecord[] = []
    for (let i = 0; i < 200; i++)
      records = recordAuthorities(records, { seen: [seen(String(i))], isNextKnown: true }, plus(now, hours(i)))
    expect(records).toHaveLength(32)
    expect(records[0]).toMatchObject({ state: 'Current', fingerprintSHA256: 'print-199' })
    expect(records[1]).toMatchObject({ state: 'Former', fingerprintSHA256: 'print-198' })
  })
})

describe('a CA that went', () => {
  const former = record('a', before, { state: 'Former' })
  const settle = (one: AuthorityRecord, isUsed: boolean, at = now) =>
    settleFormer([record('b', before), one], { isUsed: () => isUsed, keep: hours(24) }, at)

  it('stays as it is while a certificate leads to it', () => {
    expect(settle(former, true)).toEqual([record('b', before), former])
    expect(settle({ ...former, unusedSince: before }, true)).toEqual([record('b', before), former])
  })

  it('is noted as unused, and forgotten when it has been so for long enough', () => {
    const [, noted] = settle(former, false)
    expect(noted).toMatchObject({ unusedSince: today })
    if (noted === undefined) throw new Error('it was forgotten at once')
    expect(settle(noted, false, plus(now, hours(23)))).toHaveLength(2)
    expect(settle(noted, false, plus(now, hours(24)))).toEqual([record('b', before)])
  })
})

describe('what is published', () => {
  const records = [
    record('b', before),
    record('i', before, { role: 'Intermediate' }),
    record('c', before, { state: 'Next' }),
    record('a', before, { state: 'Former', publishedAt: before }),
  ]

  it('is every root, old and new, and no intermediate', () => {
    expect(publishable(records).map(({ certificate }) => certificate)).toEqual(['pem-b\n', 'pem-c\n', 'pem-a\n'])
  })

  it('is noted once', () => {
    expect(notePublished(records, now).map(({ publishedAt }) => publishedAt)).toEqual([today, undefined, today, before])
    expect(notePublished(records.map(unpublished), now).map(({ publishedAt }) => publishedAt)).toEqual([
      today,
      undefined,
      today,
      today,
    ])
  })
})
