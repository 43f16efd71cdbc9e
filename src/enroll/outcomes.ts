/** How failures become outcomes, and how long a CA is waited for: the same for every protocol whose requests lie at a CA. Pure. */
import { fault, retryClass } from '../domain/fault.ts'
import type { Fault } from '../domain/fault.ts'
import { parseGoDuration } from '../std/duration.ts'
import { between, clampDuration, days, minutes, plus, scale, seconds } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import type { Outcome, Ticket } from './enroller.ts'

/** A call without a usable answer. */
export interface CallFailure {
  readonly fault: Fault
  readonly retryAfter?: Instant | undefined
}

export type Failed = Exclude<Outcome, { kind: 'issued' | 'pending' }>

/** @param now - of the ticket: the request is sent at once, and not before it is written down that it was made */
export const unsent = (
  ticket: Ticket,
  { now, keepRequest }: { readonly now: Instant; readonly keepRequest?: Uint8Array | undefined },
): Outcome => ({
  kind: 'pending',
  ticket,
  wakeAt: now,
  note: 'the request is made and about to be sent',
  unsent: true,
  ...(keepRequest === undefined ? {} : { keepRequest }),
})

/** A final failure: the class of its fault decides. */
export function failureOutcome(cause: Fault): Failed {
  switch (retryClass(cause.code)) {
    case 'issuer':
      return { kind: 'blocked', fault: cause }
    case 'soon':
      return { kind: 'deferred', fault: cause }
    case 'later':
    case 'anew':
    case 'person':
      return { kind: 'refused', fault: cause }
  }
}

/**
 * The end of a transaction that the CA has failed, or whose reply cannot count. Never `blocked`, after which the same request
 * would be sent again: what is asked next is a transaction of its own.
 */
export function ended(cause: Fault): Failed {
  const outcome = failureOutcome(cause)
  return outcome.kind === 'blocked' ? { kind: 'deferred', fault: cause } : outcome
}

/** A call that brought no answer, before there was a transaction or while one runs, which it does not end. */
export function callOutcome({ fault: cause, retryAfter }: CallFailure, now: Instant, ticket?: Ticket): Failed {
  const wakeAt = retryAfter === undefined ? {} : { wakeAt: clampedWait(retryAfter, now) }
  if (retryClass(cause.code) === 'person') return { kind: 'refused', fault: cause }
  if (ticket !== undefined) return { kind: 'deferred', fault: cause, ticket, ...wakeAt }
  const outcome = failureOutcome(cause)
  return outcome.kind === 'blocked' ? outcome : { ...outcome, ...wakeAt }
}

/** The transaction is gone, the wish is not. */
export const lost = (why: string): Failed => ({
  kind: 'deferred',
  fault: fault('TransactionLost', `${why}; a new request is made`),
})

/** @returns a moment that the CA asked for, at least a second and at most a day ahead */
export const clampedWait = (at: Instant, now: Instant): Instant =>
  plus(now, clampDuration(between(now, at), seconds(1), days(1)))

interface Waiting {
  readonly since: Instant
  readonly retryAfter: Instant | undefined
}

const [soonest, latest] = [seconds(10), minutes(30)]

/**
 * When to ask again for what waits for a person: when the CA says, else as the spec says, else soon at first and ever later.
 *
 * @param interval - of the spec, as Go writes durations
 */
export function nextPoll({ since, retryAfter }: Waiting, now: Instant, interval?: string): Instant {
  if (retryAfter !== undefined) return clampedWait(retryAfter, now)
  return plus(now, lengthOf(interval) ?? clampDuration(scale(between(since, now), 0.25), soonest, latest))
}

const longestWait = days(7)

/**
 * @param timeout - of the spec, as Go writes durations
 * @returns whether a request has waited for longer than the spec lets it
 */
export const isOverdue = (since: Instant, timeout: string | undefined, now: Instant): boolean =>
  between(since, now) > (lengthOf(timeout) ?? longestWait)

function lengthOf(text: string | undefined): Duration | undefined {
  const length = text === undefined ? undefined : parseGoDuration(text)
  return length?.ok === true ? length.value : undefined
}
