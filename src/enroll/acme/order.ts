/**
 * One order, from its ticket to the certificate (RFC 8555 section 7.1.6). The server's status drives everything: a ticket names
 * the order and the answers, and never changes, so that nothing is written while an order goes its way.
 *
 *   newOrder ──► pending ──► ready ──► processing ──► valid
 *     ticket     present      finalize                download
 *                respond
 */
import { fault } from '../../domain/fault.ts'
import { buildCsr } from '../../pki/csr.ts'
import { err, ok } from '../../std/result.ts'
import type { Instant } from '../../std/time.ts'
import type { Order, Outcome, Ticket } from '../enroller.ts'
import { complaintOf, deactivate, prove, readAuthorizations } from './authorization.ts'
import { download } from './chain.ts'
import { createdAt, look, lost, requestFailure, takeDown } from './desk.ts'
import type { Desk, Flight } from './desk.ts'
import { requestWish } from './identifiers.ts'
import { ticketVersion } from './neworder.ts'
import { failureOutcome } from './outcomes.ts'
import { sentenceFor } from './problem.ts'
import { malformed } from './reply.ts'
import type { AcmeFailure, Answer } from './reply.ts'
import { readOrder } from './wire.ts'
import type { Order as AcmeOrder } from './wire.ts'

/** Looks at the order and does what its status asks for. Whatever ends it takes the answers down. */
export async function continueOrder(desk: Desk, ticket: Ticket, order: Order): Promise<Outcome> {
  const outcome = await goOn(desk, ticket, order)
  const isOver =
    outcome.kind === 'issued' ||
    outcome.kind === 'refused' ||
    (outcome.kind === 'deferred' && outcome.ticket === undefined)
  if (isOver) await takeDown(desk, ticket)
  return outcome
}

async function goOn(desk: Desk, ticket: Ticket, order: Order): Promise<Outcome> {
  const url = ticket.state['order']
  if (ticket.version !== ticketVersion || typeof url !== 'string') return lost('the ticket is from another version')
  const read = await readOrderAt(desk, url)
  if (!read.ok)
    return isGone(read.error) ? lost('the CA no longer knows the order') : failureOutcome(read.error, ticket)
  const flight: Flight = { desk, ticket, order, url, current: read.value.order, retryAfter: read.value.retryAfter }
  switch (read.value.order.status) {
    case 'pending':
      if (hasOldAnswers(flight)) return lost('the account has another key now, which the answers do not speak of')
      return hasRunOut(flight) ? lost('the order has run out') : prove(flight)
    case 'ready':
      return finalize(flight)
    case 'processing':
      return look(flight, 'the CA is issuing the certificate')
    case 'valid':
      return collect(flight)
    case 'invalid':
      return refusedOrder(flight)
  }
}

/** Ends an order that nobody wants any more. Its failures matter to nobody either. */
export async function giveUpOrder(desk: Desk, ticket: Ticket): Promise<void> {
  const url = ticket.state['order']
  if (typeof url !== 'string' || !isHere(url, desk)) return
  const read = await readOrderAt(desk, url)
  if (read.ok && read.value.order.status === 'pending') await deactivate(desk, read.value.order)
}

/** The issuer may have been pointed at another CA since, which the order is no business of. */
const isHere = (url: string, { directory }: Desk): boolean =>
  URL.canParse(url) && new URL(url).origin === new URL(directory.newOrder).origin

async function readOrderAt(
  desk: Desk,
  url: string,
): Promise<Answer<{ readonly order: AcmeOrder; readonly retryAfter: Instant | undefined }>> {
  const answer = await desk.client.post({ what: 'order', url, signer: desk.account }, desk.ctx)
  if (!answer.ok) return answer
  const order = readOrder(answer.value.json)
  return order === undefined
    ? err(malformed('the CA answered with something that is no order'))
    : ok({ order, retryAfter: answer.value.retryAfter })
}

/** An order of another account (the account key was replaced by hand) is as good as none. */
const isGone = ({ problem }: AcmeFailure): boolean =>
  problem?.status === 404 ||
  problem?.status === 410 ||
  problem?.type === 'unauthorized' ||
  (problem?.status === 400 && problem.type === 'malformed')

/** Answers name the key of the account (RFC 8555 section 8.1). */
function hasOldAnswers({ desk, ticket }: Flight): boolean {
  const { key } = ticket.state
  return typeof key === 'string' && key !== desk.account.key.thumbprint
}

/** By our own clock, which is not believed when the order had run out by it before it was made. */
function hasRunOut({ desk, ticket, current: { expires } }: Flight): boolean {
  const made = createdAt(ticket)
  return expires !== undefined && made !== undefined && expires > made && expires <= desk.ctx.now()
}

async function finalize(flight: Flight): Promise<Outcome> {
  const { desk, ticket, order, current } = flight
  // Some CAs name the place only when the order is made.
  const url = current.finalize ?? ticket.state['finalize']
  if (typeof url !== 'string') return failureOutcome(malformed('the CA names no place to finalize the order'), ticket)
  const csr = await buildCsr({ wanted: requestWish(order.wanted), key: order.key })
  const payload = { csr: Buffer.from(csr).toString('base64url') }
  const answer = await desk.client.post({ what: 'finalize', url, signer: desk.account, payload }, desk.ctx)
  if (!answer.ok) {
    // RFC 8555 section 7.4: the order is not ready after all; look again rather than fail.
    if (answer.error.problem?.type === 'orderNotReady') return look(flight, 'the CA is not ready to issue yet')
    return requestFailure(desk, answer.error, ticket)
  }
  const after = readOrder(answer.value.json)
  const next = { ...flight, retryAfter: answer.value.retryAfter }
  if (after?.status === 'valid') return collect({ ...next, current: after })
  return look(next, 'the CA is issuing the certificate')
}

async function collect(flight: Flight): Promise<Outcome> {
  const { desk, ticket, current } = flight
  if (current.certificate === undefined) return failureOutcome(malformed('the CA names no certificate'), ticket)
  const { client, account, spec } = desk
  const downloaded = await download(current.certificate, { client, account, preference: spec }, desk.ctx)
  if (!downloaded.ok) return notCollected(downloaded.error, ticket)
  const { chain, warning } = downloaded.value
  return { kind: 'issued', chain, ...(warning === undefined ? {} : { warning }) }
}

/** The certificate exists: what arrived garbled is fetched again rather than issued again. */
function notCollected(failure: AcmeFailure, ticket: Ticket): Outcome {
  if (failure.fault.code === 'ReplyMalformed') return { kind: 'deferred', fault: failure.fault, ticket }
  return failureOutcome(failure, ticket)
}

async function refusedOrder(flight: Flight): Promise<Outcome> {
  const { desk, current } = flight
  const authorizations = await readAuthorizations(desk, current)
  const complaint = authorizations.ok ? complaintOf(authorizations.value) : undefined
  if (complaint !== undefined) return { kind: 'refused', fault: complaint }
  if (current.error !== undefined)
    return { kind: 'refused', fault: fault('ValidationFailed', sentenceFor(current.error)) }
  if (hasRunOut(flight)) return lost('the order has run out')
  return { kind: 'refused', fault: fault('ValidationFailed', 'the CA turned the order down and gives no reason') }
}
