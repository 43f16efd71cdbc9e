/** The queue against a model that is too slow and too simple to be wrong: one record a key, searched from end to end. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { WorkQueue } from '../../../src/runtime/queue.ts'
import type { Priority } from '../../../src/runtime/queue.ts'
import { fractionOf } from '../../../src/std/fraction.ts'
import { milliseconds, minutes, plus, seconds } from '../../../src/std/time.ts'
import { FakeClock } from '../../support/clock.ts'

interface Modelled {
  ready: { rank: number; since: number } | undefined
  isProcessing: boolean
  wakes: number | undefined
  failures: number
}

const ranks: readonly Priority[] = ['user', 'due', 'resync']

class Model {
  readonly keys = new Map<string, Modelled>()

  get(key: string): Modelled {
    const known = this.keys.get(key) ?? { ready: undefined, isProcessing: false, wakes: undefined, failures: 0 }
    this.keys.set(key, known)
    return known
  }

  add(key: string, rank: number, now: number): void {
    const entry = this.get(key)
    entry.ready = { rank: Math.min(rank, entry.ready?.rank ?? 2), since: entry.ready?.since ?? now }
    if (!entry.isProcessing) entry.wakes = undefined
  }

  wait(key: string, at: number): void {
    const entry = this.get(key)
    if (entry.ready === undefined || entry.isProcessing) entry.wakes = at
  }

  /** Everything whose time has come becomes ready at that time. */
  pass(now: number): void {
    for (const entry of this.keys.values()) {
      if (entry.isProcessing || entry.ready !== undefined || entry.wakes === undefined || entry.wakes > now) continue
      entry.ready = { rank: 1, since: entry.wakes }
      entry.wakes = undefined
    }
  }

  /** The keys that may come next: more than one only when they became ready in the same moment. */
  next(): readonly string[] {
    const ready = [...this.keys].flatMap(([key, { ready: at, isProcessing }]) =>
      at && !isProcessing ? [{ key, ...at }] : [],
    )
    const rank = Math.min(...ready.map((one) => one.rank))
    const best = ready.filter((one) => one.rank === rank)
    const since = Math.min(...best.map((one) => one.since))
    return best.filter((one) => one.since === since).map(({ key }) => key)
  }

  done(key: string): void {
    const entry = this.get(key)
    entry.isProcessing = false
    if (entry.ready !== undefined) entry.wakes = undefined
  }

  depth() {
    const all = [...this.keys.values()]
    return {
      ready: all.filter((one) => one.ready !== undefined && !one.isProcessing).length,
      waiting: all.filter((one) => one.wakes !== undefined && !one.isProcessing).length,
      processing: all.filter((one) => one.isProcessing).length,
    }
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd')
const action = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), key, rank: fc.nat(2) }),
  fc.record({ kind: fc.constant('wakeAt' as const), key, wait: fc.integer({ min: -5000, max: 200_000 }) }),
  fc.record({ kind: fc.constant('retry' as const), key }),
  fc.record({ kind: fc.constant('forget' as const), key }),
  fc.record({ kind: fc.constant('take' as const) }),
  fc.record({ kind: fc.constant('done' as const), key }),
  fc.record({ kind: fc.constant('pass' as const), length: fc.nat(100_000) }),
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

async function step(world: { clock: FakeClock; queue: WorkQueue; model: Model }, act: Action): Promise<void> {
  const { clock, queue, model } = world
  const now = clock.monotonic()
  switch (act.kind) {
    case 'add':
      queue.add(act.key, ranks[act.rank] ?? 'user')
      return model.add(act.key, act.rank, now)
    case 'wakeAt':
      queue.wakeAt(act.key, plus(clock.now(), milliseconds(act.wait)))
      // A time that has passed makes the key ready when it is seen, not back then.
      return model.wait(act.key, Math.max(now, now + act.wait))
    case 'retry': {
      queue.retry(act.key)
      const failures = ++model.get(act.key).failures
      const wait = Math.min(60_000, 1000 * 2 ** (failures - 1))
      return model.wait(act.key, now + Math.ceil(wait * (1 + fractionOf(`${act.key}/${failures}`) / 10)))
    }
    case 'forget':
      queue.forget(act.key)
      return void Object.assign(model.get(act.key), { failures: 0, wakes: undefined })
    case 'take':
      return take(world)
    case 'done':
      if (!model.get(act.key).isProcessing)
        return expect(() => queue.done(act.key)).toThrow('without having been taken')
      queue.done(act.key)
      return model.done(act.key)
    case 'pass':
      return clock.advance(milliseconds(act.length))
  }
}

async function take({ queue, model }: { queue: WorkQueue; model: Model }): Promise<void> {
  const giveUp = new AbortController()
  const taking = queue.next(giveUp.signal)
  giveUp.abort()
  const taken = await taking
  const candidates = model.next()
  if (taken === undefined) return expect(candidates).toEqual([])
  expect(candidates).toContain(taken)
  Object.assign(model.get(taken), { ready: undefined, isProcessing: true })
}

describe('WorkQueue, for every sequence of calls', () => {
  it('does what the model does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
        const clock = new FakeClock()
        const queue = new WorkQueue({ clock, backoff: { first: seconds(1), longest: minutes(1) } })
        const world = { clock, queue, model: new Model() }
        for (const act of actions) {
          await step(world, act)
          clock.advance(milliseconds(1))
          world.model.pass(clock.monotonic())
          expect(queue.depth).toEqual(world.model.depth())
        }
      }),
      { numRuns: 400 },
    )
  })

  it('wakes every key within a minute of its wall-clock time, however the clock jumps', () => {
    const jumps = fc.array(fc.integer({ min: -86_400_000, max: 86_400_000 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(jumps, fc.array(fc.nat(86_400_000), { minLength: 1, maxLength: 8 }), (lengths, waits) => {
        const clock = new FakeClock()
        const queue = new WorkQueue({ clock })
        const times = waits.map((wait) => plus(clock.now(), milliseconds(wait)))
        for (const [index, at] of times.entries()) queue.wakeAt(`key-${index}`, at)
        let seen = 0
        for (const length of lengths) {
          clock.jump(milliseconds(length))
          clock.advance(minutes(1))
          // What was due at the end of an earlier minute stays ready when the clock is set back.
          expect(queue.depth.ready).toBeGreaterThanOrEqual(times.filter((at) => at <= clock.now()).length)
          expect(queue.depth.ready).toBeGreaterThanOrEqual(seen)
          seen = queue.depth.ready
          expect(clock.timers).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})
