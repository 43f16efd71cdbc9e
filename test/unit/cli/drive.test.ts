import { describe, expect, it } from '@jest/globals'
import { drive } from '../../../src/cli/drive.ts'
import type { Arrival, Course, Progress } from '../../../src/cli/drive.ts'
import { fault } from '../../../src/domain/fault.ts'
import type { Enroller, Order, Outcome, Ticket } from '../../../src/enroll/enroller.ts'
import type { Clock } from '../../../src/std/clock.ts'
import { instant, milliseconds, plus, seconds } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import { lonelyCtx } from '../../support/lonelyctx.ts'
import { plainWish } from '../../contract/harness.ts'
import { generateKey } from '../../../src/pki/key.ts'

const start = instant(Date.UTC(2026, 10, 23, 12))
const key = await generateKey({ algorithm: 'Ed25519', size: 0 })
const order: Order = { id: 'web/1', wanted: plainWish, key }
const ticket: Ticket = { version: 1, phase: 'approval', state: { transaction: 'x' } }
const request = Buffer.from('request')
const issued: Outcome = { kind: 'issued', chain: [] }
const later = (length: number): Instant => plus(start, seconds(length))

const pending = (wakeAt: Instant, keepRequest?: Uint8Array): Outcome => ({
  kind: 'pending',
  ticket,
  wakeAt,
  note: 'somebody must approve',
  ...(keepRequest === undefined ? {} : { keepRequest }),
})

