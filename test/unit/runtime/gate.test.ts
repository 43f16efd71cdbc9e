import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Gate } from '../../../src/runtime/gate.ts'
import type { Entry, GateLimits } from '../../../src/runtime/gate.ts'
import { milliseconds, plus, seconds } from '../../../src/std/time.ts'
import { FakeClock } from '../../support/clock.ts'

function setUp(limits: GateLimits) {
  const clock = new FakeClock()
  const gate = new Gate({ ...limits, clock })
  const called: string[] = []
  const gone = new Set<string>()
  const enter = (key: string): Entry => gate.enter(key, () => called.push(key) > 0 && !gone.has(key))
  const mustEnter = (key: string): (() => void) => {
    const entry = enter(key)
    if (entry.kind !== 'entered') throw new Error(`${key} was not let in`)
    return entry.leave
  }
  return { clock, gate, called, gone, enter, mustEnter }
}

describe('Gate', () => {
  it('lets in as many as it may and makes the others wait', () => {
    const { gate, enter } = setUp({ concurrency: 2 })
    expect(['a', 'b', 'c'].map((key) => enter(key).kind)).toEqual(['entered', 'entered', 'wait'])
    expect([gate.inside, gate.waiting]).toEqual([2, 1])
  })

  it('calls those who wait in the order in which they came, one for each slot', () => {
    const { called, enter, mustEnter } = setUp({ concurrency: 1 })
    const leave = mustEnter('a')
    for (const key of ['b', 'c', 'd']) enter(key)
    leave()
    leave()
    expect(called).toEqual(['b'])
    mustEnter('b')()
    expect(called).toEqual(['b', 'c'])
  })

  it('keeps the slot for the one it called: nobody can push in', () => {
    const { enter, mustEnter } = setUp({ concurrency: 1 })
    const leave = mustEnter('a')
    enter('b')
    leave()
    expect(enter('late').kind).toBe('wait')
    expect(enter('b').kind).toBe('entered')
  })

  it('keeps slot and token for one that steps out, whoever waits, and gives them on when it does not come back', () => {
    const { clock, gate, called, enter } = setUp({ concurrency: 1, rate: { perSecond: 0.001, burst: 1 } })
    const entry = enter('a')
    enter('b')
    if (entry.kind === 'entered') {
      entry.stepOut()
      entry.leave()
    }
    expect([called, gate.inside, enter('c').kind]).toEqual([[], 0, 'wait'])
    const again = enter('a')
    if (again.kind === 'entered') again.stepOut()
    expect([again.kind, called]).toEqual(['entered', []])
    clock.advance(seconds(10))
    // There was one token, which the one that did not come has given back.
    expect(called).toEqual(['b'])
  })

  it('keeps the place of a key that asks again while it waits', () => {
    const { called, enter, mustEnter, gate } = setUp({ concurrency: 1 })
    const leave = mustEnter('a')
    for (const key of ['b', 'c', 'b', 'b']) enter(key)
    expect(gate.waiting).toBe(2)
    leave()
    expect(called).toEqual(['b'])
  })

  it('calls the next at once when the one it called says that it will not come, however many there are of them', () => {
    const { called, gone, enter, mustEnter } = setUp({ concurrency: 1, rate: { perSecond: 0.001, burst: 2 } })
    const leave = mustEnter('a')
    const others = Array.from({ length: 100 }, (_, i) => `another process has ${i}`)
    for (const key of others) gone.add(key)
    for (const key of [...others, 'b']) enter(key)
    leave()
    expect(called).toEqual([...others, 'b'])
    expect(enter('b').kind).toBe('entered')
  })

  it('calls the next when the one it called does not come', () => {
    const { clock, called, enter, mustEnter } = setUp({ concurrency: 1 })
    const leave = mustEnter('a')
    enter('deleted')
    enter('c')
    leave()
    clock.advance(seconds(10))
    expect(called).toEqual(['deleted', 'c'])
    expect(enter('c').kind).toBe('entered')
  })

  it('calls the next at once when a key withdraws', () => {
    const { called, enter, mustEnter, gate } = setUp({ concurrency: 1 })
    const leave = mustEnter('a')
    for (const key of ['b', 'c', 'd']) enter(key)
    gate.withdraw('c')
    leave()
    gate.withdraw('b')
    expect(called).toEqual(['b', 'd'])
  })

  it('gives the token of a key that withdraws to the next', () => {
    const { called, enter, mustEnter, gate } = setUp({ concurrency: 1, rate: { perSecond: 0.001, burst: 2 } })
    const leave = mustEnter('a')
    for (const key of ['b', 'c']) enter(key)
    leave()
    gate.withdraw('b')
    expect(called).toEqual(['b', 'c'])
  })

  it('lets nobody pass those who wait, not even one who comes in the very moment of the next token', () => {
    const { clock, called, enter } = setUp({ concurrency: 9, rate: { perSecond: 1, burst: 1 } })
    const seen: string[] = []
    clock.after(seconds(1), () => seen.push(enter('late').kind))
    for (const key of ['a', 'b']) enter(key)
    clock.advance(seconds(1))
    expect([seen, called]).toEqual([['wait'], ['b']])
  })

  it('says when the rate would let it in, and calls it then', () => {
    const { clock, called, enter } = setUp({ concurrency: 10, rate: { perSecond: 0.5, burst: 2 } })
    const start = clock.now()
    expect(['a', 'b'].map((key) => enter(key).kind)).toEqual(['entered', 'entered'])
    expect(enter('c')).toEqual({ kind: 'wait', until: plus(start, seconds(2)) })
    expect(enter('d')).toEqual({ kind: 'wait', until: plus(start, seconds(4)) })
    clock.advance(milliseconds(1999))
    expect(called).toEqual([])
    clock.advance(milliseconds(1))
    expect(called).toEqual(['c'])
    clock.advance(seconds(2))
    expect(called).toEqual(['c', 'd'])
  })

  it('calls everyone who waits when it is closed, and leaves no timer', () => {
    const { clock, gate, called, enter } = setUp({ concurrency: 1, rate: { perSecond: 1, burst: 1 } })
    for (const key of ['a', 'b', 'c']) enter(key)
    gate.close()
    expect(called).toEqual(['b', 'c'])
    expect(clock.timers).toBe(0)
  })

  it('lets those who wait for a server that is back in ever faster, and never all at once', () => {
    const { gate, enter } = setUp({ concurrency: 8 })
    gate.narrow()
    const waiting = new Set(Array.from({ length: 40 }, (_, index) => `c${index}`))
    const rounds: number[] = []
    while (waiting.size > 0) {
      const inside = [...waiting].flatMap((key) => {
        const entry = enter(key)
        return entry.kind === 'entered' ? [{ key, leave: entry.leave }] : []
      })
      rounds.push(inside.length)
      for (const { key, leave } of inside) {
        waiting.delete(key)
        gate.widen()
        leave()
      }
    }
    expect(rounds).toEqual([1, 2, 4, 8, 8, 8, 8, 1])
  })

  it('never lets in too many, keeps to the rate, and lets everyone in at last, whatever they do', () => {
    const patience = fc.array(fc.record({ arrives: fc.nat(20_000), stays: fc.nat(5000), vanishes: fc.boolean() }), {
      minLength: 1,
      maxLength: 30,
    })
    const limits = fc.record({ concurrency: fc.integer({ min: 1, max: 4 }), perSecond: fc.integer({ min: 1, max: 5 }) })
    fc.assert(
      fc.property(patience, limits, (guests, { concurrency, perSecond }) => {
        const clock = new FakeClock()
        const gate = new Gate({ clock, concurrency, rate: { perSecond, burst: 3 } })
        const entered: number[] = []
        const isIn = new Set<number>()
        const ask = (guest: number): void => {
          if (isIn.has(guest)) return
          const entry = gate.enter(`${guest}`, () => {
            if (guests[guest]?.vanishes !== true) clock.after(milliseconds(5), () => ask(guest))
            return true
          })
          if (entry.kind === 'wait') return
          isIn.add(guest)
          entered.push(clock.monotonic())
          expect(gate.inside).toBeLessThanOrEqual(concurrency)
          clock.after(milliseconds(guests[guest]?.stays ?? 0), entry.leave)
        }
        for (const [guest, { arrives }] of guests.entries()) clock.after(milliseconds(arrives), () => ask(guest))
        clock.advance(seconds(1000))
        for (const [index, at] of entered.entries()) {
          const within = entered.filter((other, position) => position <= index && other > at - 1000)
          expect(within.length).toBeLessThanOrEqual(3 + perSecond)
        }
        for (const [guest, { vanishes }] of guests.entries()) if (!vanishes) expect(isIn).toContain(guest)
        expect([gate.inside, gate.waiting, clock.timers]).toEqual([0, 0, 0])
      }),
    )
  })
})

