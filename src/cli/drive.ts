/**
 * Takes an enrollment from its first call to its end, in real time: each outcome is kept before the next call, so that a run
 * that is cut off anywhere goes on with the identical request.
 */
import type { Ctx, Enroller, Order, Outcome, Ticket } from '../enroll/enroller.ts'
import type { Clock } from '../std/clock.ts'
import { clampDuration, plus, scale, seconds } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'

/** What an interrupted run needs in order to go on. */
export interface Progress {
  readonly ticket?: Ticket
  readonly keptRequest?: Uint8Array
  readonly wakeAt?: Instant
}

export interface Course {
  readonly enroller: Enroller
  readonly order: Order
  /** The first call: an enrollment or a renewal. */
  readonly begin: (order: Order) => Promise<Outcome>
  readonly ctx: Ctx
  readonly clock: Clock
  /** Waiting ends then. */
  readonly deadline: Instant
  /** Whether to wait for a CA that wants to be asked again later. */
  readonly wait: boolean
  /** Where an earlier run ended. */
  readonly from: Progress
  readonly keep: (progress: Progress) => Promise<void>
  /** Told of every pause that is worth a word. */
  readonly waiting: (note: string, until: Instant) => void
}

export type Arrival =
  | Extract<Outcome, { kind: 'issued' | 'refused' | 'blocked' | 'deferred' }>
  /** The CA has not decided, and the run does not wait any longer. */
  | { readonly kind: 'unfinished'; readonly note: string; readonly wakeAt: Instant }

/** Failures in a row after which a person or a script decides about the next try. */
const mostTroubles = 4
const firstPause = seconds(1)
const longestPause = seconds(60)
/** Pauses that nobody needs to be told of. */
const shortPause = seconds(2)

/** @throws when `ctx.signal` is aborted, or for a bug of the enroller */
export async function drive(course: Course): Promise<Arrival> {
  const { clock, ctx, keep } = course
  let progress = course.from
  let troubles = 0
  let note = `the enrollment waits for its ${progress.ticket?.phase ?? 'next attempt'}`
  for (;;) {
    const pause = await rest(course, progress, note)
    if (pause !== undefined) return pause
    ctx.signal.throwIfAborted()
    const outcome = await step(course, progress)
    if (outcome.kind !== 'pending' && outcome.kind !== 'deferred') return outcome
    troubles = outcome.kind === 'deferred' ? troubles + 1 : 0
    progress = next(progress, outcome, clock.now())
    await keep(progress)
    if (outcome.kind === 'pending') {
      note = outcome.note
      continue
    }
    if (outcome.ticket === undefined && !isLost(outcome, troubles)) return outcome
    if (troubles >= mostTroubles) return outcome
    note = outcome.fault.message
    const pauseUntil = outcome.wakeAt ?? plus(clock.now(), pauseAfter(troubles))
    if (pauseUntil > course.deadline || !course.wait) return outcome
    progress = { ...progress, wakeAt: pauseUntil }
  }
}

/** A transaction that the CA has forgotten is begun anew, once: what was asked for is still wanted. */
const isLost = ({ fault }: Extract<Outcome, { kind: 'deferred' }>, troubles: number): boolean =>
  fault.code === 'TransactionLost' && troubles === 1

const pauseAfter = (troubles: number): Duration =>
  clampDuration(scale(firstPause, 2 ** (troubles - 1)), firstPause, longestPause)

function step({ enroller, order, begin, ctx }: Course, { ticket, keptRequest }: Progress): Promise<Outcome> {
  const current = keptRequest === undefined ? order : { ...order, keptRequest }
  return ticket === undefined ? begin(current) : enroller.poll(ticket, current, ctx)
}

function next(
  { keptRequest }: Progress,
  outcome: Extract<Outcome, { kind: 'pending' | 'deferred' }>,
  now: Instant,
): Progress {
  const kept = outcome.kind === 'pending' ? (outcome.keepRequest ?? keptRequest) : keptRequest
  const { ticket, wakeAt } = outcome
  return {
    ...(ticket === undefined ? {} : { ticket }),
    ...(kept === undefined ? {} : { keptRequest: kept }),
    ...(wakeAt === undefined || wakeAt <= now ? {} : { wakeAt }),
  }
}

/** Sleeps until the next call is due. @returns the end of the run, when that is too late */
async function rest(course: Course, { wakeAt }: Progress, note: string): Promise<Arrival | undefined> {
  const { clock, ctx, deadline, wait, waiting } = course
  const now = clock.now()
  if (wakeAt === undefined || wakeAt <= now) return undefined
  if (!wait || wakeAt > deadline) return { kind: 'unfinished', note, wakeAt }
  if (wakeAt - now > shortPause) waiting(note, wakeAt)
  await sleepUntil(wakeAt, clock, ctx.signal)
  return undefined
}

function sleepUntil(at: Instant, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const cancel = clock.after(Math.max(0, at - clock.now()) as Duration, () => done())
    const done = (): void => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
  })
}