/** A clock that sleeps in no time. */
class FastClock implements Clock {
  #now = start
  now(): Instant {
    return this.#now
  }
  monotonic(): ReturnType<Clock['monotonic']> {
    return milliseconds(this.#now)
  }
  after(...[delay, callback]: Parameters<Clock['after']>): () => void {
    queueMicrotask(() => {
      this.#now = plus(this.#now, delay)
      callback()
    })
    return () => undefined
  }
}

interface Script {
  readonly begins?: readonly Outcome[]
  readonly polls?: readonly Outcome[]
  readonly from?: Progress
  readonly wait?: boolean
  readonly signal?: AbortSignal
}

interface Played {
  readonly arrival: Arrival
  readonly calls: readonly string[]
  readonly kept: readonly Progress[]
  readonly requests: readonly (Uint8Array | undefined)[]
  readonly took: number
  readonly waits: number
}

/** Plays outcomes; a call beyond them fails the test. */
async function play({ begins = [], polls = [], from = {}, wait = true, signal }: Script): Promise<Played> {
  const clock = new FastClock()
  const [calls, kept, requests]: [string[], Progress[], (Uint8Array | undefined)[]] = [[], [], []]
  let waits = 0
  const left = { begin: [...begins], poll: [...polls] }
  const answer = (name: 'begin' | 'poll', one: Order): Promise<Outcome> => {
    calls.push(name)
    requests.push(one.keptRequest)
    const next = left[name].shift()
    return next === undefined ? Promise.reject(new Error(`one ${name} too many`)) : Promise.resolve(next)
  }
  const enroller: Enroller = {
    protocol: 'paper',
    traits: { inProcess: false, renewsWithCurrent: false, revokes: false, serverKeys: false, lifetime: 'ignored' },
    prepare: () => Promise.reject(new Error('not asked')),
    enroll: () => Promise.reject(new Error('not asked')),
    renew: () => Promise.reject(new Error('not asked')),
    poll: (_ticket, one) => answer('poll', one),
  }
  const course: Course = {
    enroller,
    order,
    begin: (one) => answer('begin', one),
    ctx: { ...lonelyCtx(start), ...(signal === undefined ? {} : { signal }) },
    clock,
    deadline: later(300),
    wait,
    from,
    keep: (progress) => Promise.resolve(void kept.push(progress)),
    waiting: () => (waits += 1),
  }
  const arrival = await drive(course)
  return { arrival, calls, kept, requests, took: clock.now() - start, waits }
}

const down = fault('Unreachable', 'the CA cannot be reached')
const deferred = (more: object = {}): Outcome => ({ kind: 'deferred', fault: down, ...more })

describe('an enrollment', () => {
  it('keeps ticket and request before it polls, and hands the request to every poll', async () => {
    const played = await play({ begins: [pending(start, request)], polls: [pending(later(5)), issued] })
    expect(played.arrival).toEqual(issued)
    expect(played.calls).toEqual(['begin', 'poll', 'poll'])
    expect(played.requests).toEqual([undefined, request, request])
    expect(played.kept).toEqual([
      { ticket, keptRequest: request },
      { ticket, keptRequest: request, wakeAt: later(5) },
    ])
    expect(played.took).toBe(5000)
  })

  it('goes on where an earlier run ended, not before the CA wants to be asked', async () => {
    const from = { ticket, keptRequest: request, wakeAt: later(30) }
    const played = await play({ from, polls: [issued] })
    expect(played).toMatchObject({ calls: ['poll'], requests: [request], took: 30_000, waits: 1 })
  })

  it('repeats the kept request where the ticket was lost', async () => {
    const played = await play({ from: { keptRequest: request }, begins: [issued] })
    expect(played).toMatchObject({ calls: ['begin'], requests: [request] })
  })

  it.each(['refused', 'blocked'] as const)('that is %s has ended', async (kind) => {
    const outcome: Outcome = { kind, fault: fault('PolicyDenied', 'no') }
    expect((await play({ begins: [pending(start)], polls: [outcome] })).arrival).toEqual(outcome)
  })
})

describe('waiting', () => {
  it('is not done under --no-wait, except for what is due at once', async () => {
    const played = await play({ wait: false, begins: [pending(start)], polls: [pending(later(10))] })
    expect(played.arrival).toEqual({ kind: 'unfinished', note: 'somebody must approve', wakeAt: later(10) })
    expect(played).toMatchObject({ took: 0, waits: 0 })
  })

  it('is not done when the time to ask again is beyond --timeout', async () => {
    const played = await play({ begins: [pending(later(301))] })
    expect(played).toMatchObject({ arrival: { kind: 'unfinished', wakeAt: later(301) }, took: 0 })
  })

  it('of a second is not worth a word', async () => {
    expect(await play({ begins: [pending(later(1))], polls: [issued] })).toMatchObject({ waits: 0, took: 1000 })
  })

  it('ends at once with the signal', async () => {
    const signal = AbortSignal.abort(new Error('Ctrl-C'))
    await expect(play({ signal, from: { ticket, wakeAt: later(100) } })).rejects.toThrow('Ctrl-C')
  })
})

describe('trouble', () => {
  it('at the first call is for the person', async () => {
    expect(await play({ begins: [deferred()] })).toMatchObject({ arrival: deferred(), calls: ['begin'], took: 0 })
  })

  it('under way is tried again a few times, ever later, and the ticket is kept', async () => {
    const failing = deferred({ ticket })
    const played = await play({ begins: [pending(start, request)], polls: [failing, failing, failing, failing] })
    expect(played).toMatchObject({ arrival: failing, took: 7000 })
    expect(played.kept.at(-1)).toEqual({ ticket, keptRequest: request })
  })

  it('that passes is forgotten', async () => {
    const failing = deferred({ ticket })
    const troubled = [failing, failing, failing]
    const polls = [...troubled, pending(start), ...troubled, issued]
    expect(await play({ begins: [pending(start)], polls })).toMatchObject({ arrival: issued })
  })

  it('is left to the next run under --no-wait', async () => {
    expect(await play({ wait: false, begins: [deferred({ ticket })] })).toMatchObject({ calls: ['begin'] })
  })

  it('of a transaction that the CA forgot begins anew, once', async () => {
    const lost: Outcome = { kind: 'deferred', fault: fault('TransactionLost', 'gone') }
    const again = await play({ begins: [pending(start), issued], polls: [lost] })
    expect(again).toMatchObject({ arrival: issued, calls: ['begin', 'poll', 'begin'] })
    expect(await play({ begins: [pending(start), lost], polls: [lost] })).toMatchObject({ arrival: lost })
  })
})
