import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseRetryAfter } from '../../../src/net/retryafter.ts'
import { fromRfc3339, instant, plus, seconds, toRfc3339 } from '../../../src/std/time.ts'

const now = instant(Date.UTC(2026, 10, 23, 12))

describe('parseRetryAfter', () => {
  it.each([
    ['seconds', '120', '2026-11-23T12:02:00Z'],
    ['zero', '0', '2026-11-23T12:00:00Z'],
    ['seconds with blanks around', ' 60\t', '2026-11-23T12:01:00Z'],
    ['seconds with a fraction', '1.5', '2026-11-23T12:00:01Z'],
    ['a century', '3153600000', '2126-10-30T12:00:00Z'],
    ['an IMF-fixdate', 'Mon, 23 Nov 2026 13:00:00 GMT', '2026-11-23T13:00:00Z'],
    ['an RFC 850 date', 'Monday, 23-Nov-26 13:00:00 GMT', '2026-11-23T13:00:00Z'],
    ['an asctime date', 'Mon Nov 23 13:00:00 2026', '2026-11-23T13:00:00Z'],
    ['an asctime date with a one-digit day', 'Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z'],
    ['an RFC 3339 date', '2026-11-23T13:00:00+01:00', '2026-11-23T12:00:00Z'],
    ['a date in the past', 'Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['more seconds than there are', '9'.repeat(400), '9999-12-31T23:59:59Z'],
  ])('reads %s', (_case, text, expected) => {
    const at = parseRetryAfter(text, now)
    expect(at === undefined ? undefined : toRfc3339(at)).toBe(expected)
  })

  it.each([
    ['nothing', ''],
    ['garbage', 'soon'],
    ['a number in a sentence', '5 minutes'],
    ['negative seconds', '-30'],
    ['infinity', 'Infinity'],
    ['an exponent', '1e3'],
    ['a hexadecimal number', '0x10'],
    ['a list', '10, 20'],
    ['a date without its zone', '2026-11-23T13:00:00'],
    ['an impossible date', 'Mon, 99 Nov 2026 13:00:00 GMT'],
    ['a word that Date would read', 'March 7'],
  ])('does not read %s', (_case, text) => {
    expect(parseRetryAfter(text, now)).toBeUndefined()
  })

  it('gives a moment that can be printed, or nothing, for every text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[-0-9a-zA-Z,.: +]*$/),
      fc.double().map(String),
    )
    fc.assert(
      fc.property(text, (value) => {
        const at = parseRetryAfter(value, now)
        if (at !== undefined) expect(fromRfc3339(toRfc3339(at))).toBeDefined()
      }),
      { numRuns: 2000 },
    )
  })

  it('reads back every date that HTTP can write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (second) => {
        const at = instant(second * 1000)
        expect(parseRetryAfter(new Date(at).toUTCString(), now)).toBe(at)
      }),
    )
  })

  it('counts whole seconds from now', () => {
    fc.assert(
      fc.property(fc.nat(1e9), (wait) => expect(parseRetryAfter(`${wait}`, now)).toBe(plus(now, seconds(wait)))),
    )
  })
})
