import { describe, expect, it } from '@jest/globals'
import { Cron } from 'croner'
import fc from 'fast-check'
import { isOnDay, parseCron } from '../../../src/std/cron.ts'
import type { CronSchedule } from '../../../src/std/cron.ts'
import { fromLocal } from '../../../src/std/zone.ts'
import type { LocalTime } from '../../../src/std/zone.ts'

function scheduleOf(text: string): CronSchedule {
  const parsed = parseCron(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

/** The days of a year on which it comes, as `MM-DD`. */
function daysOf(text: string, year = 2026): readonly string[] {
  const schedule = scheduleOf(text)
  const all = Array.from({ length: 366 }, (_, day) => Date.UTC(year, 0, 1 + day))
  return all.filter((day) => isOnDay(schedule, day)).map((day) => new Date(day).toISOString().slice(5, 10))
}

describe('a schedule', () => {
  it.each([
    ['0 2 * * *', { minutes: [0], hours: [2] }],
    ['*/20 0-2,22 * * *', { minutes: [0, 20, 40], hours: [0, 1, 2, 22] }],
    ['50/5 1-7/3 * * *', { minutes: [50, 55], hours: [1, 4, 7] }],
  ])('%s has its times of day', (text, times) => {
    expect(scheduleOf(text)).toMatchObject(times)
  })

  it.each([
    ['0 2 24-26 12 *', ['12-24', '12-25', '12-26']],
    ['0 2 * FEB 7', ['02-01', '02-08', '02-15', '02-22']],
    ['0 2 * feb Sun', ['02-01', '02-08', '02-15', '02-22']],
    ['0 2 1 2 mon', ['02-01', '02-02', '02-09', '02-16', '02-23']],
    ['0 2 */15 2 mon', ['02-01', '02-02', '02-09', '02-16', '02-23']],
    ['0 2 */1 2 mon', ['02-02', '02-09', '02-16', '02-23']],
    ['0 2 29 2 *', []],
  ])('%s comes on its days', (text, days) => {
    expect(daysOf(text)).toEqual(days)
  })

  it('comes on a leap day', () => {
    expect(daysOf('0 2 29 2 *', 2028)).toEqual(['02-29'])
  })

  it.each([
    ['0 2 * *', 'five fields|write minute, hour'],
    ['60 2 * * *', '"60" is not a minute'],
    ['0 6-2 * * *', '"6-2" is not a hour'],
    ['0 2 0 * *', '"0" is not a day of the month'],
    ['0 2 * 1,13 *', '"13" is not a month'],
    ['0 2 * * 8', '"8" is not a day of the week'],
    ['0 2 * * mon-', '"mon-"'],
    ['*/0 2 * * *', '"\\*/0" is not a minute'],
    ['0 2 30 2 *', 'never comes'],
    ['0 2 31 4,6 *', 'never comes'],
    ['', 'not a schedule'],
  ])('%j is refused with what is wrong', (text, words) => {
    const parsed = parseCron(text)
    expect(parsed.ok ? 'accepted' : parsed.error).toMatch(new RegExp(words))
  })

  it('is never misread as something that throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789*/-, monJAN') }), (text) => void parseCron(text)),
    )
  })
})

const part = (least: number, most: number): fc.Arbitrary<string> => {
  const value = fc.integer({ min: least, max: most })
  return fc.oneof(
    fc.constant('*'),
    value.map(String),
    fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 2, max: 6 }).map((step) => `*/${step}`),
    fc.array(value, { minLength: 2, maxLength: 4 }).map((values) => values.join(',')),
  )
}
const schedules = fc
  .tuple(part(0, 59), part(0, 23), part(1, 28), part(1, 12), part(0, 6))
  .map((fields) => fields.join(' '))

/** All that a schedule has after a moment, up to a number, by our own parts. */
function nextTimes(
  text: string,
  { zone, from, count }: { zone: string; from: number; count: number },
): readonly string[] {
  const schedule = scheduleOf(text)
  const found: number[] = []
  for (
    let day = Math.floor(from / 86_400_000 - 1) * 86_400_000;
    found.filter((at) => at > from).length < count;
    day += 86_400_000
  ) {
    if (!isOnDay(schedule, day)) continue
    for (const hour of schedule.hours)
      for (const minute of schedule.minutes)
        found.push(fromLocal(zone, (day + hour * 3_600_000 + minute * 60_000) as LocalTime))
  }
  return found
    .filter((at) => at > from)
    .slice(0, count)
    .map((at) => new Date(at).toISOString())
}

describe('held against another reader of schedules', () => {
  it('they agree on what comes next, away from the nights on which clocks are set', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu')
    fc.assert(
      fc.property(schedules, zones, fc.integer({ min: 0, max: 120 }), (text, zone, day) => {
        // From May to August no clock of these is set; schedules of other months find nothing until then.
        const from = Date.UTC(2026, 3, 20 + day)
        const ends = new Date(Date.UTC(2026, 9, 1))
        const before = (times: readonly string[]): readonly string[] => times.filter((at) => at < ends.toISOString())
        const theirs = new Cron(text, { timezone: zone, paused: true }).nextRuns(5, new Date(from))
        expect(before(nextTimes(text, { zone, from, count: 5 }))).toEqual(before(theirs.map((at) => at.toISOString())))
      }),
      { numRuns: 100 },
    )
  })
})
