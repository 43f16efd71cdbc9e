import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { pressedUntil, shortBy } from '../../../../src/domain/budget/pressure.ts'
import { forOthers, forRenewals, limitsText, timeFor } from '../../../../src/domain/budget/shares.ts'
import { days, hours, instant, minutes, plus, scale } from '../../../../src/std/time.ts'
import type { Duration, Instant } from '../../../../src/std/time.ts'

const now = instant(Date.UTC(2026, 0, 1))
const perHour =
  (count: number) =>
  (renewals: number): Duration =>
    timeFor(renewals, { perHour: count })
const pressed = (lasts: readonly Duration[], count: number): Instant | undefined =>
  pressedUntil({ lasts: Float64Array.from(lasts, (last) => plus(now, last)), timeFor: perHour(count) }, now)

describe('a budget that is too small', () => {
  const short = (ends: readonly Duration[], count: number): number =>
    shortBy({ ends: Float64Array.from(ends, (end) => plus(now, end)), timeFor: perHour(count) }, now)

  it.each([
    ['is none while the last of them has its turn before it ends', [hours(2), hours(2), hours(2), hours(2)], 4, 0],
    ['is told by those whose turn comes too late', [minutes(30), minutes(50), minutes(10), minutes(35)], 4, 2],
    ['counts nobody whose turn is now', [minutes(1)], 1, 0],
    ['counts nobody who has ended', [hours(-1), minutes(1)], 1, 0],
    ['is none where there is nothing', [], 1, 0],
  ])('%s', (_words, ends, count, expected) => {
    expect(short(ends, count)).toBe(expected)
  })

  it('is told of nobody whom the pressure alone has renewed in time', () => {
    const fleet = fc.array(fc.integer({ min: 100, max: 5000 }), { maxLength: 40 })
    fc.assert(
      fc.property(fleet, fc.integer({ min: 4, max: 60 }), (ends, count) => {
        const inTime = ends.toSorted((a, b) => a - b).every((end, i) => perHour(count)(i) <= minutes(end))
        expect(short(ends.map(minutes), count) === 0).toBe(inTime)
      }),
    )
  })
})

describe('the pressure on a budget', () => {
  it('is none while all can be renewed in time later', () => {
    expect(pressed([], 4)).toBeUndefined()
    expect(pressed([hours(3), hours(2), hours(4)], 4)).toBeUndefined()
  })

  it('begins when the first of them could not be renewed in time any more, if one waited', () => {
    // Three an hour are for renewals: six of them take two hours.
    const six = Array.from({ length: 6 }, () => hours(2))
    expect(pressed(six, 4)).toBe(plus(now, hours(2)))
    expect(pressed([...six.slice(1), hours(3)], 4)).toBeUndefined()
  })

  it('presses everything that must be renewed before a crowd, and nothing that comes after it', () => {
    const crowd = Array.from({ length: 30 }, () => hours(10))
    expect(pressed([hours(9), ...crowd, hours(50)], 4)).toBe(plus(now, hours(10)))
  })

  it('presses what is late already', () => {
    expect(pressed([hours(-1), days(30)], 400)).toBe(plus(now, hours(-1)))
  })

  it('begins early enough: who serves the pressed one after the other at the budget misses no last moment', () => {
    const fleet = fc.array(fc.integer({ min: 700, max: 5000 }), { maxLength: 40 })
    fc.assert(
      fc.property(fleet, (lasts) => {
        const left = lasts.map((last) => plus(now, minutes(last))).toSorted((a, b) => a - b)
        // One more each turn: the pressed are asked for at the moment of each turn.
        for (let t = now; left.length > 0; t = plus(t, minutes(20))) {
          const until = pressedUntil({ lasts: Float64Array.from(left), timeFor: perHour(4) }, t)
          if (until === undefined) continue
          expect(left[0]).toBeGreaterThanOrEqual(plus(t, minutes(-20)))
          left.shift()
        }
      }),
    )
  })
})

describe('the shares of a budget', () => {
  it('leave one for each at least, and add up from four on', () => {
    for (let limit = 1; limit <= 500; limit++) {
      expect(forRenewals(limit)).toBeGreaterThanOrEqual(1)
      expect(forOthers(limit)).toBeGreaterThanOrEqual(1)
      if (limit >= 2) expect(forRenewals(limit) + forOthers(limit)).toBe(limit)
    }
  })

  it.each([
    [{ perHour: 4 }, 6, hours(2)],
    [{ perDay: 4 }, 6, hours(48)],
    [{ perHour: 4, perDay: 4 }, 6, hours(48)],
    [{ perHour: 4, perDay: 4000 }, 6, hours(2)],
  ])('say how long renewals take at %j', (limits, renewals, length) => {
    expect(timeFor(renewals, limits)).toBeCloseTo(scale(length, 1))
  })

  it('are told as people say them', () => {
    expect(limitsText({ perHour: 200 })).toBe('200 an hour')
    expect(limitsText({ perHour: 200, perDay: 2000 })).toBe('200 an hour and 2000 a day')
  })
})
