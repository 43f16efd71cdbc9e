/**
 * One transaction, from its ticket to the certificate (RFC 9810 section 5.3, RFC 9483 sections 4.1 and 4.4).
 *
 *   request ──ir, cr, kur, p10cr──► granted ──certConf──► pkiConf ──► issued
 *      │                        │      └─ confirmed implicitly ─────► issued
 *      │                        └─► rejection ──► refused
 *      │                        └─► waiting
 *      │ no answer: the same bytes again │
 *                                     approval ──pollReq──► granted, rejection, or later
 */
import { fault } from '../../domain/fault.ts'
import { reading } from '../../pki/readder.ts'
import { ok } from '../../std/result.ts'
import { plus, seconds } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Identity, Order, Outcome, Ticket } from '../enroller.ts'
import { callOutcome, ended, isOverdue, lost, nextPoll } from '../outcomes.ts'
import { readAnswer } from './answer.ts'
import type { Answered } from './answer.ts'
import { readPollRep } from './certrep.ts'
import { askAcknowledgement, confirm, decline, issued } from './confirmation.ts'
import { encodePoll, requestId } from './crmf.ts'
import { conversationOf, versions } from './desk.ts'
import type { Desk } from './desk.ts'
import { exchange, write } from './exchange.ts'
import type { Checked, Conversation, Exchanged } from './exchange.ts'
import { rejectionFault, replyFault } from './faults.ts'
import { decodeKept } from './kept.ts'
import type { Kept } from './kept.ts'
import { signerOf } from './protection.ts'
import { beginTransaction, freshNonce, protectorOf, writeRequest } from './request.ts'
import type { StatusInfo } from './status.ts'
import { ticketOf, readTicket } from './ticket.ts'
import type { Transaction } from './ticket.ts'

export interface Flight {
  readonly desk: Desk
  readonly transaction: Transaction
  readonly ticket: Ticket
  readonly order: Order
  readonly current: Identity | undefined
  readonly conversation: Conversation
}

/** Sends the request, asks what became of it, or confirms what came of it. */
export async function continueTransaction(desk: Desk, ticket: Ticket, order: Order): Promise<Outcome> {
  const transaction = readTicket(ticket)
  if (transaction === undefined) return lost('the ticket is from another version')
  if (transaction.keyHash !== order.key.publicKeyHash) return lost('the key has changed since the request was made')
  if (transaction.url !== desk.spec.url) return lost('spec.cmp.url has changed since the request was made')
  if (isOverdue(transaction.since, desk.spec.pendingTimeout, desk.ctx.now()))
    return { kind: 'refused', fault: overdue(transaction) }
  const kept = decodeKept(order.keptRequest, transaction.id)
  const current = transaction.current === undefined ? undefined : (kept?.current ?? identityAgain(transaction, order))
  if (transaction.current !== undefined && current === undefined)
    return lost('the key that signs the messages of the transaction is gone')
  const { id, asking, pvno } = transaction
  const protector = protectorOf(desk, current)
  const conversation = conversationOf(desk, { opening: asking, transactionID: id, protector, pvno })
  const flight: Flight = { desk, transaction, ticket, order, current, conversation }
  switch (transaction.phase) {
    case 'request':
      return sendRequest(flight, kept)
    case 'approval':
      return askAgain(flight)
    case 'confirmation':
    case 'acknowledgement':
      return goOnConfirming(flight)
  }
}

/** A certificate that the CA heard nothing about for too long counts for nothing there any more. */
function goOnConfirming(flight: Flight): Outcome | Promise<Outcome> {
  const { transaction, desk } = flight
  const { granted, phase, serverNonce } = transaction
  if (granted === undefined) return lost('the ticket is damaged')
  if (desk.ctx.now() > granted.confirmBy) return lost('the CA was not told of the certificate in time')
  return phase === 'confirmation' ? confirm(flight, granted, serverNonce) : askAcknowledgement(flight, granted)
}

/** A renewal that keeps its key keeps nothing: the key of the order is the one that signs. */
function identityAgain({ current }: Transaction, { key }: Order): Identity | undefined {
  const identity = { chain: current ?? [], key }
  return signerOf(identity) === undefined ? undefined : identity
}

const overdue = ({ id, since }: Transaction): ReturnType<typeof fault> =>
  fault(
    'TimedOut',
    `nobody approved the transaction ${Buffer.from(id).toString('hex')} since ${new Date(since).toISOString().slice(0, 16)}Z; ask the administrator of the CA, or raise spec.cmp.pendingTimeout`,
  )

async function sendRequest(flight: Flight, kept: Kept | undefined): Promise<Outcome> {
  const { desk, transaction, order, conversation } = flight
  const message = kept?.message ?? (await writeRequest(desk, { transaction, order, protector: conversation.protector }))
  const sent = { message, name: transaction.asking, nonces: [transaction.nonce] }
  return conclude(flight, await exchange(conversation, sent))
}

