/** certConf and pkiConf (RFC 9810 sections 5.3.17 and 5.3.18): the CA hears whether the certificate is taken. */
import { fault } from '../../domain/fault.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { reading } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'
import { plus, seconds } from '../../std/time.ts'
import type { Outcome } from '../enroller.ts'
import { callOutcome, ended } from '../outcomes.ts'
import type { Answered } from './answer.ts'
import { certHashOf } from './confirm.ts'
import { encodeConfirmation, requestId } from './crmf.ts'
import { versions } from './desk.ts'
import { exchange, write } from './exchange.ts'
import type { Exchanged } from './exchange.ts'
import { rejectionFault, replyFault } from './faults.ts'
import { freshNonce } from './request.ts'
import { readError } from './status.ts'
import { ticketOf } from './ticket.ts'
import type { Granted } from './ticket.ts'
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
  const { transaction, desk } = flight
  const certReqId = granted.certReqId ?? transaction.certReqId ?? requestId
  if (certificate === undefined)
    return ended(fault('TransactionLost', 'the certificate to confirm is gone; a new request is made'))
  const exchanged = await send(flight, { certificate, certReqId, serverNonce })
  if (exchanged.kind === 'answered') return isTaken(exchanged) ? issued(granted) : notTaken(exchanged)
  if (exchanged.kind === 'rejected') return ended(replyFault(exchanged.defective.defect, exchanged.defective.why))
  // A key that the CA made cannot lie in a status. The next request gets another.
  if (granted.key !== undefined) return ended(exchanged.failure.fault)
  const { chain, roots, warning } = granted
  const ticket = ticketOf({
    ...transaction,
    phase: 'confirmation',
    serverNonce,
    certReqId,
    granted: { chain, roots, warning },
  })
  const failed = callOutcome(exchanged.failure, desk.ctx.now(), ticket)
  return failed.kind === 'deferred' ? { wakeAt: plus(desk.ctx.now(), seconds(5)), ...failed } : failed
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
