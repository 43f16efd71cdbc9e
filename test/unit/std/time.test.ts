import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { fromRfc3339, instant, toMicroTime, toRfc3339 } from '../../../src/std/time.ts'

describe('a timestamp of RFC 3339', () => {
  it.each([
    ['2026-02-28T12:00:00Z', Date.UTC(2026, 1, 28, 12)],
    ['2026-02-28t12:00:00z', Date.UTC(2026, 1, 28, 12)],
    ['2026-02-28T12:00:00.123456789Z', Date.UTC(2026, 1, 28, 12, 0, 0, 123)],
    ['2026-02-28T12:00:00+01:30', Date.UTC(2026, 1, 28, 10, 30)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['0001-01-01T00:00:00Z', Date.parse('0001-01-01T00:00:00Z')],
  ])('%s is read', (text, at) => {
    expect(fromRfc3339(text)).toBe(at)
  })

  it.each([
    '',
    '1',
    '2026',
    '2026-02-28',
    'Sat, 28 Feb 2026 12:00:00 GMT',
    '2026-02-28 12:00:00Z',
    '2026-02-28T12:00:00',
    '2026-02-28T24:00:00Z',
    '2026-02-28T23:59:60Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '+002026-01-01T00:00:00Z',
  ])('%s is none', (text) => {
    expect(fromRfc3339(text)).toBeUndefined()
  })

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1, 0), max: Date.UTC(9999, 11) }), (at) => {
        const whole = instant(Math.floor(at / 1000) * 1000)
        expect(fromRfc3339(toRfc3339(whole))).toBe(whole)
        expect(fromRfc3339(toMicroTime(instant(at)))).toBe(at)
      }),
    )
  })
})
