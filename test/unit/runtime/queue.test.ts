import { describe, expect, it } from '@jest/globals'
import { WorkQueue } from '../../../src/runtime/queue.ts'
import { days, hours, instant, milliseconds, minutes, plus, seconds } from '../../../src/std/time.ts'
import { FakeClock, settled } from '../../support/clock.ts'

const never = new AbortController().signal

function setUp() {
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock, backoff: { first: seconds(1), longest: minutes(5) } })
  /** The key that a worker would get now. */
  const take = async (): Promise<string | undefined> => {
    const giveUp = new AbortController()
    const taken = queue.next(giveUp.signal)
    giveUp.abort()
    return taken
  }
  const finish = async (key: string): Promise<void> => {
    expect(await take()).toBe(key)
    queue.done(key)
  }
  return { clock, queue, take, finish }
}

describe('WorkQueue', () => {
  it('runs a key that was added twice once', async () => {
    const { queue, take } = setUp()
    queue.add('a')
    queue.add('a')
    expect(await take()).toBe('a')
    expect(await take()).toBeUndefined()
  })

  it('runs a key that was added while it ran once more, and only when it is done', async () => {
    const { queue, take } = setUp()
    queue.add('a')
    await take()
    queue.add('a')
    queue.add('a')
    expect(await take()).toBeUndefined()
    queue.done('a')
    expect(await take()).toBe('a')
    queue.done('a')
    expect(await take()).toBeUndefined()
  })

  it('orders by priority, then by age', async () => {
    const { queue, take } = setUp()
    queue.add('old resync', 'resync')
    queue.add('due', 'due')
    queue.add('first user', 'user')
    queue.add('second user', 'user')
    queue.add('new resync', 'resync')
    const order = [await take(), await take(), await take(), await take(), await take()]
    expect(order).toEqual(['first user', 'second user', 'due', 'old resync', 'new resync'])
  })

  it('keeps the age and takes the higher priority when a key is added again', async () => {
    const { queue, take } = setUp()
    queue.add('a', 'resync')
    queue.add('b', 'user')
    queue.add('a', 'user')
    queue.add('b', 'resync')
    expect([await take(), await take()]).toEqual(['a', 'b'])
  })

  it('hands a key to the taker that has waited longest', async () => {
    const { queue } = setUp()
    const first = queue.next(never)
    const second = queue.next(never)
    queue.add('a')
    queue.add('b')
    expect(await Promise.all([first, second])).toEqual(['a', 'b'])
  })

  it('loses no key to a taker that gave up', async () => {
    const { queue, take } = setUp()
    expect(await take()).toBeUndefined()
    queue.add('a')
    expect(await take()).toBe('a')
  })

  it('wakes a key at its time, sixty days away too', async () => {
    const { clock, queue, take } = setUp()
    queue.wakeAt('a', plus(clock.now(), days(60)))
    clock.advance(milliseconds(days(60) - 1))
    expect(await take()).toBeUndefined()
    clock.advance(milliseconds(1))
    expect(await take()).toBe('a')
  })

  it.each([
    ['an earlier', hours(2), hours(1)],
    ['a later', hours(1), hours(2)],
  ])('lets %s time replace the time that was set before', async (_case, before, after) => {
    const { clock, queue, take } = setUp()
    const start = clock.now()
    queue.wakeAt('a', plus(start, before))
    queue.wakeAt('a', plus(start, after))
    clock.advance(milliseconds(after - 1))
    expect(await take()).toBeUndefined()
    clock.advance(milliseconds(1))
    expect(await take()).toBe('a')
    queue.done('a')
    clock.advance(hours(5))
    expect(await take()).toBeUndefined()
  })

  it('runs at once what is added while it waits, and forgets what it waited for', async () => {
    const { clock, queue, take, finish } = setUp()
    queue.wakeAt('a', plus(clock.now(), hours(1)))
    queue.add('a')
    await finish('a')
    clock.advance(hours(2))
    expect(await take()).toBeUndefined()
  })

  it('runs at once what should have woken in the past', async () => {
    const { clock, queue, take } = setUp()
    queue.wakeAt('a', plus(clock.now(), hours(-1)))
    clock.advance(milliseconds(0))
    expect(await take()).toBe('a')
  })

  it('refuses a time that is not a number', () => {
    expect(() => setUp().queue.wakeAt('a', instant(Number.NaN))).toThrow(RangeError)
  })

  it('has every key that waits for the wall clock decide anew within a minute of its being set back', async () => {
    const { clock, queue, take } = setUp()
    queue.wakeAt('a', plus(clock.now(), hours(1)))
    clock.advance(minutes(5))
    clock.jump(days(-1))
    clock.advance(minutes(1))
    expect(await take()).toBe('a')
  })

  it('lets a clock that is slewed back keep its waits', () => {
    const { clock, queue } = setUp()
    queue.wakeAt('a', plus(clock.now(), hours(1)))
    for (let i = 0; i < 20; i++) {
      clock.jump(seconds(-1))
      clock.advance(minutes(1))
    }
    expect(queue.depth).toMatchObject({ ready: 0, waiting: 1 })
  })

  it('notices within a minute that the wall clock was set forward', async () => {
    const { clock, queue, take } = setUp()
    queue.wakeAt('a', plus(clock.now(), hours(10)))
    clock.jump(days(1))
    clock.advance(minutes(1))
    expect(await take()).toBe('a')
  })

  it('backs off the same whatever happens to the wall clock', async () => {
    const { clock, queue, take } = setUp()
    queue.retry('a')
    clock.jump(days(-1))
    clock.advance(milliseconds(999))
    expect(await take()).toBeUndefined()
    clock.advance(milliseconds(102))
    expect(await take()).toBe('a')
  })

  it('doubles the wait with every failure up to the longest, and starts over when told to forget', async () => {
    const { clock, queue, finish } = setUp()
    const waits: number[] = []
    for (let failure = 0; failure < 12; failure++) {
      if (failure === 11) queue.forget('a')
      queue.retry('a')
      const start = clock.monotonic()
      while (queue.depth.ready === 0) clock.advance(milliseconds(1))
      waits.push(clock.monotonic() - start)
      await finish('a')
    }
    const expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 1]
    for (const [index, wait] of waits.entries()) {
      const least = (expected[index] ?? 0) * 1000
      expect(wait).toBeGreaterThanOrEqual(least)
      expect(wait).toBeLessThanOrEqual(least * 1.1 + 1)
    }
  })

  it('gives every key its own jitter, the same each time', () => {
    const waitsOf = (): number[] => {
      const clock = new FakeClock()
      const queue = new WorkQueue({ clock })
      for (let n = 0; n < 50; n++) queue.retry(`key-${n}`)
      const at: number[] = []
      for (let ms = 0; ms < 1200; ms++) {
        clock.advance(milliseconds(1))
        at.push(queue.depth.ready)
      }
      return at
    }
    const first = waitsOf()
    expect(waitsOf()).toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(20)
  })

  it('needs one timer for all, and none when nothing waits', () => {
    const { clock, queue } = setUp()
    for (let n = 0; n < 1000; n++) queue.wakeAt(`key-${n}`, plus(clock.now(), hours(1000 - n)))
    expect(clock.timers).toBe(1)
    for (let n = 0; n < 1000; n++) queue.forget(`key-${n}`)
    clock.advance(minutes(1))
    expect(clock.timers).toBe(0)
    expect(queue.depth).toEqual({ ready: 0, waiting: 0, processing: 0 })
  })

  it('refuses to be told that a key is done which nobody took', () => {
    expect(() => setUp().queue.done('a')).toThrow('without having been taken')
  })

  it('sends takers home when it closes, and takes nothing in afterwards', async () => {
    const { clock, queue } = setUp()
    const waiting = queue.next(never)
    queue.wakeAt('a', plus(clock.now(), hours(1)))
    queue.close()
    queue.add('b')
    expect(await waiting).toBeUndefined()
    expect(await queue.next(never)).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  it('is drained when the last key that runs is done', async () => {
    const { queue, take } = setUp()
    queue.add('a')
    queue.add('b')
    await take()
    let isDrained = false
    const drained = queue.drain().then(() => (isDrained = true))
    await settled()
    expect(isDrained).toBe(false)
    queue.done('a')
    await drained
    expect(queue.depth.processing).toBe(0)
  })
})

describe('a queue that is told which keys are its own', () => {
  function setUpOwned(...own: readonly string[]) {
    const owned = new Set(own)
    const clock = new FakeClock()
    const queue = new WorkQueue({ clock, admits: (key) => owned.has(key) })
    return { clock, owned, queue }
  }

  const depth = ({ ready, waiting, processing }: WorkQueue['depth']): readonly number[] => [ready, waiting, processing]

  it('takes no others in, in whatever way they come', () => {
    const { queue, clock } = setUpOwned('mine')
    for (const key of ['mine', 'theirs']) queue.add(key)
    queue.retry('theirs')
    queue.wakeAt('theirs', plus(clock.now(), seconds(1)))
    expect(depth(queue.depth)).toEqual([1, 0, 0])
  })

  it('drops what is no longer its own, ready or waiting, and keeps the rest', async () => {
    const { queue, owned, clock } = setUpOwned('ready', 'waiting', 'retried', 'kept')
    queue.add('ready')
    queue.wakeAt('waiting', plus(clock.now(), seconds(1)))
    queue.retry('retried')
    queue.add('kept')
    for (const key of ['ready', 'waiting', 'retried']) owned.delete(key)
    await queue.yieldUp()
    expect(depth(queue.depth)).toEqual([1, 0, 0])
    clock.advance(seconds(10))
    expect(depth(queue.depth)).toEqual([1, 0, 0])
  })

  it('is rid of a key only when it is done, and does not run it again', async () => {
    const { queue, owned } = setUpOwned('busy', 'other')
    queue.add('busy')
    queue.add('other')
    expect([await queue.next(never), await queue.next(never)]).toEqual(['busy', 'other'])
    queue.add('busy')
    owned.delete('busy')
    let isRid = false
    const rid = queue.yieldUp().then(() => (isRid = true))
    queue.done('other')
    await settled()
    expect(isRid).toBe(false)
    queue.retry('busy')
    queue.done('busy')
    await rid
    expect(depth(queue.depth)).toEqual([0, 0, 0])
  })

  it('takes a key in again when it is its own again', async () => {
    const { queue, owned } = setUpOwned('a')
    queue.add('a')
    owned.delete('a')
    await queue.yieldUp()
    owned.add('a')
    queue.add('a')
    expect(await queue.next(new AbortController().signal)).toBe('a')
  })
})
