import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { systemClock } from '../../../src/runtime/clock.ts'
import { days, milliseconds, seconds } from '../../../src/std/time.ts'

describe('systemClock', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('reads the wall clock', () => {
    jest.setSystemTime(1_700_000_000_000)
    expect(systemClock.now()).toBe(1_700_000_000_000)
  })

  it.each([
    ['a short delay', seconds(5)],
    ['the longest delay that setTimeout knows', milliseconds(2 ** 31 - 1)],
    ['sixty days', days(60)],
    ['ten years', days(3650)],
  ])('fires once after %s and not before', (_case, delay) => {
    const callback = jest.fn()
    systemClock.after(delay, callback)
    jest.advanceTimersByTime(delay - 1)
    expect(callback).not.toHaveBeenCalled()
    jest.advanceTimersByTime(1)
    expect(callback).toHaveBeenCalledTimes(1)
    jest.advanceTimersByTime(days(100))
    expect(callback).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['zero', 0],
    ['a negative delay', -1000],
  ])('fires at the next turn for %s', (_case, delay) => {
    const callback = jest.fn()
    systemClock.after(milliseconds(delay), callback)
    expect(callback).not.toHaveBeenCalled()
    jest.advanceTimersByTime(1)
    expect(callback).toHaveBeenCalledTimes(1)
  })

  it('can be cancelled in its second chunk', () => {
    const callback = jest.fn()
    const cancel = systemClock.after(days(60), callback)
    jest.advanceTimersByTime(days(30))
    cancel()
    cancel()
    jest.advanceTimersByTime(days(60))
    expect(callback).not.toHaveBeenCalled()
    expect(jest.getTimerCount()).toBe(0)
  })

  it('does not mind the wall clock being set', () => {
    const callback = jest.fn()
    systemClock.after(seconds(60), callback)
    jest.setSystemTime(Date.now() + days(1))
    jest.advanceTimersByTime(59_000)
    expect(callback).not.toHaveBeenCalled()
  })
})
