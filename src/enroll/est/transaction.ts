/**
 * One request, from the wish to the certificate.
 *
 *   begin ──csrattrs──► request (kept) ──POST──► 200 ──► issued
 *                            │  no answer: the same bytes again
 *                            └──────────────────► 202 ──► approval: the same bytes after Retry-After (RFC 7030 section 4.2.3)
 */
import { fault } from '../../domain/fault.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Identity, Order, Outcome, Ticket } from '../enroller.ts'
import { callOutcome, failureOutcome, isOverdue, lost, unsent } from '../outcomes.ts'
import type { Failed } from '../outcomes.ts'
import { serviceUrl } from './address.ts'
import type { Answer } from './client.ts'
import { shownOf } from './credentials.ts'
import type { Shown } from './credentials.ts'
import type { Desk } from './desk.ts'
import { decodeKept, encodeKept } from './kept.ts'
import type { Kept } from './kept.ts'
import { designRequest, writeRequest } from './request.ts'
import type { Design } from './request.ts'
import { conclude, sendRequest } from './send.ts'
import { protectionAttributes, protectionOf } from './serverkey.ts'
import { askWishes } from './site.ts'
import { readTicket, ticketOf } from './ticket.ts'
import type { Issuing, Transaction } from './ticket.ts'

/** What is asked for, and the certificate that is being replaced where that one vouches for the request. */
export interface Wish {
  readonly order: Order
  readonly current?: Identity | undefined
}

/** Makes the request and sends nothing that issues. @returns pending, with the request to be kept */
export async function begin(desk: Desk, { order, current }: Wish): Promise<Outcome> {
  const shown = current === undefined ? undefined : shownOf(current)
  const designed = await design(desk, { order, current: shown })
  if (!designed.ok) return 'kind' in designed.error ? designed.error : callOutcome(designed.error, desk.ctx.now())
  const { blueprint, warning } = designed.value
  const request = blueprint.binding === 'None' ? await writeRequest(order, blueprint) : undefined
  const now = desk.ctx.now()
  const transaction: Transaction = {
    phase: 'request',
    operation: operationFor(desk, shown),
    keyHash: order.key.publicKeyHash,
    service: serviceUrl(desk.spec),
    since: now,
    ...(shown === undefined ? {} : { current: shown.certificate }),
    ...(warning === undefined ? {} : { warning }),
  }
  const keepRequest = encodeKept({ request, blueprint, current: shown === undefined ? undefined : current })
  return unsent(ticketOf(transaction), { now, keepRequest })
}

function operationFor({ spec }: Desk, current: Shown | undefined): Issuing {
  if (spec.serverKeyGeneration === 'Always') return 'serverkeygen'
  return current === undefined ? 'simpleenroll' : 'simplereenroll'
}

interface Designed {
  readonly blueprint: Design['blueprint']
  readonly warning: string | undefined
}

type DesignTrouble = Failed | Extract<Answer<never>, { ok: false }>['error']

/** What the request will say, once the CA's wishes are known. */
async function design(
  desk: Desk,
  { order, current }: { readonly order: Order; readonly current: Shown | undefined },
): Promise<{ readonly ok: true; readonly value: Designed } | { readonly ok: false; readonly error: DesignTrouble }> {
  const { spec, credentials, site } = desk
  const shown = current ?? credentials.certificate
  const asked = await askWishes({ ...desk, shown }, site)
  if (!asked.ok) return asked
  const { wishes, unreadable } = asked.value
  const old = current === undefined ? undefined : { der: current.certificate, facts: current.facts }
  const isServerKey = spec.serverKeyGeneration === 'Always'
  const { blueprint, conflicts } = designRequest({ order, wishes, spec, current: isServerKey ? undefined : old })
  const complaints = unreadable === undefined ? conflicts : [...conflicts, unreadable]
  if (spec.csrAttributes === 'Require' && complaints.length > 0) {
    const message = `${complaints.join('; ')}. Change the Certificate, or set spec.est.csrAttributes to Apply`
    return err(failureOutcome(fault('PolicyDenied', message)))
  }
  const protection = isServerKey ? protectionOf(spec, credentials, shown) : { kind: 'tls' as const }
  if (protection.kind === 'impossible') return err(failureOutcome(fault('Misconfigured', protection.why)))
  const attributes = [...blueprint.attributes, ...protectionAttributes(protection)]
  return ok({
    blueprint: { ...blueprint, attributes },
    warning: complaints.length === 0 ? undefined : complaints.join('; ').slice(0, 500),
  })
}

/** Sends the request, again and again if it must. */
export async function continueTransaction(desk: Desk, ticket: Ticket, order: Order): Promise<Outcome> {
  const transaction = readTicket(ticket)
  if (transaction === undefined) return lost('the ticket is from another version')
  if (transaction.keyHash !== order.key.publicKeyHash) return lost('the key has changed since the request was made')
  if (transaction.service !== serviceUrl(desk.spec))
    return lost('spec.est.server or spec.est.label has changed since the request was made')
  if (isOverdue(transaction.since, desk.spec.pendingTimeout, desk.ctx.now()))
    return { kind: 'refused', fault: overdue(transaction) }
  const kept = decodeKept(order.keptRequest)
  const current = currentOf(transaction, kept, order)
  if (transaction.current !== undefined && current === undefined)
    return lost('the certificate that vouched for the request is gone')
  const blueprint = kept?.blueprint ?? (await designAgain(desk, order, current))
  if (blueprint === undefined) return lost('the request that was made is gone')
  const shown = current ?? desk.credentials.certificate
  const request = kept?.request ?? (blueprint.binding === 'None' ? await writeRequest(order, blueprint) : undefined)
  const flight = { desk, transaction, ticket, order, shown }
  const reply = await sendRequest(flight, { blueprint, request })
  const outcome = await conclude(flight, reply)
  return isTurnedDown(desk, transaction, reply) ? begin(desk, { order }) : outcome
}

const overdue = ({ since }: Transaction): ReturnType<typeof fault> =>
  fault(
    'TimedOut',
    `nobody approved the request since ${new Date(since).toISOString().slice(0, 16)}Z; ask the administrator of the CA, or raise spec.est.pendingTimeout`,
  )

/** From what was kept; or, where key and certificate stay together, from the order itself. */
function currentOf({ current }: Transaction, kept: Kept | undefined, order: Order): Shown | undefined {
  if (current === undefined) return undefined
  return shownOf(kept?.current ?? { chain: [current], key: order.key })
}

async function designAgain(
  desk: Desk,
  order: Order,
  current: Shown | undefined,
): Promise<Designed['blueprint'] | undefined> {
  const designed = await design(desk, { order, current })
  return designed.ok ? designed.value.blueprint : undefined
}

/** Statuses of servers that do not renew, or not for this certificate. */
const turnedDown: ReadonlySet<number> = new Set([401, 403, 404, 405, 501])

/** Where the spec does not insist, and there is another way to say who we are, a renewal may be a first enrollment. */
function isTurnedDown({ spec, credentials }: Desk, { operation }: Transaction, reply: Answer<unknown>): boolean {
  if (reply.ok || operation !== 'simplereenroll' || spec.renewal !== undefined) return false
  const canEnroll = credentials.login !== undefined || credentials.certificate !== undefined
  return canEnroll && turnedDown.has(reply.error.status ?? 0)
}

/** @returns whether the certificate can still vouch for its successor */
export function canVouch(current: Identity, now: number): boolean {
  const leaf: Der | undefined = shownOf(current)?.certificate
  const facts = leaf === undefined ? undefined : certificateFacts(leaf)
  return facts?.ok === true && now < facts.value.notAfter
}
