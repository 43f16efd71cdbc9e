/** What every step of a transaction has at hand. */
import type { ScepSpec } from '../../api/issuer/scep.ts'
import { fault, retryClass } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { SecretText } from '../../std/secret.ts'
import type { Ctx, Outcome, Ticket } from '../enroller.ts'
import { clampedWait } from './patience.ts'
import type { Protection } from './certrep.ts'
import type { Answer, CallFailure, ScepClient } from './client.ts'
import type { Site } from './site.ts'

export interface Desk {
  readonly spec: ScepSpec
  readonly client: ScepClient
  readonly site: Site
  readonly challenge: SecretText | undefined
  readonly ctx: Ctx
  /** Asks the service again: its certificates may have changed since. */
  refresh(): Promise<Answer<Site>>
  /** Remembers how a reply was protected, to be shown. */
  seen(protection: Protection): void
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

/**
 * The end of a transaction that the CA has failed, or whose reply cannot count. Never `blocked`, after which the same request
 * would be sent again: what is asked next is a transaction of its own.
 */
export function ended(cause: Fault): Failed {
  const outcome = failureOutcome(cause)
  return outcome.kind === 'blocked' ? { kind: 'deferred', fault: cause } : outcome
}

/** A call that brought no answer, before there was a transaction or while one runs, which it does not end. */
export function callOutcome({ fault: cause, retryAfter }: CallFailure, ctx: Ctx, ticket?: Ticket): Failed {
  const wakeAt = retryAfter === undefined ? {} : { wakeAt: clampedWait(retryAfter, ctx.now()) }
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
