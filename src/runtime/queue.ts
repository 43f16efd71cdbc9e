/**
 * The work queue: which key is reconciled next. A key is in one place at a time, and is never run twice at once.
 *
 *                 add                     next
 *   (unknown) ───────────► ready ───────────────► processing ──done──► (unknown)
 *       │  wakeAt, retry     ▲  time, or add          │   │
 *       └────────► waiting ──┘                        │   └─ done, and added meanwhile ─► ready
 *                     ▲                               │
 *                     └── done, after wakeAt, retry ──┘
 *
 * Only keys are kept, never events: what was added twice is run once, at the highest priority, with the age of the first.
 * A reconcile that is about to run decides anew when to wake, so becoming ready drops what was waited for.
 */
import type { Cancel, Clock } from '../std/clock.ts'
import { fractionOf } from '../std/fraction.ts'
import { Heap } from '../std/heap.ts'
import { silentWorkMeter } from '../std/meters.ts'
import type { WorkMeter } from '../std/meters.ts'
import { milliseconds, minutes, seconds } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'

/** `user`: somebody changed something and looks at it. `due`: a time has come. `resync`: nothing is known to have changed. */
export type Priority = 'user' | 'due' | 'resync'

const rank = { user: 0, due: 1, resync: 2 } as const satisfies Record<Priority, number>

/** Waits after failures in a row: `first`, twice that, ... up to `longest`, each lengthened by up to a tenth. */
export interface Backoff {
  readonly first: Duration
  readonly longest: Duration
}

const defaultBackoff: Backoff = { first: seconds(1), longest: minutes(10) }

/** Wall-clock times are looked at again this often, because the wall clock may be set while a timer runs. */
const longestSleep = minutes(1)

/** A wall clock that falls behind the steady one by more than this was set back; less is the drift of a slewed clock. */
const setBack = seconds(5)

interface Entry<K> {
  readonly key: K
  processing: boolean
  /** Set while the key is to be run; the age is the order of arrival. */
  dirty: { priority: Priority; readonly age: number; readonly since: Duration } | undefined
  /** A wall-clock moment of the reconcile's choosing, or a backoff on the clock that never jumps. */
  wake: { readonly kind: 'wall' | 'steady'; readonly at: number } | undefined
  failures: number
}

export interface QueueOptions {
  readonly clock: Clock
  /** Whether a key is for this process to work on, asked each time. Default: all are. */
  readonly admits?: ((key: string) => boolean) | undefined
  readonly backoff?: Backoff
  readonly meter?: WorkMeter
}

export interface QueueDepth {
  readonly ready: number
  readonly waiting: number
  readonly processing: number
}

type Taker<K> = (key: K | undefined) => void

export class WorkQueue<K extends string = string> {
  readonly #clock: Clock
  readonly #backoff: Backoff
  readonly #meter: WorkMeter
  readonly #entries = new Map<K, Entry<K>>()
  readonly #ready = new Heap<Entry<K>>(runsBefore)
  readonly #waiting = { wall: new Heap<Entry<K>>(wakesBefore), steady: new Heap<Entry<K>>(wakesBefore) }
  readonly #takers = new Set<Taker<K>>()
  /** Who waits for keys that were taken to be done. */
  readonly #ends: { readonly isOver: () => boolean; readonly tell: () => void }[] = []
  readonly #admits: (key: string) => boolean
  #timer: { readonly due: Duration; readonly cancel: Cancel } | undefined
  #arrivals = 0
  #processing = 0
  /** How far the wall clock is ahead of the steady one. */
  #lead: number
  #closed = false

  constructor(options: QueueOptions) {
    this.#clock = options.clock
    this.#backoff = options.backoff ?? defaultBackoff
    this.#meter = options.meter ?? silentWorkMeter
    this.#admits = options.admits ?? (() => true)
    this.#lead = this.#leadNow()
  }

