import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hourlyBudget, nextTry, patience } from '../../../src/domain/backoff.ts'
import type { BackoffInput } from '../../../src/domain/backoff.ts'
import { isBudgeted } from '../../../src/domain/fault.ts'
import { between, days, hours, milliseconds, minus, minutes, plus, seconds } from '../../../src/std/time.ts'
import type { Duration, Instant } from '../../../src/std/time.ts'
import { now } from './snapshots.ts'

const failing = (more: Partial<BackoffInput>): BackoffInput => ({
  retry: 'soon',
  attempts: 1,
  now,
  lifeLeft: days(30),
  recent: [],
  uid: 'uid',
  ...more,
})

const waitOf = (more: Partial<BackoffInput>): number => {
  const next = nextTry(failing(more))
  return next === undefined ? Infinity : between(now, next)
}

describe('the wait after a failure', () => {
  const rows: readonly {
    retry: 'soon' | 'later' | 'anew' | 'issuer'
    left: string
    lifeLeft: Duration | undefined
    waits: Duration[]
  }[] = [
    {
      retry: 'soon',
      left: '30 days',
      lifeLeft: days(30),
      waits: [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360].map(minutes),
    },
    { retry: 'soon', left: '2 minutes', lifeLeft: minutes(2), waits: [5, 10, 15, 15].map(seconds) },
    {
      retry: 'soon',
      left: 'nothing',
      lifeLeft: undefined,
      waits: [10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800].map(seconds),
    },
    { retry: 'later', left: '30 days', lifeLeft: days(30), waits: [1, 4, 16, 24, 24].map(hours) },
    { retry: 'later', left: 'nothing', lifeLeft: undefined, waits: [1, 4, 16, 64, 256, 480, 480].map(minutes) },
    { retry: 'anew', left: '30 days', lifeLeft: days(30), waits: [1, 4, 16, 64, 256, 1024, 1440, 1440].map(minutes) },
    { retry: 'anew', left: 'nothing', lifeLeft: undefined, waits: [10, 40, 160, 640].map(seconds) },
    { retry: 'issuer', left: '30 days', lifeLeft: days(30), waits: [1, 2, 4, 8, 16, 30, 30].map(minutes) },
  ]
  it.each(rows)('of the class $retry with $left left climbs as the table says', ({ retry, lifeLeft, waits }) => {
    for (const [i, wait] of waits.entries()) {
      // One failure every few hours: the ladder alone, without the hourly budget.
      const recent = isBudgeted(retry) ? Array.from({ length: i + 1 }, (_, k) => minus(now, hours(9 * (i - k)))) : []
      const own = waitOf({ retry, lifeLeft, attempts: i + 1, recent })
      expect(own).toBeGreaterThanOrEqual(wait)
      expect(own).toBeLessThanOrEqual(wait * 1.1 + 1000)
    }
  })

  it('of the class person never ends by itself', () => {
    expect(nextTry(failing({ retry: 'person' }))).toBeUndefined()
  })

  it('of the class anew is a minute at first, so that a request that a crash has cost is made again', () => {
    expect(waitOf({ retry: 'anew', attempts: 1, recent: [now] })).toBeLessThan(minutes(1.2))
  })

  it('of the class later climbs by its own failures, not by the nights when the network was down', () => {
    expect(waitOf({ retry: 'later', attempts: 40, recent: [now] })).toBeLessThan(hours(1.2))
  })

  it('is different for certificates that fail together', () => {
    const waits = Array.from({ length: 20 }, (_, i) => waitOf({ attempts: 8, uid: `uid-${i}` }))
    expect(new Set(waits).size).toBeGreaterThan(15)
  })

  it.each([
    { title: 'an hour, always', lifeLeft: minutes(2), asked: minutes(50), wait: minutes(50) },
    { title: 'half of the life that is left', lifeLeft: days(4), asked: days(3), wait: days(2) },
    { title: 'a week, when there is nothing to lose', lifeLeft: undefined, asked: days(3650), wait: days(7) },
    { title: 'a week, when there is much to lose', lifeLeft: days(60), asked: days(3650), wait: days(7) },
  ])('honours what the CA asks for up to $title', ({ lifeLeft, asked, wait }) => {
    expect(waitOf({ lifeLeft, notBefore: plus(now, asked) })).toBe(wait)
    expect(patience(plus(now, asked), { now, lifeLeft })).toBe(plus(now, wait))
  })

  it('is not shortened by a CA that asks for less', () => {
    expect(waitOf({ attempts: 6, notBefore: plus(now, seconds(1)) })).toBeGreaterThan(minutes(30))
  })

  const anyFailure = fc.record({
    retry: fc.constantFrom('soon' as const, 'later' as const, 'anew' as const, 'issuer' as const),
    lifeLeft: fc.option(fc.integer({ min: 1, max: days(3650) }).map(milliseconds), { nil: undefined }),
    uid: fc.uuid(),
  })

  it('is at least five seconds, at most a day and a tenth, and never shrinks while failures go on', () => {
    fc.assert(
      fc.property(anyFailure, fc.integer({ min: 1, max: 60 }), (input, attempts) => {
        const times = (count: number): Instant[] => Array.from({ length: count }, (_, i) => minus(now, days(count - i)))
        const wait = waitOf({ ...input, attempts, recent: times(attempts) })
        const next = waitOf({ ...input, attempts: attempts + 1, recent: times(attempts + 1) })
        expect(wait).toBeGreaterThanOrEqual(seconds(5))
        expect(wait).toBeLessThanOrEqual(hours(24) * 1.1 + 1000)
        expect(next).toBeGreaterThanOrEqual(wait / 1.1 - 1000)
      }),
    )
  })

  it.each(['later', 'anew'] as const)('lets no more than three attempts of the class %s into any hour', (retry) => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 1, max: days(2) }).map(milliseconds), { nil: undefined }), (lifeLeft) => {
        const made: Instant[] = [now]
        for (let i = 0; i < 12; i++) {
          const last = made.at(-1) ?? now
          const noted = made.slice(-10).map((at) => minus(at, milliseconds(at % 1000)))
          const next = nextTry(failing({ retry, now: last, lifeLeft, recent: noted, attempts: made.length }))
          made.push(next ?? plus(last, days(1)))
        }
        for (const [i, at] of made.entries())
          expect((made[i + hourlyBudget] ?? Infinity) - at).toBeGreaterThanOrEqual(hours(1))
      }),
    )
  })
})
