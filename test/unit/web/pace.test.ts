import { describe, expect, it } from '@jest/globals'
import { milliseconds, seconds } from '../../../src/std/time.ts'
import { Pace } from '../../../src/web/pace.ts'
import { FakeClock } from '../../support/clock.ts'

const allowed = (pace: Pace, who: string, times: number): number =>
  Array.from({ length: times }, () => pace.allows(who)).filter(Boolean).length

describe('the pace of questions', () => {
  it('lets a person ask many at once, then ten a second', () => {
    const clock = new FakeClock()
    clock.advance(seconds(60))
    const pace = new Pace(clock)
    expect(allowed(pace, 'ada', 100)).toBe(41)
    clock.advance(milliseconds(100))
    expect(allowed(pace, 'ada', 100)).toBe(1)
    clock.advance(seconds(1))
    expect(allowed(pace, 'ada', 100)).toBe(10)
    clock.advance(seconds(3600))
    expect(allowed(pace, 'ada', 100)).toBe(41)
  })

  it('is nobody else’s affair', () => {
    const clock = new FakeClock()
    clock.advance(seconds(60))
    const pace = new Pace(clock)
    allowed(pace, 'ada', 100)
    expect(pace.allows('bob')).toBe(true)
  })
})