  get depth(): QueueDepth {
    const waiting = this.#waiting.wall.size + this.#waiting.steady.size
    return { ready: this.#ready.size, waiting, processing: this.#processing }
  }

  /** Runs `key` as soon as a worker is free; once more when it is running now. @returns whether it will be run */
  add(key: K, priority: Priority = 'user'): boolean {
    if (this.#closed || !this.#admits(key)) return false
    const entry = this.#entry(key)
    if (entry.dirty === undefined) {
      entry.dirty = { priority, age: this.#arrivals++, since: this.#clock.monotonic() }
    } else if (rank[priority] < rank[entry.dirty.priority]) {
      this.#ready.remove(entry)
      entry.dirty.priority = priority
    }
    this.#place(entry)
    return true
  }

  /**
   * Runs `key` at a moment of wall-clock time. For the reconcile of that key: the latest call wins, be it earlier or later.
   *
   * @throws RangeError when `at` is not a number
   */
  wakeAt(key: K, at: Instant): void {
    if (Number.isNaN(at)) throw new RangeError(`the time to wake ${key} is not a number`)
    if (this.#closed || !this.#admits(key)) return
    this.#wait(this.#entry(key), { kind: 'wall', at })
  }

  /** Runs `key` after a wait that doubles with every failure since the last {@link WorkQueue.forget}. */
  retry(key: K): void {
    if (this.#closed || !this.#admits(key)) return
    const entry = this.#entry(key)
    entry.failures += 1
    const wait = Math.min(this.#backoff.longest, this.#backoff.first * 2 ** Math.min(entry.failures - 1, 40))
    const jitter = 1 + fractionOf(`${key}/${entry.failures}`) / 10
    this.#meter.retried()
    this.#wait(entry, { kind: 'steady', at: this.#clock.monotonic() + Math.ceil(wait * jitter) })
  }

  /** Forgets the failures of `key` and what it waits for. A key that was added stays added. */
  forget(key: K): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.failures = 0
    this.#stopWaiting(entry)
    this.#place(entry)
  }

  /**
   * Takes the next key; the taker owes a {@link WorkQueue.done}.
   *
   * @returns the key, or undefined once the queue is closed or the signal has been aborted
   */
  next(signal: AbortSignal): Promise<K | undefined> {
    if (this.#closed || signal.aborted) return Promise.resolve(undefined)
    const key = this.#take()
    if (key !== undefined) return Promise.resolve(key)
    return new Promise((resolve) => {
      const give = (taken: K | undefined): void => {
        this.#takers.delete(give)
        signal.removeEventListener('abort', giveUp)
        resolve(taken)
      }
      const giveUp = (): void => give(undefined)
      signal.addEventListener('abort', giveUp, { once: true })
      this.#takers.add(give)
    })
  }

  /** @throws Error when the key was not taken */
  done(key: K): void {
    const entry = this.#entries.get(key)
    if (entry?.processing !== true) throw new Error(`${key} is done without having been taken from the queue`)
    entry.processing = false
    this.#processing -= 1
    this.#place(entry)
    for (const end of this.#ends.splice(0)) {
      if (end.isOver()) end.tell()
      else this.#ends.push(end)
    }
  }

  /** Drops every key that is no longer admitted. @returns a promise that resolves when those that were taken are done */
  yieldUp(): Promise<void> {
    const dropped = [...this.#entries.values()].filter(({ key }) => !this.#admits(key))
    for (const entry of dropped) {
      this.#ready.remove(entry)
      this.#stopWaiting(entry)
      entry.dirty = undefined
      entry.failures = 0
      this.#place(entry)
    }
    return this.#when(() => !dropped.some(({ processing }) => processing))
  }

  /** Hands out no more keys and takes none in. What lies in the queue is dropped: the next start lists everything again. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = undefined
    for (const give of this.#takers) give(undefined)
  }

  /** Closes the queue. @returns a promise that resolves when every key that was taken is done */
  drain(): Promise<void> {
    this.close()
    return this.#when(() => this.#processing === 0)
  }

  #when(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve()
    return new Promise((tell) => this.#ends.push({ isOver, tell }))
  }

  #entry(key: K): Entry<K> {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const fresh: Entry<K> = { key, processing: false, dirty: undefined, wake: undefined, failures: 0 }
    this.#entries.set(key, fresh)
    return fresh
  }

  #wait(entry: Entry<K>, wake: NonNullable<Entry<K>['wake']>): void {
    this.#stopWaiting(entry)
    entry.wake = wake
    this.#place(entry)
  }

  #stopWaiting(entry: Entry<K>): void {
    if (entry.wake !== undefined) this.#waiting[entry.wake.kind].remove(entry)
    entry.wake = undefined
  }

  /** Puts an entry where its fields say it belongs. The one place that moves entries. */
  #place(entry: Entry<K>): void {
    if (entry.processing) return
    if (entry.dirty !== undefined) {
      this.#stopWaiting(entry)
      if (!this.#ready.has(entry)) this.#ready.push(entry)
      this.#serveTakers()
    } else if (entry.wake !== undefined) {
      const heap = this.#waiting[entry.wake.kind]
      if (!heap.has(entry)) heap.push(entry)
      this.#arm()
    } else if (entry.failures === 0) {
      this.#entries.delete(entry.key)
    }
  }

  #serveTakers(): void {
    for (const give of this.#takers) {
      const key = this.#take()
      if (key === undefined) return
      give(key)
    }
  }

  #take(): K | undefined {
    const entry = this.#ready.pop()
    if (entry?.dirty === undefined) return undefined
    this.#meter.taken(milliseconds(this.#clock.monotonic() - entry.dirty.since))
    entry.dirty = undefined
    entry.processing = true
    this.#processing += 1
    return entry.key
  }

  #arm(): void {
    const left = this.#untilNext()
    if (this.#closed || left === undefined) return
    const due = milliseconds(this.#clock.monotonic() + Math.min(left, longestSleep))
    if (this.#timer !== undefined && this.#timer.due <= due) return
    this.#timer?.cancel()
    this.#timer = {
      due,
      cancel: this.#clock.after(milliseconds(Math.max(0, Math.min(left, longestSleep))), this.#wake),
    }
  }

  /** Milliseconds until the first waiting key is due; undefined when none waits. */
  #untilNext(): number | undefined {
    const wall = this.#waiting.wall.peek()?.wake
    const steady = this.#waiting.steady.peek()?.wake
    if (wall === undefined && steady === undefined) return undefined
    const untilWall = wall === undefined ? Infinity : wall.at - this.#clock.now()
    const untilSteady = steady === undefined ? Infinity : steady.at - this.#clock.monotonic()
    return Math.min(untilWall, untilSteady)
  }

  readonly #wake = (): void => {
    this.#timer = undefined
    this.#lookAtWallClock()
    for (let left = this.#untilNext(); left !== undefined && left <= 0; left = this.#untilNext()) this.#wakeFirst()
    this.#arm()
  }

  /**
   * Once the wall clock has been set back, every wait is longer than it was meant to be, perhaps by a day: everybody who waits
   * for it is asked to decide anew.
   */
  #lookAtWallClock(): void {
    const lead = this.#leadNow()
    const wasSetBack = lead < this.#lead - setBack
    this.#lead = lead
    if (!wasSetBack) return
    for (let entry = this.#waiting.wall.peek(); entry !== undefined; entry = this.#waiting.wall.peek())
      this.add(entry.key, 'resync')
  }

  #leadNow(): number {
    return this.#clock.now() - this.#clock.monotonic()
  }

  #wakeFirst(): void {
    const wall = this.#waiting.wall.peek()
    const isDue = wall?.wake !== undefined && wall.wake.at <= this.#clock.now()
    const entry = isDue ? wall : this.#waiting.steady.peek()
    if (entry !== undefined) this.add(entry.key, 'due')
  }
}

function runsBefore(a: Entry<string>, b: Entry<string>): boolean {
  if (a.dirty === undefined || b.dirty === undefined) return false
  const ranks = rank[a.dirty.priority] - rank[b.dirty.priority]
  return ranks === 0 ? a.dirty.age < b.dirty.age : ranks < 0
}

function wakesBefore(a: Entry<string>, b: Entry<string>): boolean {
  return (a.wake?.at ?? Infinity) < (b.wake?.at ?? Infinity)
}
