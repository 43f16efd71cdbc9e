/** certConf and pkiConf (RFC 9810 sections 5.3.17 and 5.3.18): the CA hears whether the certificate is taken. */
import type { PrivateKey } from '../../pki/key.ts'
import { reading } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'
import { plus, seconds } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Outcome } from '../enroller.ts'
import { callOutcome, clampedWait, ended, lost } from '../outcomes.ts'
import type { Answered } from './answer.ts'
import { readPollRep } from './certrep.ts'
import { certHashOf } from './confirm.ts'
import { encodeConfirmation, encodePoll, requestId, wholeMessage } from './crmf.ts'
import { versions } from './desk.ts'
import { exchange, write } from './exchange.ts'
import type { Exchanged } from './exchange.ts'
import { rejectionFault, replyFault } from './faults.ts'
import { freshNonce } from './request.ts'
import { readError } from './status.ts'
import { ticketOf } from './ticket.ts'
import type { Granted, Transaction } from './ticket.ts'
import type { Flight } from './transaction.ts'

/** A certificate that is ours once the CA has heard so. */
interface Taken extends Granted {
  /** Only when the CA made it. */
  readonly key?: PrivateKey | undefined
  readonly certReqId?: number
}

export function issued({ chain, roots, warning, key }: Taken): Outcome {
  return {
    kind: 'issued',
    chain,
    ...(roots.length === 0 ? {} : { roots }),
    ...(key === undefined ? {} : { key }),
    ...(warning === undefined ? {} : { warning }),
  }
}

/** Takes the certificate. A confirmation whose answer gets lost is sent again: the ticket keeps what came. */
export async function confirm(flight: Flight, granted: Taken, serverNonce: Uint8Array | undefined): Promise<Outcome> {
  const [certificate] = granted.chain
  const certReqId = granted.certReqId ?? flight.transaction.certReqId ?? requestId
  if (certificate === undefined) return lost('the certificate to confirm is gone')
  const exchanged = await send(flight, { certificate, certReqId, serverNonce })
  return conclude(flight, granted, { exchanged, asked: { phase: 'confirmation', certReqId, serverNonce } })
}

/** The CA wants time for its answer to the confirmation (RFC 9483 section 4.4). */
export async function askAcknowledgement(flight: Flight, granted: Granted): Promise<Outcome> {
  const { conversation, transaction } = flight
  const { certReqId = requestId, serverNonce } = transaction
  const senderNonce = freshNonce()
  const body = { name: 'pollReq', content: encodePoll(wholeMessage) } as const
  const message = await write(conversation, { body, senderNonce, recipNonce: serverNonce })
  const exchanged = await exchange(conversation, { message, name: 'pollReq', nonces: [senderNonce] })
  return conclude(flight, granted, { exchanged, asked: { phase: 'acknowledgement', certReqId, serverNonce } })
}

interface Concluding {
  readonly exchanged: Exchanged
  /** What the ticket says when it is asked once more. */
  readonly asked: Pick<Transaction, 'phase' | 'certReqId' | 'serverNonce'>
}

function conclude(flight: Flight, granted: Taken, { exchanged, asked }: Concluding): Outcome {
  const { transaction, desk } = flight
  const now = desk.ctx.now()
  if (exchanged.kind === 'rejected') return ended(replyFault(exchanged.defective.defect, exchanged.defective.why))
  if (exchanged.kind === 'answered' && isTaken(exchanged)) return issued(granted)
  const wait = exchanged.kind === 'answered' ? waitOf(exchanged, now) : undefined
  if (exchanged.kind === 'answered' && wait === undefined) return notTaken(exchanged)
  // A key that the CA made cannot lie in a status. The next request gets another.
  if (granted.key !== undefined) return lost('the CA did not take the confirmation in time')
  const { chain, roots, warning, confirmBy } = granted
  const kept = { ...transaction, ...asked, granted: { chain, roots, warning, confirmBy } }
  if (exchanged.kind === 'unanswered') {
    const failed = callOutcome(exchanged.failure, now, ticketOf(kept))
    return failed.kind === 'deferred' ? { wakeAt: plus(now, seconds(5)), ...failed } : failed
  }
  const serverNonce = exchanged.reply.message.header.senderNonce
  return {
    kind: 'pending',
    ticket: ticketOf({ ...kept, phase: 'acknowledgement', serverNonce }),
    wakeAt: wait ?? plus(now, seconds(5)),
    note: 'the certificate is issued, and the CA lets the confirmation wait',
  }
}

/** @returns when to ask again, where the answer is that there is none yet */
function waitOf({ reply }: Extract<Exchanged, { kind: 'answered' }>, now: Instant): Instant | undefined {
  const { name, content } = reply.message
  if (name === 'pollRep') {
    const poll = reading(() => ok(readPollRep(content)))
    return poll.ok ? clampedWait(plus(now, seconds(Math.min(poll.value.checkAfter, 86_400))), now) : undefined
  }
  const error = name === 'error' ? reading(() => ok(readError(content))) : undefined
  return error?.ok === true && error.value.status === 'waiting' ? plus(now, seconds(5)) : undefined
}

/** Tells the CA that its certificate is not taken, and why. Whatever it answers, the reason stands. */
export async function decline(
  flight: Flight,
  unfit: Extract<Answered, { kind: 'unfit' }>,
  serverNonce: Uint8Array | undefined,
): Promise<Outcome> {
  const { certificate, certReqId, why } = unfit
  await send(flight, { certificate, certReqId, serverNonce, rejection: why })
  return ended(replyFault(unfit.defect, why))
}

interface Word {
  readonly certificate: Der
  readonly certReqId: number
  readonly serverNonce: Uint8Array | undefined
  readonly rejection?: string
}

async function send({ conversation }: Flight, word: Word): Promise<Exchanged> {
  const { certificate, certReqId, serverNonce, rejection } = word
  const { certHash, hashAlg } = certHashOf(certificate)
  const senderNonce = freshNonce()
  const talk = hashAlg === undefined ? conversation : { ...conversation, pvno: versions.cmp2021 }
  const content = encodeConfirmation({ certHash, certReqId, hashAlg, rejection })
  const message = await write(talk, { body: { name: 'certConf', content }, senderNonce, recipNonce: serverNonce })
  return exchange(talk, { message, name: 'certConf', nonces: [senderNonce] })
}

/** `certConfirmed`: it arrived before, and its answer got lost. */
function isTaken({ reply }: Extract<Exchanged, { kind: 'answered' }>): boolean {
  const { name, content } = reply.message
  if (name === 'pkiconf') return true
  const error = name === 'error' ? reading(() => ok(readError(content))) : undefined
  return error?.ok === true && error.value.failures.includes('certConfirmed')
}

function notTaken({ reply }: Extract<Exchanged, { kind: 'answered' }>): Outcome {
  const { name, content } = reply.message
  const error = name === 'error' ? reading(() => ok(readError(content))) : undefined
  if (error?.ok === true) return ended(rejectionFault('certConf', error.value))
  return ended(replyFault('body', `the CA answered the certConf with ${name}, which is no answer to it`))
}
