import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hours, instant, minutes, plus } from '../../../src/std/time.ts'
import { fromLocal, isTimeZone, toLocal } from '../../../src/std/zone.ts'
import type { LocalTime } from '../../../src/std/zone.ts'

const local = (text: string): LocalTime => Date.parse(`${text}Z`) as LocalTime
const moment = (zone: string, text: string): string => new Date(fromLocal(zone, local(text))).toISOString()

/** With daylight saving on both hemispheres, by half an hour, with none, and far from UTC on both sides. */
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
]
const anyZone = fc.constantFrom(
  ...zones,
  'America/St_Johns',
  'Africa/Casablanca',
  'Pacific/Pago_Pago',
  'America/Santiago',
)
const anyMoment = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  .map((date) => instant(date.getTime()))

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'Etc/GMT+5', 'america/new_york'])('%s is known', (zone) => {
    expect(isTimeZone(zone)).toBe(true)
  })

  it.each(['Mars/Olympus', '', 'Europe/Berlin\n', 'constructor', '__proto__'])('%j is not', (zone) => {
    expect(isTimeZone(zone)).toBe(false)
    expect(() => toLocal(zone, instant(0))).toThrow(/not known/)
  })

  it.each([
    ['Europe/Berlin', '2026-01-15T02:00:00', '2026-01-15T01:00:00.000Z'],
    ['Europe/Berlin', '2026-07-15T02:00:00', '2026-07-15T00:00:00.000Z'],
    ['America/New_York', '2026-07-15T22:30:00', '2026-07-16T02:30:00.000Z'],
    ['Asia/Kathmandu', '2026-07-15T00:00:00', '2026-07-14T18:15:00.000Z'],
  ])('%s shows %s at %s', (zone, shown, at) => {
    expect(moment(zone, shown)).toBe(at)
  })

  it.each([
    {
      title: 'skipped, is as much later as clocks are set',
      zone: 'Europe/Berlin',
      shown: '2026-03-29T02:30:00',
      at: '2026-03-29T01:30:00.000Z',
    },
    {
      title: 'skipped by half an hour',
      zone: 'Australia/Lord_Howe',
      shown: '2026-10-04T02:15:00',
      at: '2026-10-03T15:45:00.000Z',
    },
    {
      title: 'that comes twice is its first coming',
      zone: 'Europe/Berlin',
      shown: '2026-10-25T02:30:00',
      at: '2026-10-25T00:30:00.000Z',
    },
    {
      title: 'that comes twice in the west',
      zone: 'America/New_York',
      shown: '2026-11-01T01:30:00',
      at: '2026-11-01T05:30:00.000Z',
    },
    {
      title: 'of a day that a zone left out',
      zone: 'Pacific/Apia',
      shown: '2011-12-30T12:00:00',
      at: '2011-12-30T22:00:00.000Z',
    },
  ])('a time $title', ({ zone, shown, at }) => {
    expect(moment(zone, shown)).toBe(at)
  })

  it('has every moment back from the time it shows, or the first of two that show the same', () => {
    fc.assert(
      fc.property(anyZone, anyMoment, (zone, at) => {
        const back = fromLocal(zone, toLocal(zone, at))
        expect([at, plus(at, hours(-1)), plus(at, minutes(-30)), plus(at, hours(-2))]).toContain(back)
        expect(toLocal(zone, back)).toBe(toLocal(zone, at))
      }),
      { numRuns: 300 },
    )
  })
})
