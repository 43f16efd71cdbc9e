/**
 * One transaction, from its ticket to the certificate (RFC 8894 section 2.5).
 *
 *   request ──PKCSReq / RenewalReq──► SUCCESS ──► issued
 *      │                          └─► FAILURE ──► the next way to ask, if there is one; else refused
 *      │                          └─► PENDING
 *      │ no answer: the same bytes again  │
 *                                     approval ──CertPoll, same transaction──► SUCCESS, PENDING, FAILURE
 */
import { fault } from '../../domain/fault.ts'
import { randomBytes } from '../../pki/random.ts'
import type { Order, Outcome, Ticket } from '../enroller.ts'
import { callOutcome, ended, isOverdue, lost, nextPoll } from '../outcomes.ts'
import type { CertRep } from './certrep.ts'
import { printOf, spend } from './challenge.ts'
import type { Desk } from './desk.ts'
import { exchange } from './exchange.ts'
import type { Exchanged } from './exchange.ts'
import { failureFault } from './faults.ts'
import { decodeKept } from './kept.ts'
import type { Kept, Requester } from './kept.ts'
import { buildMessage, issuerAndSubject } from './message.ts'
import { subjectOf } from './names.ts'
import { beginTransaction, requesterAgain, writeRequest } from './request.ts'
import { readTicket, ticketOf } from './ticket.ts'
import type { Transaction, Way } from './ticket.ts'
import { warningFor } from './warnings.ts'

interface Flight {
  readonly desk: Desk
  readonly transaction: Transaction
  readonly ticket: Ticket
  readonly order: Order
}

/** Sends the request, or asks what became of it. */
export async function continueTransaction(desk: Desk, ticket: Ticket, order: Order): Promise<Outcome> {
  const transaction = readTicket(ticket)
  if (transaction === undefined) return lost('the ticket is from another version')
  if (transaction.keyHash !== order.key.publicKeyHash) return lost('the key has changed since the request was made')
  if (transaction.url !== desk.spec.url) return lost('spec.scep.url has changed since the request was made')
  if (isOverdue(transaction.since, desk.spec.pendingTimeout, desk.ctx.now()))
    return { kind: 'refused', fault: overdue(transaction) }
  const flight: Flight = { desk, transaction, ticket, order }
  return transaction.phase === 'request' ? sendRequest(flight) : askAgain(flight)
}

const overdue = ({ id, since }: Transaction): ReturnType<typeof fault> =>
  fault(
    'TimedOut',
    `nobody approved the transaction ${id} since ${new Date(since).toISOString().slice(0, 16)}Z; ask the administrator of the CA, or raise spec.scep.pendingTimeout`,
  )

async function sendRequest(flight: Flight): Promise<Outcome> {
  const { desk, transaction, order } = flight
  const kept = keptFor(flight) ?? (await madeAgain(flight))
  if (kept === undefined) return lost('the request that was made is gone, and so is its key')
  if (hasOtherChallenge(kept, desk)) return lost('the challenge has changed since the request was made')
  const spent = await spendChallenge(desk, transaction)
  if (spent !== undefined) return ended(spent)
  const { way, nonce, id } = transaction
  const answer = await exchange(desk, {
    request: way === 'RenewalReq' ? 'RenewalReq' : 'PKCSReq',
    message: kept.message,
    transaction: id,
    nonce: Buffer.from(nonce, 'hex'),
    requester: kept.requester,
    key: order.key,
  })
  return conclude(flight, kept.requester, answer)
}

const keptFor = ({ transaction, order }: Flight): Kept | undefined =>
  decodeKept(order.keptRequest, { transaction: transaction.id, orderKey: order.key })

/** Where nothing was kept the request is made again, under the same transaction and with the same nonce. */
async function madeAgain({ desk, transaction, order }: Flight): Promise<Kept | undefined> {
  const requester = await requesterAgain(desk, transaction, order)
  return requester === undefined ? undefined : writeRequest(desk, { transaction, order, requester })
}

/** What is in the message is what would be spent, whatever the Secret has come to hold since. */
const hasOtherChallenge = (kept: Kept, { challenge }: Desk): boolean =>
  kept.challenge !== undefined && (challenge === undefined || printOf(challenge) !== kept.challenge)

async function spendChallenge({ spec, challenge, ctx }: Desk, { way, id }: Transaction): ReturnType<typeof spend> {
  const { challengeSecretRef: ref, challengeUse } = spec
  if (challengeUse !== 'OneTime' || way !== 'Enroll' || challenge === undefined || ref === undefined) return undefined
  return spend({ challenge, secretName: ref.name }, id, ctx.vault)
}

