/** From what a call answered to what the contract calls an outcome. */
import { retryClass } from '../../domain/fault.ts'
import { between, clampDuration, milliseconds, minutes, plus } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Outcome, Ticket } from '../enroller.ts'
import type { AcmeFailure } from './reply.ts'

/** A failed call: its fault's class decides, and the CA's own wish for patience is passed on. */
export function failureOutcome(
  failure: AcmeFailure,
  ticket?: Ticket,
): Exclude<Outcome, { kind: 'issued' | 'pending' }> {
  const { fault, retryAfter } = failure
  const wakeAt = retryAfter === undefined ? {} : { wakeAt: retryAfter }
  switch (retryClass(fault.code)) {
    case 'issuer':
      return { kind: 'blocked', fault }
    case 'soon':
      return { kind: 'deferred', fault, ...wakeAt, ...(ticket === undefined ? {} : { ticket }) }
    case 'later':
    case 'anew':
    case 'person':
      return { kind: 'refused', fault, ...wakeAt }
  }
}

const soonest = milliseconds(250)

/**
 * When to look at an order again: when the CA says, else soon for a young order and ever later for an old one (CAs have kept
 * orders in processing for days).
 */
export function nextLook(
  order: { readonly createdAt: Instant; readonly retryAfter?: Instant | undefined },
  now: Instant,
): Instant {
  if (order.retryAfter !== undefined)
    return plus(now, clampDuration(between(now, order.retryAfter), soonest, minutes(60)))
  const age = Math.max(0, now - order.createdAt)
  return plus(now, clampDuration(milliseconds(age / 4), soonest, minutes(5)))
}
