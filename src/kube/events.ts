/**
 * Events for people. Recording never waits and never fails a reconcile: what cannot be written in time is dropped and counted
 * in the log. The same Event about the same object is written once in ten minutes. Good news come behind the work: what is
 * issued by the thousand must not wait for the telling. Warnings never wait.
 */
import type { KubeObject } from '../api/meta.ts'
import type { Clock } from '../std/clock.ts'
import { startDeadline } from '../std/deadline.ts'
import { LatestMap } from '../std/latestmap.ts'
import type { Logger } from '../std/log.ts'
import { milliseconds, minutes, seconds, toRfc3339 } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import { pause } from './pause.ts'
import { Resource } from './resource.ts'
import type { Transport } from './transport.ts'

export interface EventRegarding {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly uid: string
}

/** @returns the object as an Event names it */
export const regardingOf = ({ apiVersion, kind, metadata }: KubeObject): EventRegarding => ({
  apiVersion,
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid ?? '',
})

export interface RecordedEvent {
  readonly regarding: EventRegarding
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

interface CoreEvent extends KubeObject {
  readonly involvedObject: EventRegarding
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly source: { readonly component: string }
  readonly reportingComponent: string
  readonly reportingInstance: string
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly count: number
}

/** What was recorded and is not written yet: there may be thousands, so what is sent is made when it is sent. */
interface Waiting {
  readonly event: RecordedEvent
  readonly at: Instant
}

export interface EventRecorderOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Logger
  readonly component: string
  readonly instance: string
}

const eventKind = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true } as const
const sameFor = minutes(10)
const mostRemembered = 4096
const mostQueued = 20_000
const writers = 4
/** Good news: so many at once, then one in so many milliseconds. */
const pace = { burst: 50, interval: 40 } as const
const longestMessage = 1024

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #events: Resource<CoreEvent>
  readonly #seen = new LatestMap<string, number>(mostRemembered)
  readonly #queues: Readonly<Record<RecordedEvent['type'], Waiting[]>> = { Warning: [], Normal: [] }
  #active = 0
  #dropped = 0
  #names = 0
  #isFailing = false
  #idle: (() => void)[] = []
  /** When the next good news would be due if there had been no burst; milliseconds of the monotonic clock. */
  #due = Number.NEGATIVE_INFINITY
  /** Ends the waiting of good news when somebody waits for them. */
  #hurry = new AbortController()

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#events = new Resource(options.transport, eventKind)
  }

  record(event: RecordedEvent): void {
    if (this.#isRepeat(event)) return
    const queue = this.#queues[event.type]
    if (queue.length >= mostQueued) {
      this.#dropped += 1
      return
    }
    queue.push({ event, at: this.#options.clock.now() })
    if (this.#active < writers) void this.#write()
  }

  /** Waits until everything recorded so far is written, or `within` is over. */
  flush(within: Duration): Promise<void> {
    if (this.#active === 0) return Promise.resolve()
    this.#hurry.abort()
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(within, resolve)
      this.#idle.push(() => {
        cancel()
        resolve()
      })
    })
  }

  #isRepeat({ regarding, type, reason, message }: RecordedEvent): boolean {
    const key = `${regarding.uid}/${type}/${reason}/${message}`
    const now = this.#options.clock.monotonic()
    const last = this.#seen.get(key)
    if (last !== undefined && now - last < sameFor) return true
    this.#seen.set(key, now)
    return false
  }

  #build({ event: { regarding, type, reason, message }, at }: Waiting): CoreEvent {
    const timestamp = toRfc3339(at)
    const { component, instance } = this.#options
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        // Unique across replicas and restarts: the moment, and a count within this process.
        name: `${regarding.name.slice(0, 200).replace(/[.-]+$/, '')}.${at.toString(16)}${(this.#names++ % 0x10000).toString(16)}`,
        namespace: regarding.namespace ?? 'default',
      },
      involvedObject: regarding,
      type,
      reason,
      message: message.slice(0, longestMessage),
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      count: 1,
    }
  }

  async #write(): Promise<void> {
    this.#active += 1
    try {
      for (let event = await this.#next(); event !== undefined; event = await this.#next())
        await this.#send(this.#build(event))
    } finally {
      this.#active -= 1
      if (this.#active === 0) this.#rest()
    }
  }

  async #next(): Promise<Waiting | undefined> {
    const { Warning, Normal } = this.#queues
    if (Warning.length === 0 && Normal.length > 0) await this.#turn()
    return Warning.shift() ?? Normal.shift()
  }

  /** Waits until the next good news may go out. */
  #turn(): Promise<void> {
    const { clock } = this.#options
    const now = clock.monotonic()
    this.#due = Math.max(this.#due, now - pace.burst * pace.interval) + pace.interval
    return this.#due <= now ? Promise.resolve() : pause(clock, milliseconds(this.#due - now), this.#hurry.signal)
  }

  #rest(): void {
    this.#hurry = new AbortController()
    for (const told of this.#idle.splice(0)) told()
    if (this.#dropped > 0) this.#options.log.warn('Events were dropped: too many at once', { count: this.#dropped })
    this.#dropped = 0
  }

  async #send(event: CoreEvent): Promise<void> {
    const { clock, log } = this.#options
    const deadline = startDeadline({ clock, length: seconds(5), sentence: 'no answer within 5 s' })
    try {
      await this.#events.create(event, deadline.signal)
      this.#isFailing = false
    } catch (error) {
      // Told once, for a missing permission is to be seen; the rest would say the same.
      if (this.#isFailing) log.debug('an Event could not be written', { event: event.reason, error })
      else log.warn('an Event could not be written', { event: event.reason, error })
      this.#isFailing = true
    } finally {
      deadline.end()
    }
  }
}
