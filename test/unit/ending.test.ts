import { describe, expect, it } from '@jest/globals'
import { workUntil } from '../../src/ending.ts'
import type { Endable } from '../../src/ending.ts'
import { LeaseLost } from '../../src/kube/lease.ts'
import { seconds } from '../../src/std/time.ts'
import { FakeClock } from '../support/clock.ts'

/** Work under way that takes as long as it is let. */
function longWork(): Endable & { readonly state: () => 'begun' | 'finishing' | 'cut off' } {
  let state: 'begun' | 'finishing' | 'cut off' = 'begun'
  let cutOff = (): void => undefined
  const over = new Promise<void>((resolve) => (cutOff = resolve))
  return {
    state: () => state,
    run: (signal) => {
      signal.addEventListener('abort', () => {
        state = 'cut off'
        cutOff()
      })
      return over
    },
    drain: () => {
      if (state === 'begun') state = 'finishing'
      return over
    },
  }
}

const grace = seconds(20)

describe('work under way', () => {
  it('may finish when its replica is told to stop, for as long as it has grace', async () => {
    const [clock, work, stop] = [new FakeClock(), longWork(), new AbortController()]
    const ended = workUntil(work, { grace, clock, signal: stop.signal })
    stop.abort()
    await Promise.resolve()
    clock.advance(seconds(19))
    expect(work.state()).toBe('finishing')
    clock.advance(seconds(1))
    expect(work.state()).toBe('cut off')
    await ended
  })

  it('is cut off at once when the Lease is lost, because another has begun it anew', async () => {
    const [clock, work, stop] = [new FakeClock(), longWork(), new AbortController()]
    const ended = workUntil(work, { grace, clock, signal: stop.signal })
    stop.abort(new LeaseLost())
    await ended
    expect(work.state()).toBe('cut off')
  })
})
