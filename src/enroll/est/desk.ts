/** What every step of a request has at hand, and how its failures become outcomes. */
import { fault, retryClass } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Ctx, Outcome, Ticket } from '../enroller.ts'
import type { Answer, CallFailure } from './client.ts'
import type { EstCredentials } from './credentials.ts'
import { clampedWait } from './patience.ts'
import type { Service, Visit } from './service.ts'

export interface Desk extends Omit<Visit, 'shown'> {
  readonly credentials: EstCredentials
  readonly service: Service
  /** Asks the server for its CA again: it may have changed since. */
  refresh(): Promise<Answer<Service>>
}

export type Failed = Exclude<Outcome, { kind: 'issued' | 'pending' }>

/** A final failure: the class of its fault decides. */
export function failureOutcome(cause: Fault): Failed {
  switch (retryClass(cause.code)) {
    case 'issuer':
      return { kind: 'blocked', fault: cause }
    case 'soon':
      return { kind: 'deferred', fault: cause }
    case 'later':
    case 'person':
      return { kind: 'refused', fault: cause }
  }
}

/** A call that brought no answer, before there was a request or while one is under way, which it does not end. */
export function callOutcome({ fault: cause, retryAfter }: CallFailure, ctx: Ctx, ticket?: Ticket): Failed {
  const wakeAt = retryAfter === undefined ? {} : { wakeAt: clampedWait(retryAfter, ctx.now()) }
  if (retryClass(cause.code) === 'person') return { kind: 'refused', fault: cause }
  if (ticket !== undefined) return { kind: 'deferred', fault: cause, ticket, ...wakeAt }
  const outcome = failureOutcome(cause)
  return outcome.kind === 'blocked' ? outcome : { ...outcome, ...wakeAt }
}

/** The request is gone, the wish is not. */
export const lost = (why: string): Failed => ({
  kind: 'deferred',
  fault: fault('TransactionLost', `${why}; a new request is made`),
})
