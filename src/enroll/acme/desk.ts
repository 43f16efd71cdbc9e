/** What the steps of an order share. */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import { mapBounded } from '../../std/bounded.ts'
import { fromRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { ChallengeAnswer } from '../challenge.ts'
import type { Ctx, Order, Outcome, Ticket } from '../enroller.ts'
import { findAccount } from './account.ts'
import type { Account } from './account.ts'
import type { AcmeClient } from './client.ts'
import { failureOutcome, nextLook } from './outcomes.ts'
import type { DnsSolver } from './dns.ts'
import type { AcmeFailure } from './reply.ts'
import { isOverDns, solverOf } from './solvers.ts'
import type { Solver } from './solvers.ts'
import type { Directory, Order as AcmeOrder } from './wire.ts'

/** An answer, with the solver of the issuer that shows it; undefined when the issuer no longer has it. */
export interface SolvedAnswer extends ChallengeAnswer {
  readonly by: Solver | undefined
}

/** Answers are shown and taken down this many at a time. */
export const answersAtATime = 8

export interface Desk {
  readonly client: AcmeClient
  readonly spec: AcmeSpec
  readonly account: Account
  readonly directory: Directory
  readonly ctx: Ctx
  /**
   * Orders whose challenges the CA has all been told to look at, by URL, with what is noted meanwhile: nothing is left but to look at
   * the order.
   */
  readonly told: Map<string, string>
  readonly dns: DnsSolver
}

/** An order under way, as the CA has just shown it. */
export interface Flight {
  readonly desk: Desk
  readonly ticket: Ticket
  readonly order: Order
  readonly url: string
  readonly current: AcmeOrder
  readonly retryAfter: Instant | undefined
}

export type Failed = ReturnType<typeof failureOutcome>

/** Nothing to do but to look again. */
export function look({ desk, ticket, retryAfter }: Flight, note: string): Outcome {
  const now = desk.ctx.now()
  return { kind: 'pending', ticket, wakeAt: nextLook({ createdAt: createdAt(ticket) ?? now, retryAfter }, now), note }
}

export function createdAt({ state }: Ticket): Instant | undefined {
  const created = state['createdAt']
  return typeof created === 'string' ? fromRfc3339(created) : undefined
}

/** The order is gone, the wish is not: a new one is made. */
export const lost = (why: string): Outcome => ({
  kind: 'deferred',
  fault: fault('TransactionLost', `${why}; a new order is made`),
})

/** Takes down every answer of a ticket, wherever it was shown. */
export async function takeDown({ ctx, dns, spec }: Pick<Desk, 'ctx' | 'dns' | 'spec'>, ticket: Ticket): Promise<void> {
  await mapBounded(ticket.answers ?? [], answersAtATime, (answer) =>
    isOverDns(answer.type)
      ? dns.remove({ ...answer, by: solverOf(answer, ticket, spec) }, ctx)
      : ctx.board.remove(answer),
  )
}

/**
 * `unauthorized` may speak of the account or of what the account asked for (RFC 8555 section 6.7), and only the former is the
 * issuer's trouble. So the CA is asked how the account is.
 */
export async function requestFailure(desk: Desk, failure: AcmeFailure, ticket?: Ticket): Promise<Failed> {
  if (failure.problem?.type !== 'unauthorized') return failureOutcome(failure, ticket)
  const account = await findAccount(desk.client, { key: desk.account.key, directory: desk.directory }, desk.ctx)
  if (!account.ok) return failureOutcome(account.error, ticket)
  return { kind: 'refused', fault: { ...failure.fault, code: 'RequestRejected' } }
}
