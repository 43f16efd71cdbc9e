import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { formatGoDuration, parseGoDuration } from '../../../src/std/duration.ts'
import { hours, milliseconds, minutes, seconds } from '../../../src/std/time.ts'

describe('a duration in the spelling of Go', () => {
  it.each([
    ['2160h', hours(2160)],
    ['2160h0m0s', hours(2160)],
    ['1h30m', minutes(90)],
    ['90s', seconds(90)],
    ['1.5h', minutes(90)],
    ['.5s', milliseconds(500)],
    ['1.s', seconds(1)],
    ['30m1h', minutes(90)],
    ['250ms', milliseconds(250)],
    ['1500us', milliseconds(1.5)],
    ['1500\u00b5s', milliseconds(1.5)],
    ['1500\u03bcs', milliseconds(1.5)],
    ['500000ns', milliseconds(0.5)],
    ['-5m', minutes(-5)],
    ['+5m', minutes(5)],
    ['0', 0],
    ['-0s', -0],
  ])('%s is read', (text, length) => {
    expect(parseGoDuration(text)).toEqual({ ok: true, value: length })
  })

  it.each(['', '-', '5', 'h', '5x', '5m ', ' 5m', '5 m', '--5m', '5mm', '1e3s', '.s', '.', '90d', '\uff15m', '1h,30m'])(
    '%j is refused',
    (text) => {
      expect(parseGoDuration(text).ok).toBe(false)
    },
  )

  it('longer than 292 years is refused, as Go does', () => {
    expect(parseGoDuration('2562047h47m').ok).toBe(true)
    expect(parseGoDuration('2562048h').ok).toBe(false)
  })

  it('of very many digits without a unit is refused at once: reading takes no longer than the text is long', () => {
    expect(parseGoDuration('1'.repeat(300_000)).ok).toBe(false)
  })

  it('is written the short way', () => {
    const written = [
      hours(2160),
      minutes(90),
      seconds(90),
      milliseconds(1500),
      minutes(-5),
      milliseconds(0),
      hours(25.5),
    ]
    expect(written.map(formatGoDuration)).toEqual(['2160h', '1h30m', '1m30s', '1.500s', '-5m', '0s', '25h30m'])
  })

  it('survives being written and read', () => {
    const anyLength = fc.integer({ min: -3e12, max: 3e12 }).map(milliseconds)
    fc.assert(
      fc.property(anyLength, (length) => {
        expect(parseGoDuration(formatGoDuration(length))).toEqual({ ok: true, value: length === 0 ? 0 : length })
      }),
    )
  })

  it('reads to the sum of its parts', () => {
    const count = fc.nat(100_000)
    fc.assert(
      fc.property(count, count, count, (h, m, s) => {
        const sum = hours(h) + minutes(m) + seconds(s)
        expect(parseGoDuration(`${h}h${m}m${s}s`)).toEqual({ ok: true, value: sum })
      }),
    )
  })

  it('gives a value or a sentence for any text, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[-+.0-9hmsnu]{0,20}$/)), (text) => {
        const parsed = parseGoDuration(text)
        if (parsed.ok) expect(Number.isFinite(parsed.value)).toBe(true)
        else expect(parsed.error).toMatch(/\.$/)
      }),
    )
  })
})
