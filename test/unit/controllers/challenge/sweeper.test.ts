import { describe, expect, it } from '@jest/globals'
import { Lanes } from '../../../../src/controllers/challenge/lanes.ts'
import { ChallengeSweeper, everywhere, leavesSomething } from '../../../../src/controllers/challenge/sweeper.ts'
import { plus, seconds } from '../../../../src/std/time.ts'
import { FakeClock } from '../../../support/clock.ts'
import { certificateProving } from '../../../support/proving.ts'

const { signal } = new AbortController()

describe('the sweeper', () => {
  const clock = new FakeClock()
  const sweeper = (state: 'needed' | 'clean', woken: string[] = []): ChallengeSweeper =>
    new ChallengeSweeper({
      routes: { sweep: () => Promise.resolve(state), leftovers: () => Promise.resolve(['one', 'two']) },
      wake: (namespace) => woken.push(namespace),
      clock,
    })

  it('comes back until nothing is needed', async () => {
    expect(await sweeper('needed').reconcile('web', signal)).toEqual({
      kind: 'wakeAt',
      at: plus(clock.now(), seconds(2)),
    })
    expect(await sweeper('clean').reconcile('web', signal)).toEqual({ kind: 'done' })
  })

  it('begins where the last leader left something', async () => {
    const woken: string[] = []
    await sweeper('clean', woken).reconcile(everywhere, signal)
    expect(woken).toEqual(['one', 'two'])
  })

  it('is woken when answers are no longer there, for whatever reason', () => {
    const proving = certificateProving({ names: ['a.test'], solvers: [{ http01: { ingress: {} } }] })
    const before = { resourceVersion: '1', object: proving }
    const { enrollment: _enrollment, ...status } = proving.status ?? {}
    expect(leavesSomething(before, before)).toBe(false)
    expect(leavesSomething(before, undefined)).toBe(true)
    expect(leavesSomething(before, { ...before, object: { ...proving, status } })).toBe(true)
    expect(leavesSomething(undefined, before)).toBe(false)
    const plain = certificateProving({ names: ['a.test'], solvers: [{ http01: {} }] })
    expect(leavesSomething({ ...before, object: plain }, undefined)).toBe(false)
  })
})

describe('lanes', () => {
  it('keep the order within a name, go on after a failure, and do not hold each other up', async () => {
    const lanes = new Lanes()
    const done: string[] = []
    const gate = new AbortController()
    const opened = new Promise<void>((resolve) => gate.signal.addEventListener('abort', () => resolve()))
    const first = lanes.take('a', async () => {
      await opened
      done.push('a1')
      throw new Error('broken')
    })
    const second = lanes.take('a', () => Promise.resolve(done.push('a2')))
    await lanes.take('b', () => Promise.resolve(done.push('b')))
    gate.abort()
    await expect(first).rejects.toThrow('broken')
    await second
    expect(done).toEqual(['b', 'a1', 'a2'])
  })
})