async function askAgain(flight: Flight): Promise<Outcome> {
  const { transaction, conversation } = flight
  const { certReqId = requestId, nonce, serverNonce } = transaction
  const senderNonce = freshNonce()
  const message = await write(conversation, {
    body: { name: 'pollReq', content: encodePoll(certReqId) },
    senderNonce,
    recipNonce: serverNonce,
  })
  return conclude(flight, await exchange(conversation, { message, name: 'pollReq', nonces: [senderNonce, nonce] }))
}

function conclude(flight: Flight, exchanged: Exchanged): Outcome | Promise<Outcome> {
  const { desk, ticket, transaction } = flight
  switch (exchanged.kind) {
    case 'unanswered': {
      const { failure } = exchanged
      const isRefusal = transaction.phase === 'request' && failure.fault.code === 'RequestRejected'
      return isRefusal ? { kind: 'refused', fault: failure.fault } : callOutcome(failure, desk.ctx.now(), ticket)
    }
    case 'rejected': {
      const { defect, why } = exchanged.defective
      // What cannot be read may come from something in between, and the transaction may well be alive.
      const cause = replyFault(defect, why)
      return defect === 'unreadable' ? { kind: 'deferred', fault: cause, ticket } : ended(cause)
    }
    case 'answered':
      return answered(flight, exchanged.reply)
  }
}

function answered(flight: Flight, reply: Checked): Outcome | Promise<Outcome> {
  const { name, content, header } = reply.message
  if (name === 'pollRep') {
    const poll = reading(() => ok(readPollRep(content)))
    if (!poll.ok) return deferredUnread(flight, poll.error)
    const retryAfter = plus(flight.desk.ctx.now(), seconds(clampedSeconds(poll.value.checkAfter)))
    return waiting(flight, { ...poll.value, retryAfter, serverNonce: header.senderNonce })
  }
  const answer = reading(() => ok(readAnswer(flight, reply)))
  if (!answer.ok) return deferredUnread(flight, answer.error)
  return act(flight, reply, answer.value)
}

/** Seven digits are four months, and a day is what is waited at most. */
const clampedSeconds = (checkAfter: number): number => Math.min(Math.max(checkAfter, 0), 9_999_999)

const deferredUnread = ({ ticket }: Flight, why: string): Outcome => ({
  kind: 'deferred',
  fault: replyFault('unreadable', `the reply of the CMP server cannot be read: ${why}`),
  ticket,
})

function act(flight: Flight, reply: Checked, answer: Answered): Outcome | Promise<Outcome> {
  const serverNonce = reply.message.header.senderNonce
  switch (answer.kind) {
    case 'granted':
      return answer.isConfirmed ? issued(answer) : confirm(flight, answer, serverNonce)
    case 'waiting':
      return waiting(flight, {
        certReqId: answer.certReqId,
        reason: answer.text,
        retryAfter: reply.retryAfter,
        serverNonce,
      })
    case 'refused':
      return refused(flight, answer.status, reply)
    case 'unfit':
      return decline(flight, answer, serverNonce)
    case 'defective':
      return ended(replyFault(answer.defect, answer.why))
  }
}

interface Wait {
  readonly certReqId: number
  readonly reason: string
  readonly retryAfter: Instant | undefined
  readonly serverNonce: Uint8Array | undefined
}

function waiting({ desk, transaction }: Flight, { certReqId, reason, retryAfter, serverNonce }: Wait): Outcome {
  const { since } = transaction
  const why = reason === '' ? '' : `, saying "${reason}"`
  return {
    kind: 'pending',
    ticket: ticketOf({ ...transaction, phase: 'approval', certReqId, serverNonce }),
    wakeAt: nextPoll({ since, retryAfter }, desk.ctx.now()),
    note: `the CA lets the request wait${why}; transaction ${Buffer.from(transaction.id).toString('hex')}`,
  }
}

function refused(flight: Flight, status: StatusInfo, reply: Checked): Outcome | Promise<Outcome> {
  const { desk, transaction, order, current } = flight
  const { failures } = status
  const isFirst = transaction.phase === 'request'
  // The request arrived earlier, and its answer got lost.
  if (isFirst && failures.includes('transactionIdInUse'))
    return waiting(flight, {
      certReqId: requestId,
      reason: status.text,
      retryAfter: desk.ctx.now(),
      serverNonce: reply.message.header.senderNonce,
    })
  if (isFirst && failures.includes('unsupportedVersion') && transaction.pvno === versions.cmp2000)
    return beginTransaction(desk, { order, asking: transaction.asking, current, pvno: versions.cmp2021 })
  return ended(rejectionFault(transaction.asking, status))
}
