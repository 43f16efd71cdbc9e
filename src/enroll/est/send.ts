/** Sends a request that was made, and judges what comes back (RFC 7030 section 4.2.3). */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { HttpResponse, TlsSession } from '../../net/http.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import type { PrivateKey } from '../../pki/key.ts'
import type { Der } from '../../std/bytes.ts'
import { err } from '../../std/result.ts'
import type { Order, Outcome, Ticket } from '../enroller.ts'
import { callOutcome, failureOutcome, nextPoll } from '../outcomes.ts'
import type { Answer } from './client.ts'
import type { Shown } from './credentials.ts'
import type { Desk } from './desk.ts'
import { replyFault, statusFault } from './faults.ts'
import { Unbindable, writeRequest } from './request.ts'
import type { Blueprint } from './request.ts'
import { protectionOf, readServerKey } from './serverkey.ts'
import { ticketOf } from './ticket.ts'
import type { Transaction } from './ticket.ts'
import { chainOf } from './trust.ts'
import { encodeBody, readCertificateBody } from './wire.ts'

export interface Flight {
  readonly desk: Desk
  readonly transaction: Transaction
  readonly ticket: Ticket
  readonly order: Order
  /** The certificate that is shown in TLS. */
  readonly shown: Shown | undefined
}

export interface Made {
  readonly blueprint: Blueprint
  /** Undefined where each TLS session needs one of its own. */
  readonly request: Der | undefined
}

export async function sendRequest(flight: Flight, { blueprint, request }: Made): Promise<Answer<HttpResponse>> {
  const { desk, transaction, order, shown } = flight
  const { client, site, spec, ctx } = desk
  const form = spec.base64 ?? 'Wrapped'
  let unbindable: Unbindable | undefined
  const boundBody = async (session: TlsSession): Promise<Uint8Array> => {
    try {
      return Buffer.from(encodeBody(await writeRequest(order, blueprint, session), form))
    } catch (error) {
      if (error instanceof Unbindable) unbindable = error
      throw error
    }
  }
  const reply = await client.call(
    {
      operation: transaction.operation,
      login: 'whenAsked',
      trust: site.trust,
      clientCertificate: shown?.tls,
      ...(request === undefined ? { boundBody } : { body: encodeBody(request, form) }),
    },
    ctx,
  )
  return unbindable === undefined ? reply : err({ fault: fault('Misconfigured', unbindable.message) })
}

export async function conclude(flight: Flight, reply: Answer<HttpResponse>): Promise<Outcome> {
  const { desk, transaction, ticket } = flight
  if (!reply.ok) {
    const { code } = reply.error.fault
    // The CA has judged this very request; everything else may pass.
    const isFinal = code === 'RequestRejected' || code === 'PolicyDenied' || code === 'Misconfigured'
    return isFinal ? callOutcome(reply.error, desk.ctx.now()) : callOutcome(reply.error, desk.ctx.now(), ticket)
  }
  switch (reply.value.status) {
    case 202:
      return waiting(flight, reply.value)
    case 200:
      return transaction.operation === 'serverkeygen' ? withKey(flight, reply.value) : certified(flight, reply.value)
    default:
      return failureOutcome(statusFault(reply.value.status, transaction.operation, ''))
  }
}

function waiting({ desk, transaction }: Flight, { retryAfter }: HttpResponse): Outcome {
  return {
    kind: 'pending',
    ticket: ticketOf({ ...transaction, phase: 'approval' }),
    wakeAt: nextPoll({ since: transaction.since, retryAfter }, desk.ctx.now()),
    note: 'the CA holds the request until it is approved; it is sent again then, as it is',
  }
}

/** What cannot be read may come from something in between, and the request may well be alive. */
function unreadable({ transaction, ticket }: Flight, why: string): Outcome {
  const message = `the EST server answered ${transaction.operation} with HTTP 200 and something that holds no certificate: ${why}; something in between may have answered in its place`
  return { kind: 'deferred', fault: replyFault('notEst', message), ticket }
}

function certified(flight: Flight, { body }: HttpResponse): Outcome | Promise<Outcome> {
  const certificates = readCertificateBody(body)
  if (!certificates.ok) return unreadable(flight, certificates.error)
  return chained(flight, certificates.value, undefined)
}

function withKey(flight: Flight, { body, headers }: HttpResponse): Outcome | Promise<Outcome> {
  const { desk, shown, transaction, ticket } = flight
  const contentType = headers.get('content-type') ?? ''
  const protection = protectionOf(desk.spec, desk.credentials, shown)
  const read = readServerKey({ contentType, body }, protection)
  if (read.ok) return chained(flight, read.value.certificates, read.value.key)
  const { defect, why } = read.error
  if (defect === 'unreadable') return unreadable(flight, why)
  const cause = replyFault(
    defect,
    `the EST server answered ${transaction.operation}, and ${why}; ask its administrator`,
  )
  return cause.code === 'ReplyMalformed' ? { kind: 'deferred', fault: cause, ticket } : failureOutcome(cause)
}

/** The certificate of the key, and what leads from it to the CA; the CA may have changed since it was looked at. */
async function chained(flight: Flight, reply: readonly Der[], made: PrivateKey | undefined): Promise<Outcome> {
  const { desk, order, transaction, ticket } = flight
  const { publicKeyHash } = made ?? order.key
  if (!reply.some((der) => isFor(der, publicKeyHash))) {
    const defect = made === undefined ? 'anotherKey' : 'serverKey'
    const message = `the certificate that came with ${transaction.operation} is not for the key ${made === undefined ? 'of the request' : 'that came with it'}; it was thrown away. Ask the administrator of the CA what it certified`
    return failureOutcome(replyFault(defect, message))
  }
  const repeated = repeats(transaction.current, reply, publicKeyHash)
  if (repeated !== undefined) return failureOutcome(repeated)
  let { anchors } = desk.site
  let chain = chainOf(reply, publicKeyHash, anchors)
  if (!chain.ok) {
    const fresh = await desk.refresh()
    if (!fresh.ok) return callOutcome(fresh.error, desk.ctx.now(), ticket)
    ;({ anchors } = fresh.value)
    chain = chainOf(reply, publicKeyHash, anchors)
  }
  if (!chain.ok) {
    const message = `the certificate that came with ${transaction.operation} cannot be traced to the CA of the issuer: ${chain.error}; it was thrown away`
    return failureOutcome(replyFault('foreignSigner', message))
  }
  return {
    kind: 'issued',
    chain: chain.value,
    ...(anchors.roots.length === 0 ? {} : { roots: anchors.roots.map(({ der }) => der) }),
    ...(made === undefined ? {} : { key: made }),
    ...(transaction.warning === undefined ? {} : { warning: transaction.warning }),
  }
}

/** A key that stays fits the old certificate as well as the new one. */
function repeats(current: Der | undefined, reply: readonly Der[], publicKeyHash: string): Fault | undefined {
  if (current === undefined) return undefined
  const leaves = reply.filter((der) => isFor(der, publicKeyHash))
  if (!leaves.every((der) => Buffer.compare(der, current) === 0)) return undefined
  const message =
    'the EST server answered the renewal with the certificate that was to be renewed; it was thrown away. Ask the administrator of the CA whether it renews this certificate already'
  return replyFault('replayed', message)
}

function isFor(der: Der, publicKeyHash: string): boolean {
  const facts = certificateFacts(der)
  return facts.ok && facts.value.publicKeyHash === publicKeyHash
}
