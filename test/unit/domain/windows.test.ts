import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { momentInWindow, nextOpenTime, readWindows } from '../../../src/domain/windows.ts'
import type { RenewalWindow, Waiting } from '../../../src/domain/windows.ts'
import { mostWithin } from '../../sim/lives.ts'
import {
  between,
  days,
  fromRfc3339,
  hours,
  instant,
  minutes,
  plus,
  scale,
  seconds,
  toRfc3339,
} from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'

const moment = (text: string): Instant => fromRfc3339(text) ?? instant(Number.NaN)
const nightly = { schedule: '0 2 * * *', duration: '4h', timeZone: 'Europe/Berlin' }

function windowsOf(...specs: readonly Partial<typeof nightly>[]): readonly RenewalWindow[] {
  const windows = readWindows(
    'spec.renewalWindows',
    specs.map((spec) => ({ ...nightly, ...spec })),
  )
  if (!windows.ok) throw new Error(windows.error)
  return windows.value
}

const waiting = (due: string, more: Partial<Waiting> = {}): Waiting => ({
  due: moment(due),
  key: 'uid/1',
  lastCall: plus(moment(due), days(30)),
  ...more,
})

/** The moment of what is looked at when it becomes due. */
const momentOf = (windows: readonly RenewalWindow[], due: string, more: Partial<Waiting> = {}): Instant | undefined =>
  momentInWindow(windows, waiting(due, more), moment(due))

describe('the window that a person is told of', () => {
  it.each([
    ['the one that is open', '2026-01-15T02:00:00Z', '2026-01-15T01:00:00Z'],
    ['the first that opens next', '2026-01-15T07:00:00Z', '2026-01-15T20:00:00Z'],
  ])('is %s', (_words, at, opens) => {
    const windows = windowsOf({}, { schedule: '0 21 * * *' })
    expect(nextOpenTime(windows, moment(at))).toEqual({ opens: moment(opens), closes: plus(moment(opens), hours(4)) })
  })

  it('is none where none opens in a year', () => {
    expect(nextOpenTime(windowsOf({ schedule: '0 2 29 2 *' }), moment('2026-01-15T02:00:00Z'))).toBeUndefined()
  })
})

describe('what is due', () => {
  it('while a window is open is renewed at once', () => {
    const open = '2026-01-15T03:00:00Z'
    expect(momentOf(windowsOf({}), open)).toBe(moment(open))
  })

  it.each([
    { title: 'by day', due: '2026-01-15T12:00:00Z', opens: '2026-01-16T01:00:00Z' },
    { title: 'in summer', due: '2026-07-15T12:00:00Z', opens: '2026-07-16T00:00:00Z' },
    { title: 'a second after it closes', due: '2026-01-15T05:00:00Z', opens: '2026-01-16T01:00:00Z' },
    {
      title: 'over the night on which clocks skip its start',
      due: '2026-03-28T12:00:00Z',
      opens: '2026-03-29T01:00:00Z',
    },
  ])('$title has its moment in the next window', ({ due, opens }) => {
    const found = momentOf(windowsOf({}), due)
    expect(found).toBeGreaterThanOrEqual(moment(opens))
    expect(found).toBeLessThan(plus(moment(opens), hours(4)))
  })

  it('on a Friday waits over the weekend for a window of working days', () => {
    const found = momentOf(windowsOf({ schedule: '0 2 * * 1-5' }), '2026-01-16T12:00:00Z')
    expect(found && toRfc3339(found)).toMatch(/^2026-01-19T0[1-4]/)
  })

  it('has its moment in the first of several windows', () => {
    const both = windowsOf({}, { schedule: '0 18 * * *', duration: '1m' })
    const found = momentOf(both, '2026-01-15T12:00:00Z')
    expect(found && toRfc3339(found)).toMatch(/^2026-01-15T17:00/)
  })

  it('waits for none that opens after the last call', () => {
    expect(
      momentOf(windowsOf({}), '2026-01-15T12:00:00Z', { lastCall: moment('2026-01-16T00:59:59Z') }),
    ).toBeUndefined()
  })

  it('waits for none whose moment for it comes after the last call', () => {
    const due = '2026-01-15T12:00:00Z'
    const found = momentOf(windowsOf({}), due) ?? instant(0)
    expect(momentOf(windowsOf({}), due, { lastCall: plus(found, seconds(-1)) })).toBeUndefined()
  })

  it('waits for none that comes once in years, and looks for it only so long', () => {
    const leapDay = windowsOf({ schedule: '0 2 29 2 *' })
    expect(momentOf(leapDay, '2026-01-15T12:00:00Z', { lastCall: moment('2226-01-01T00:00:00Z') })).toBeUndefined()
    expect(momentOf(leapDay, '2028-01-15T12:00:00Z', { lastCall: moment('2226-01-01T00:00:00Z') })).toBeDefined()
  })

  it('and has missed its window has another moment in the next, and is renewed at once when that has come', () => {
    const late = waiting('2026-01-15T12:00:00Z')
    const second = momentInWindow(windowsOf({}), late, moment('2026-01-16T12:00:00Z')) ?? instant(0)
    expect(toRfc3339(second)).toMatch(/^2026-01-17T0[1-4]/)
    const after = plus(second, seconds(10))
    expect(momentInWindow(windowsOf({}), late, after)).toBe(after)
  })

  it('in a window that is always open is renewed when it is due', () => {
    const always = windowsOf({ schedule: '* * * * *', duration: '168h' })
    expect(momentOf(always, '2026-01-15T12:34:56Z')).toBe(moment('2026-01-15T12:34:56Z'))
  })
})