describe('a gate of a process that has a share of the work', () => {
  it.each([
    { concurrency: 16, share: 0.25, inside: 4 },
    { concurrency: 10, share: 0.34, inside: 3 },
    { concurrency: 1, share: 0.25, inside: 1 },
  ])('lets in $inside of $concurrency with a share of $share', ({ concurrency, share, inside }) => {
    const { enter } = setUp({ concurrency, share: () => share })
    const entered = Array.from({ length: 20 }, (_, index) => enter(`${index}`)).filter(({ kind }) => kind === 'entered')
    expect(entered).toHaveLength(inside)
  })

  it('lets in more as soon as its share grows', () => {
    let share = 0.25
    const { enter } = setUp({ concurrency: 4, share: () => share })
    expect(enter('a').kind).toBe('entered')
    share = 0.5
    expect(enter('b').kind).toBe('entered')
    expect(enter('c').kind).toBe('wait')
  })

  it('spends its part of the rate, so that all together keep it', () => {
    const rate = { perSecond: 8, burst: 4 }
    const { clock, gate, mustEnter, enter } = setUp({ concurrency: 100, rate, share: () => 0.25 })
    mustEnter('a')()
    const second = enter('b')
    expect(second).toEqual({ kind: 'wait', until: plus(clock.now(), milliseconds(500)) })
    clock.advance(milliseconds(500))
    expect(gate.waiting).toBe(0)
    mustEnter('b')
  })
})
