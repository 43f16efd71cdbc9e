import { describe, expect, it } from '@jest/globals'
import { startDeadline } from '../../../src/std/deadline.ts'
import { seconds } from '../../../src/std/time.ts'
import { FakeClock } from '../../support/clock.ts'

describe('startDeadline', () => {
  const start = (parent?: AbortSignal) => {
    const clock = new FakeClock()
    return { clock, deadline: startDeadline({ clock, length: seconds(10), sentence: 'too long', parent }) }
  }

  it('aborts with its sentence at the deadline', () => {
    const { clock, deadline } = start()
    clock.advance(seconds(9))
    expect(deadline.signal.aborted).toBe(false)
    clock.advance(seconds(1))
    expect(deadline.signal.reason).toEqual(new Error('too long'))
    expect(deadline.passed()).toBe(true)
  })

  it('follows its parent and does not call that a passed deadline', () => {
    const parent = new AbortController()
    const { clock, deadline } = start(parent.signal)
    parent.abort(new Error('stop'))
    clock.advance(seconds(20))
    expect(deadline.signal.reason).toEqual(new Error('stop'))
    expect(deadline.passed()).toBe(false)
  })

  it('is aborted from the start when its parent is', () => {
    expect(start(AbortSignal.abort()).deadline.signal.aborted).toBe(true)
  })

  it('leaves no timer behind when it ends, and stays as it was', () => {
    const { clock, deadline } = start()
    deadline.end()
    expect(clock.timers).toBe(0)
    clock.advance(seconds(20))
    expect(deadline.signal.aborted).toBe(false)
  })
})
