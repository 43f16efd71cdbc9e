import { describe, expect, it } from '@jest/globals'
import { WorkQueue } from '../../../src/runtime/queue.ts'
import { runWorkers } from '../../../src/runtime/worker.ts'
import type { Verdict } from '../../../src/runtime/worker.ts'
import type { WorkMeter } from '../../../src/std/meters.ts'
import { hours, instant, milliseconds, minutes, plus, seconds } from '../../../src/std/time.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { recordingLogger } from '../../support/log.ts'

type Reconcile = (key: string, signal: AbortSignal) => Promise<Verdict>

function setUp(reconcile: Reconcile, workers = 2) {
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock })
  const log = recordingLogger()
  const counted: string[] = []
  const meter: WorkMeter = {
    taken: () => undefined,
    retried: () => undefined,
    reconciled: (end, took) => void counted.push(`${end} ${took}`),
  }
  const stop = new AbortController()
  const work = { queue, workers, reconcile, deadline: minutes(1), clock, log, meter, signal: stop.signal }
  return { clock, queue, log, counted, stop, finished: runWorkers(work) }
}

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

describe('runWorkers', () => {
  it('forgets a key whose reconcile is done', async () => {
    const { clock, queue, counted, log } = setUp(() => Promise.resolve({ kind: 'done' }))
    queue.add('a')
    await settled()
    await clock.advanceAsync(hours(1))
    expect(counted).toEqual(['done 0'])
    expect(queue.depth).toEqual({ ready: 0, waiting: 0, processing: 0 })
    expect(log.lines).toEqual([])
  })

  it('runs a key again at the time its reconcile asked for', async () => {
    let runs = 0
    const { clock, queue } = setUp(() => {
      runs += 1
      return Promise.resolve(runs === 1 ? { kind: 'wakeAt', at: plus(clock.now(), hours(3)) } : { kind: 'done' })
    })
    queue.add('a')
    await settled()
    await clock.advanceAsync(milliseconds(hours(3) - 1))
    expect(runs).toBe(1)
    await clock.advanceAsync(milliseconds(1))
    expect(runs).toBe(2)
  })

  it('backs off after a retry, logs its error once, and starts over after a success', async () => {
    const error = new Error('API server is away')
    const verdicts: Verdict[] = [{ kind: 'retry', error }, { kind: 'retry' }, { kind: 'done' }, { kind: 'retry' }]
    const at: number[] = []
    const { clock, queue, log } = setUp(() => {
      at.push(clock.monotonic())
      return Promise.resolve(verdicts[at.length - 1] ?? { kind: 'done' })
    })
    queue.add('a')
    await settled()
    await clock.advanceAsync(seconds(10), milliseconds(10))
    queue.add('a')
    await settled()
    await clock.advanceAsync(seconds(10), milliseconds(10))
    const gaps = at.slice(1).map((moment, index) => Math.round((moment - (at[index] ?? 0)) / 1000))
    expect(gaps).toEqual([1, 2, expect.any(Number), 1])
    expect(log.lines).toEqual([{ level: 'warn', message: expect.any(String), fields: { key: 'a', error } }])
  })

  it('logs a throw once and retries the key', async () => {
    const error = new Error('bug')
    let runs = 0
    const { clock, queue, log, counted } = setUp(() => {
      runs += 1
      return runs === 1 ? Promise.reject(error) : Promise.resolve({ kind: 'done' })
    })
    queue.add('a')
    await settled()
    await clock.advanceAsync(seconds(2))
    expect(counted.map((line) => line.split(' ')[0])).toEqual(['threw', 'done'])
    expect(log.lines).toEqual([{ level: 'error', message: expect.any(String), fields: { key: 'a', error } }])
  })

  it('survives a reconcile that throws before it returns a promise', async () => {
    const { queue, counted } = setUp(() => {
      throw new Error('bug')
    })
    queue.add('a')
    await settled()
    expect(counted).toEqual(['threw 0'])
  })

  it('retries a key whose verdict makes no sense', async () => {
    const { queue, log } = setUp(() => Promise.resolve({ kind: 'wakeAt', at: instant(Number.NaN) }))
    queue.add('a')
    await settled()
    expect(log.lines.map(({ level }) => level)).toEqual(['error'])
    expect(queue.depth).toEqual({ ready: 0, waiting: 1, processing: 0 })
  })

  it('cuts a reconcile off at its deadline and retries it, whatever it reports', async () => {
    let runs = 0
    const { clock, queue, counted, log } = setUp(async (_key, signal) => {
      runs += 1
      if (runs === 1) await whenAborted(signal)
      return { kind: 'done' }
    })
    queue.add('a')
    await settled()
    await clock.advanceAsync(minutes(1))
    expect(queue.depth.waiting).toBe(1)
    await clock.advanceAsync(seconds(2))
    expect(counted).toEqual(['timedOut 60000', 'done 0'])
    expect(log.lines.map(({ level }) => level)).toEqual(['warn'])
  })

  it('gives the worker of a reconcile that ignores its signal to others, but never its key', async () => {
    const started: string[] = []
    let end = (): void => undefined
    const { clock, queue, log } = setUp((key) => {
      started.push(key)
      return key === 'stuck'
        ? new Promise((resolve) => (end = () => resolve({ kind: 'done' })))
        : Promise.resolve({ kind: 'done' })
    }, 1)
    queue.add('stuck')
    await settled()
    queue.add('stuck')
    queue.add('other')
    await clock.advanceAsync(minutes(2))
    expect(started).toEqual(['stuck', 'other'])
    expect(log.lines.map(({ level }) => level)).toEqual(['error'])
    end()
    await settled()
    expect(started).toEqual(['stuck', 'other', 'stuck'])
  })

  it('runs as many keys at once as there are workers, and no key twice at once', async () => {
    const running = new Map<string, number>()
    let most = 0
    const { clock, queue } = setUp(async (key, signal) => {
      running.set(key, (running.get(key) ?? 0) + 1)
      expect(running.get(key)).toBe(1)
      most = Math.max(most, running.size)
      await whenAborted(signal)
      running.delete(key)
      return { kind: 'done' }
    }, 3)
    for (let n = 0; n < 10; n++) queue.add(`key-${n % 5}`)
    await settled()
    for (let n = 0; n < 5; n++) queue.add(`key-${n}`)
    await clock.advanceAsync(minutes(5), seconds(1))
    expect(most).toBe(3)
  })

  it('aborts what runs and ends when it is told to stop, without calling that a failure', async () => {
    const { queue, stop, finished, log } = setUp(async (_key, signal) => {
      await whenAborted(signal)
      throw signal.reason
    })
    queue.add('a')
    await settled()
    stop.abort()
    await finished
    expect(log.lines).toEqual([])
  })

  it('lets what runs finish when the queue is drained', async () => {
    let end = (): void => undefined
    const { queue, finished, counted } = setUp(() => new Promise((resolve) => (end = () => resolve({ kind: 'done' }))))
    queue.add('a')
    await settled()
    const drained = queue.drain()
    end()
    await Promise.all([drained, finished])
    expect(counted).toEqual(['done 0'])
  })

  it('leaves no timer behind', async () => {
    const { clock, queue } = setUp(() => Promise.resolve({ kind: 'done' }))
    for (let n = 0; n < 100; n++) queue.add(`key-${n}`)
    await settled()
    expect(clock.timers).toBe(0)
  })
})

describe('work that waits for nothing', () => {
  const keys = 1000

  /** How much of it is done when everything else first has its turn, of work that takes so long each. */
  async function doneBeforeOthers(took: number): Promise<number> {
    let runs = 0
    const { clock, queue, stop, finished } = setUp(() => {
      runs += 1
      clock.advance(milliseconds(took))
      return Promise.resolve({ kind: 'done' })
    }, 8)
    for (let i = 0; i < keys; i++) queue.add(`key-${i}`)
    await new Promise((resolve) => void setImmediate(resolve))
    const before = runs
    while (queue.depth.ready > 0) await new Promise((resolve) => void setImmediate(resolve))
    expect(runs).toBe(keys)
    stop.abort()
    await finished
    return before
  }

  it('lets sockets and timers have their turn after ten milliseconds, whatever waits', async () => {
    // What has begun is finished.
    expect(await doneBeforeOthers(1)).toBeLessThanOrEqual(10 + 2 * 8)
  })

  it('is not interrupted while it takes less', async () => {
    expect(await doneBeforeOthers(0)).toBe(keys)
  })
})
