import { describe, expect, it } from '@jest/globals'
import { isIssuedBy, leadsTo, reissueTime, rolloverOf } from '../../../../src/domain/authority/rollover.ts'
import type { Link, Rollover } from '../../../../src/domain/authority/rollover.ts'
import { changeCondition, newsOf } from '../../../../src/domain/authority/telling.ts'
import { hours, instant, minutes, plus, toRfc3339 } from '../../../../src/std/time.ts'
import type { Instant } from '../../../../src/std/time.ts'
import { record } from './records.ts'

const changed = instant(Date.UTC(2026, 5, 1))
const since = toRfc3339(changed)
const before = '2026-01-01T00:00:00Z'
const records = [record('b', since), record('a', since, { state: 'Former' })]
const link = (key: string | undefined): Link => ({
  issuer: [[{ oid: '2.5.4.3', value: 'CA' }]],
  authorityKeyId: key === undefined ? undefined : `key-${key}`,
})
const must = (rollover: Rollover | undefined): Rollover => {
  if (rollover === undefined) throw new Error('nothing changes')
  return rollover
}
const rollover = must(rolloverOf(records, {}))
const issuedAt = instant(Date.UTC(2026, 4, 1))
const lead = { uid: 'uid', issuedAt, links: [link('a')] }
const dueOf = (uid: string, over: Partial<Rollover> = {}): Instant => {
  const due = reissueTime({ ...lead, uid }, { ...rollover, ...over })
  if (due === undefined) throw new Error('it is left alone')
  return due
}

describe('a certificate of a CA that was replaced', () => {
  it('is re-issued after the delay and within the spread', () => {
    const dues = Array.from({ length: 1000 }, (_, i) => dueOf(`uid-${i}`))
    expect(Math.min(...dues)).toBeGreaterThanOrEqual(plus(changed, hours(1)))
    expect(Math.max(...dues)).toBeLessThanOrEqual(plus(changed, hours(2)))
  })

  it('falls into any tenth of the spread as often as into any other', () => {
    const counts = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 10_000; i++) {
      const tenth = Math.floor((dueOf(`uid-${i}`) - plus(changed, hours(1))) / minutes(6))
      counts[tenth] = (counts[tenth] ?? 0) + 1
    }
    expect(Math.max(...counts)).toBeLessThan(1150)
    expect(Math.min(...counts)).toBeGreaterThan(850)
  })

  it('has the same moment whenever it is asked, and another one at the next change', () => {
    expect(dueOf('x')).toBe(dueOf('x'))
    const later = { since: plus(changed, minutes(1)), subject: 'CN=CA', keyId: 'key-a', end: undefined }
    expect(dueOf('x', { replaced: [later] })).not.toBe(dueOf('x'))
  })

  it('is re-issued before its CA ends, however long the spread is', () => {
    const end = plus(changed, minutes(90))
    const [replaced] = rollover.replaced
    if (replaced === undefined) throw new Error('none')
    const dues = Array.from({ length: 200 }, (_, i) =>
      dueOf(`u${i}`, { replaced: [{ ...replaced, end }], spread: hours(100) }),
    )
    expect(Math.max(...dues)).toBeLessThanOrEqual(end)
  })

  it('is re-issued too when it was issued in the second of the change', () => {
    expect(reissueTime({ ...lead, issuedAt: changed }, rollover)).toBeDefined()
  })

  it('is re-issued too when an intermediate above it was issued by the replaced one', () => {
    const links = [link('i'), link('a')]
    expect(reissueTime({ ...lead, links }, rollover)).toBeDefined()
  })
})

describe('a certificate is left alone', () => {
  it.each([
    ['under the CA that counts', { links: [link('b')] }],
    ['under a CA that nobody knows', { links: [link('x')] }],
    ['issued after the change, for the CA goes on with the old one', { issuedAt: plus(changed, minutes(1)) }],
    ['that does not say which key issued it, for old and new have one name', { links: [link(undefined)] }],
  ])('%s', (_words, more) => {
    expect(reissueTime({ ...lead, ...more }, rollover)).toBeUndefined()
  })
})