/** CertPoll (section 3.3.3): the same transaction, signed by the same certificate, with a nonce of its own. */
async function askAgain(flight: Flight): Promise<Outcome> {
  const { desk, transaction, order } = flight
  const kept = keptFor(flight)
  const requester = kept?.requester ?? (await requesterAgain(desk, transaction, order))
  if (requester === undefined) return lost('the key that the request was signed with is gone')
  // Where the challenge is the password of the reply, another one does not open it.
  if (kept !== undefined && requester.key.shape.algorithm !== 'RSA' && hasOtherChallenge(kept, desk))
    return lost('the challenge has changed since the request was made')
  const { authority, algorithms } = desk.site
  const nonce = randomBytes(16)
  const message = await buildMessage(
    {
      head: { type: 'CertPoll', transaction: transaction.id, senderNonce: nonce },
      payload: issuerAndSubject({ issuer: subjectOf(authority.ca.der), subject: transaction.subject }),
      requester,
      recipient: authority.encryption.der,
      algorithms,
    },
    desk.ctx.now(),
  )
  const asked = { request: 'CertPoll', message, transaction: transaction.id, nonce, requester, key: order.key }
  return conclude(flight, requester, await exchange(desk, asked))
}

function conclude(flight: Flight, requester: Requester, answer: Exchanged): Outcome | Promise<Outcome> {
  switch (answer.kind) {
    case 'unanswered':
      return unanswered(flight, requester, answer)
    case 'rejected':
      return rejected(flight, answer)
    case 'answered':
      return answered(flight, requester, answer)
  }
}

/** Statuses with which services turn down a RenewalReq that they do not know, although they list it. */
const refusals: ReadonlySet<number> = new Set([400, 403, 404, 405, 500, 501])

function unanswered(
  flight: Flight,
  requester: Requester,
  { failure }: Extract<Exchanged, { kind: 'unanswered' }>,
): Outcome | Promise<Outcome> {
  const { desk, transaction, ticket } = flight
  const isRefusal = transaction.phase === 'request' && refusals.has(failure.status ?? 0)
  if (isRefusal && transaction.way !== 'Enroll' && transaction.otherWays.length > 0) return nextWay(flight, requester)
  if (transaction.phase === 'request' && failure.fault.code === 'RequestRejected')
    return { kind: 'refused', fault: failure.fault }
  return callOutcome(failure, desk.ctx.now(), ticket)
}

/** What cannot be read may come from something in between, and the transaction may well be alive. */
function rejected({ ticket }: Flight, { rejection }: Extract<Exchanged, { kind: 'rejected' }>): Outcome {
  const { defect, fault: cause } = rejection
  return defect === 'unreadable' ? { kind: 'deferred', fault: cause, ticket } : ended(cause)
}

function answered(
  flight: Flight,
  requester: Requester,
  { reply, retryAfter }: Extract<Exchanged, { kind: 'answered' }>,
): Outcome | Promise<Outcome> {
  switch (reply.kind) {
    case 'success':
      return issued(flight, reply)
    case 'pending':
      return waiting(flight, retryAfter)
    case 'failure':
      return refused(flight, requester, reply)
  }
}

function issued({ desk }: Flight, { certificates, protection }: Extract<CertRep, { kind: 'success' }>): Outcome {
  const { members } = desk.site.authority
  const authorities = members.filter(({ facts }) => facts.isCA)
  const roots = authorities.filter(({ facts }) => facts.selfSigned).map(({ der }) => der)
  const warning = warningFor(desk.site.algorithms, protection)
  return {
    kind: 'issued',
    chain: [...certificates, ...authorities.map(({ der }) => der)],
    ...(roots.length === 0 ? {} : { roots }),
    ...(warning === undefined ? {} : { warning }),
  }
}

function waiting({ desk, transaction }: Flight, retryAfter: Parameters<typeof nextPoll>[0]['retryAfter']): Outcome {
  const { spec, ctx } = desk
  return {
    kind: 'pending',
    ticket: ticketOf({ ...transaction, phase: 'approval' }),
    wakeAt: nextPoll({ since: transaction.since, retryAfter }, ctx.now(), spec.pollInterval),
    note: `the CA holds transaction ${transaction.id} until it is approved`,
  }
}

function refused(
  flight: Flight,
  requester: Requester,
  { failInfo, text }: Extract<CertRep, { kind: 'failure' }>,
): Outcome | Promise<Outcome> {
  const { transaction } = flight
  const request = transaction.phase === 'approval' ? 'CertPoll' : messageName(transaction.way)
  const cause = failureFault(request, { failInfo, text })
  // No other way of asking mends a clock.
  const mayAskOtherwise = transaction.phase === 'request' && cause.code !== 'ClockSkewed'
  if (mayAskOtherwise && transaction.otherWays.length > 0) return nextWay(flight, requester)
  return ended(cause)
}

const messageName = (way: Way): string => (way === 'RenewalReq' ? 'RenewalReq' : 'PKCSReq')

/** A new transaction, for the old one has failed. Its request is kept before it is sent, like the first. */
function nextWay({ desk, transaction, order }: Flight, requester: Requester): Promise<Outcome> {
  const { otherWays, current } = transaction
  const signer = current === undefined ? undefined : { key: requester.key, certificate: current }
  desk.ctx.log.info('the CA did not take the request; asking in another way', {
    refused: transaction.way,
    next: otherWays[0],
  })
  return beginTransaction(desk, { order, ways: otherWays, current: signer })
}
