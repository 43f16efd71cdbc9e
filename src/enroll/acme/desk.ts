/** What the steps of an order share. */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import { fromRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Ctx, Order, Outcome, Ticket } from '../enroller.ts'
import { findAccount } from './account.ts'
import type { Account } from './account.ts'
import type { AcmeClient } from './client.ts'
import { failureOutcome, nextLook } from './outcomes.ts'
import type { AcmeFailure } from './reply.ts'
import type { Directory, Order as AcmeOrder } from './wire.ts'

export interface Desk {
  readonly client: AcmeClient
  readonly spec: AcmeSpec
  readonly account: Account
  readonly directory: Directory
  readonly ctx: Ctx
  /** Orders whose challenges the CA has all been told to look at, by URL: nothing is left but to look at the order. */
  readonly told: Set<string>
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

export async function takeDown({ ctx }: Pick<Desk, 'ctx'>, { answers = [] }: Ticket): Promise<void> {
  for (const answer of answers) await ctx.board.remove(answer)
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