describe('nothing is re-issued', () => {
  const bundled = { trustBundle: { configMap: { name: 'bundle' } } }

  it.each([
    ['while no CA was replaced', [record('b', since)], {}],
    ['where the spec says so', records, { rollover: { reissue: 'AtRenewal' as const } }],
    ['before the new CA is in the bundle', records, bundled],
    [
      'when all that is known is a name that has changed',
      [record('b', since), { subject: 'CN=a', role: 'Root' as const, state: 'Former' as const, since }],
      {},
    ],
    ['while no CA counts', [record('a', since, { state: 'Former' })], {}],
  ])('%s', (_words, known, spec) => {
    expect(rolloverOf(known, spec)).toBeUndefined()
  })

  it('before the new CA has been in the bundle for the delay', () => {
    const publishedAt = toRfc3339(plus(changed, hours(3)))
    const published = [record('b', since, { publishedAt }), record('a', since, { state: 'Former' })]
    const spec = { ...bundled, rollover: { delay: '30m', spread: '10m' } }
    expect(rolloverOf(published, spec)).toMatchObject({
      from: plus(changed, minutes(210)),
      spread: minutes(10),
    })
  })
})

describe('a root that was published long ago', () => {
  it('is not followed before it has counted for the delay', () => {
    const published = [record('b', since, { publishedAt: before }), record('a', since, { state: 'Former' })]
    expect(rolloverOf(published, { trustBundle: { configMap: { name: 'bundle' } } })).toMatchObject({
      from: plus(changed, hours(1)),
    })
  })
})

describe('who issued a certificate', () => {
  it.each([
    ['the same key and another name', 'CN=other', 'key-a', true],
    ['another key and the same name', 'CN=CA', 'key-b', false],
    ['no key and the same name', 'CN=CA', undefined, true],
    ['no key and another name', 'CN=other', undefined, false],
  ])('%s', (_words, subject, keyId, expected) => {
    expect(isIssuedBy(link('a'), { subject, keyId })).toBe(expected)
    expect(leadsTo([link('z'), link('a')], { subject, keyId })).toBe(expected)
  })
})

describe('what is told of a change', () => {
  const told = { records, rollover, doubtful: undefined, isStaged: true }

  it('is who replaced whom, and until when certificates follow', () => {
    expect(changeCondition(told)).toEqual({
      type: 'CAChange',
      status: 'True',
      reason: 'CAChanged',
      message:
        '"CN=CA" (print-b...) took the place of "CN=CA" (print-a...) at 2026-06-01T00:00:00Z; certificates of the former are re-issued from 2026-06-01T01:00:00Z until 2026-06-01T02:00:00Z',
    })
  })

  it.each([
    ['that they are left alone', { isStaged: false }, /re-issued when they are due$/],
    [
      'that all have followed',
      { records: [record('b', since), record('a', since, { state: 'Former', unusedSince: since })] },
      /no certificate of the former is left$/,
    ],
    ['that the bundle comes first', { rollover: undefined }, /once the new one is published in the trust bundle$/],
    ['what nothing trusted vouches for', { doubtful: 'it shows another root' }, /^it shows another root$/],
  ])('is %s', (_words, more, pattern) => {
    expect(changeCondition({ ...told, ...more })?.message).toMatch(pattern)
  })

  it('is what is announced', () => {
    const announced = [record('a', before), record('b', since, { state: 'Next' })]
    expect(changeCondition({ ...told, records: announced })).toMatchObject({
      reason: 'CAAnnounced',
      message: 'the CA announces "CN=CA" (print-b...), which will take the place of "CN=CA" (print-a...)',
    })
  })

  it('is nothing while nothing changes', () => {
    expect(changeCondition({ ...told, records: [record('a', before)] })).toBeUndefined()
  })

  it('is news once', () => {
    const condition = changeCondition(told)
    expect(newsOf([record('a', before)], records, condition)).toMatchObject({ reason: 'CAChanged' })
    expect(newsOf(records, records, condition)).toBeUndefined()
    expect(newsOf([], records, condition)).toBeUndefined()
  })
})