const specs = fc.record({
  schedule: fc.constantFrom('0 2 * * *', '30 1 * * 1-5', '*/30 3 * * *', '0 0 1 * *', '0 2 1-7 * sun', '59 23 * * 6'),
  duration: fc.constantFrom('1m', '1h30m', '4h', '24h', '168h'),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Kiritimati'),
})

describe('a moment in a window', () => {
  it('is never before it is due, never after the last call, and the same when asked again before it has come', () => {
    const due = fc
      .integer({ min: 0, max: 365 * 24 * 60 })
      .map((minute) => plus(moment('2026-01-01T00:00:00Z'), minutes(minute)))
    fc.assert(
      fc.property(
        specs,
        due,
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (spec, at, left, share) => {
          const one: Waiting = { due: at, key: 'uid/9', lastCall: plus(at, hours(left)) }
          const windows = windowsOf(spec)
          const found = momentInWindow(windows, one, at)
          if (found === undefined) return
          expect(found).toBeGreaterThanOrEqual(at)
          expect(found).toBeLessThanOrEqual(one.lastCall)
          const before = plus(at, scale(between(at, found), share))
          expect(momentInWindow(windows, one, before)).toBe(found)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('a fleet that is due in one night', () => {
  const fleet = (duration: string): readonly number[] =>
    Array.from({ length: 10_000 }, (_, i) =>
      Number(momentOf(windowsOf({ duration }), '2026-01-15T12:00:00Z', { key: `uid-${i}/1` })),
    ).toSorted((a, b) => a - b)

  it('is spread over a window of four hours: no more than 1 % of it in any minute', () => {
    expect(mostWithin(fleet('4h'), minutes(1))).toBeLessThanOrEqual(100)
  })

  it('cannot be so in a window of an hour', () => {
    expect(mostWithin(fleet('1h'), minutes(1))).toBeGreaterThan(100)
  })
})

describe('windows that cannot be understood', () => {
  it.each([
    [{ schedule: '0 2 30 2 *' }, 'spec.renewalWindows[0].schedule: "0 2 30 2 *" never comes'],
    [{ schedule: '0 6-2 * * *' }, 'spec.renewalWindows[0].schedule: "6-2" is not a hour'],
    [{ duration: 'long' }, 'spec.renewalWindows[0].duration: "long" is not a duration'],
    [{ duration: '876000h' }, 'spec.renewalWindows[0].duration: a window is open for'],
    [{ timeZone: 'Mars/Olympus' }, 'spec.renewalWindows[0].timeZone: "Mars/Olympus" is not a time zone'],
  ])('%j are told by their path', (spec, words) => {
    const read = readWindows('spec.renewalWindows', [{ ...nightly, ...spec }])
    expect(read.ok ? 'understood' : read.error).toContain(words)
  })
})
