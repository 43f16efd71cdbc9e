/**
 * One order, from newOrder to the certificate (RFC 8555 section 7.1.6). The server's status drives everything: a ticket names
 * the order and the answers, and never changes, so that nothing is written while an order goes its way.
 *
 *   newOrder ──► pending ──► ready ──► processing ──► valid
 *     ticket     present      finalize                download
 *                respond
 */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import { buildCsr } from '../../pki/csr.ts'
import { fromRfc3339, plus, toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { ChallengeAnswer, Ctx, Order, Outcome, Ticket } from '../enroller.ts'
import type { Account } from './account.ts'
import { certificateId } from './ari.ts'
import { download } from './chain.ts'
import { malformed } from './client.ts'
import type { AcmeClient, AcmeFailure, Answer } from './client.ts'
import { identifiersOf, requestWish } from './identifiers.ts'
import { failureOutcome, nextLook } from './outcomes.ts'
import { sentenceFor } from './problem.ts'
import { answerFor, answerable, checkFor, pickChallenge } from './solvers.ts'
import { readAuthorization, readOrder } from './wire.ts'
import type { Authorization, Directory, Identifier, Order as AcmeOrder } from './wire.ts'
import { err, ok } from '../../std/result.ts'

/** Everything that the steps of an order share. */
export interface Desk {
  readonly client: AcmeClient
  readonly spec: AcmeSpec
  readonly account: Account
  readonly directory: Directory
  readonly ctx: Ctx
}

const ticketVersion = 1
/** Authorizations are asked for this many at a time. */
const width = 8

/** Makes an order and chooses its challenges; none is triggered before the ticket with the answers is stored. */
export async function beginOrder(desk: Desk, order: Order): Promise<Outcome> {
  const identifiers = identifiersOf(order.wanted)
  if (!identifiers.ok) return { kind: 'refused', fault: identifiers.error }
  const solving = { spec: desk.spec, labels: order.labels ?? {}, board: desk.ctx.board }
  for (const identifier of identifiers.value) {
    const types = answerable(identifier, solving)
    if (!types.ok) return failureOutcome({ fault: types.error, retryAfter: undefined, problem: undefined })
  }
  const made = await newOrder(desk, order, identifiers.value)
  if (!made.ok) return failureOutcome(made.error)
  const authorizations = await readAuthorizations(desk, made.value.order)
  if (!authorizations.ok) return failureOutcome(authorizations.error)
  const answers: ChallengeAnswer[] = []
  for (const authorization of authorizations.value.filter(({ status }) => status === 'pending')) {
    const types = answerable(asOrdered(authorization), solving)
    const challenge = types.ok ? pickChallenge(authorization, types.value) : undefined
    if (challenge === undefined) return { kind: 'refused', fault: noChallenge(authorization) }
    answers.push(answerFor(challenge, authorization.identifier.value, desk.account.key.thumbprint))
  }
  const now = desk.ctx.now()
  return {
    kind: 'pending',
    ticket: {
      version: ticketVersion,
      phase: answers.length === 0 ? 'ready' : 'challenges',
      state: { order: made.value.url, createdAt: toRfc3339(now) },
      ...(answers.length === 0 ? {} : { answers }),
    },
    wakeAt: now,
    note: answers.length === 0 ? 'the CA knows all names already' : `proving control of ${listNames(answers)}`,
  }
}

/** Looks at the order and does what its status asks for. */
export async function continueOrder(desk: Desk, ticket: Ticket, order: Order): Promise<Outcome> {
  const url = ticket.state['order']
  if (ticket.version !== ticketVersion || typeof url !== 'string') return lost('the ticket is from another version')
  const read = await readOrderAt(desk, url)
  if (!read.ok)
    return isGone(read.error) ? lost('the CA no longer knows the order') : failureOutcome(read.error, ticket)
  const flight: Flight = { desk, ticket, order, url, current: read.value.order, retryAfter: read.value.retryAfter }
  switch (read.value.order.status) {
    case 'pending':
      return prove(flight)
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

interface Flight {
  readonly desk: Desk
  readonly ticket: Ticket
  readonly order: Order
  readonly url: string
  readonly current: AcmeOrder
  readonly retryAfter: Instant | undefined
}

async function newOrder(
  desk: Desk,
  order: Order,
  identifiers: readonly Identifier[],
): Promise<Answer<{ url: string; order: AcmeOrder }>> {
  const { spec, directory, ctx } = desk
  const replaced = replacesId(desk, order)
  const payload = {
    identifiers,
    ...(spec.profile === undefined ? {} : { profile: spec.profile }),
    ...(spec.enableDurationFeature === true ? { notAfter: toRfc3339(plus(ctx.now(), order.wanted.lifetime)) } : {}),
  }
  const send = (extra: object): Promise<Answer> =>
    desk.client.post({ url: directory.newOrder, signer: desk.account, payload: { ...payload, ...extra } }, ctx)
  let answer = await send(replaced === undefined ? {} : { replaces: replaced })
  // CAs refuse `replaces` in many ways (already replaced, other account, other issuer): the order itself may be fine.
  if (!answer.ok && replaced !== undefined && blamesRequest(answer.error)) answer = await send({})
  if (!answer.ok) return answer
  const { location, json } = answer.value
  const read = readOrder(json)
  if (location === undefined || read === undefined) return err(malformed('the CA answered newOrder with no order'))
  return ok({ url: location, order: read })
}

/** RFC 9773 section 5: only where the CA offers renewal information, and only for a certificate that has such a name. */
function replacesId({ spec, directory }: Desk, { replaces }: Order): string | undefined {
  if (replaces === undefined || directory.renewalInfo === undefined || spec.renewalInformation === 'None')
    return undefined
  return certificateId(replaces)
}

function blamesRequest({ problem }: AcmeFailure): boolean {
  return problem !== undefined && problem.status < 500 && problem.type !== 'rateLimited' && problem.type !== 'badNonce'
}

async function readOrderAt(
  desk: Desk,
  url: string,
): Promise<Answer<{ order: AcmeOrder; retryAfter: Instant | undefined }>> {
  const answer = await desk.client.post({ url, signer: desk.account }, desk.ctx)
  if (!answer.ok) return answer
  const order = readOrder(answer.value.json)
  return order === undefined
    ? err(malformed('the CA answered with something that is no order'))
    : ok({ order, retryAfter: answer.value.retryAfter })
}

async function readAuthorizations(
  desk: Desk,
  { authorizations }: AcmeOrder,
): Promise<Answer<readonly Authorization[]>> {
  const found: Authorization[] = []
  for (let i = 0; i < authorizations.length; i += width) {
    const group = authorizations.slice(i, i + width)
    const answers = await Promise.all(group.map((url) => desk.client.post({ url, signer: desk.account }, desk.ctx)))
    for (const answer of answers) {
      if (!answer.ok) return answer
      const authorization = readAuthorization(answer.value.json)
      if (authorization === undefined) return err(malformed('the CA answered with something that is no authorization'))
      found.push(authorization)
    }
  }
  return ok(found)
}

/** Serves every answer, and tells the CA to look once all are served. */
async function prove(flight: Flight): Promise<Outcome> {
  const { desk, ticket, order } = flight
  const solving = { spec: desk.spec, labels: order.labels ?? {} }
  for (const answer of ticket.answers ?? []) {
    const presence = await desk.ctx.board.present(answer, checkFor(answer.identifier, solving))
    if (presence.kind === 'failed') return { kind: 'refused', fault: presence.fault }
    if (presence.kind === 'waiting') return { kind: 'pending', ticket, wakeAt: presence.wakeAt, note: presence.note }
  }
  const authorizations = await readAuthorizations(desk, flight.current)
  if (!authorizations.ok) return failureOutcome(authorizations.error, ticket)
  for (const authorization of authorizations.value.filter(({ status }) => status === 'pending')) {
    const served = (ticket.answers ?? []).map(({ token }) => token)
    const challenge = authorization.challenges.find(({ token }) => token !== undefined && served.includes(token))
    if (challenge === undefined) return lost('the CA asks for a proof that was not prepared')
    if (challenge.status !== 'pending') continue
    const told = await desk.client.post({ url: challenge.url, signer: desk.account, payload: {} }, desk.ctx)
    if (!told.ok && told.error.problem?.type !== 'malformed') return failureOutcome(told.error, ticket)
  }
  return look(flight, 'the CA is looking at the challenges')
}

async function finalize(flight: Flight): Promise<Outcome> {
  const { desk, ticket, order, current } = flight
  if (current.finalize === undefined)
    return failureOutcome(malformed('the CA names no place to finalize the order'), ticket)
  const csr = await buildCsr({ wanted: requestWish(order.wanted), key: order.key })
  const payload = { csr: Buffer.from(csr).toString('base64url') }
  const answer = await desk.client.post({ url: current.finalize, signer: desk.account, payload }, desk.ctx)
  if (!answer.ok) {
    // RFC 8555 section 7.4: the order is not ready after all; look again rather than fail.
    if (answer.error.problem?.type === 'orderNotReady') return look(flight, 'the CA is not ready to issue yet')
    return failureOutcome(answer.error, ticket)
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
  if (!downloaded.ok) return failureOutcome(downloaded.error, ticket)
  for (const answer of ticket.answers ?? []) await desk.ctx.board.remove(answer)
  const { chain, warning } = downloaded.value
  return { kind: 'issued', chain, ...(warning === undefined ? {} : { warning }) }
}

/** The order failed: say of every name what the CA saw. */
async function refusedOrder(flight: Flight): Promise<Outcome> {
  const { desk, ticket, current } = flight
  for (const answer of ticket.answers ?? []) await desk.ctx.board.remove(answer)
  const authorizations = await readAuthorizations(desk, current)
  const complaints = authorizations.ok ? authorizations.value.flatMap(complaintsOf) : []
  const own = current.error === undefined ? [] : [sentenceFor(current.error)]
  const said = [...complaints.map(({ text }) => text), ...(complaints.length === 0 ? own : [])].slice(0, 5).join('; ')
  const isNames = complaints.some(({ type }) => type === 'caa' || type === 'rejectedIdentifier')
  const message = said === '' ? 'the CA turned the order down without a reason (or it ran out)' : said
  return { kind: 'refused', fault: fault(isNames ? 'NamesRejected' : 'ValidationFailed', message) }
}

function complaintsOf({ identifier, challenges }: Authorization): readonly { type: string; text: string }[] {
  return challenges.flatMap(({ type, error }) =>
    error === undefined ? [] : [{ type: error.type, text: `${identifier.value} (${type}): ${sentenceFor(error)}` }],
  )
}

function look({ desk, ticket, retryAfter }: Flight, note: string): Outcome {
  const now = desk.ctx.now()
  const created = ticket.state['createdAt']
  const createdAt = typeof created === 'string' ? (fromRfc3339(created) ?? now) : now
  return { kind: 'pending', ticket, wakeAt: nextLook({ createdAt, retryAfter }, now), note }
}

const lost = (why: string): Outcome => ({
  kind: 'deferred',
  fault: fault('TransactionLost', `${why}; a new order is made`),
})

const isGone = ({ problem }: AcmeFailure): boolean =>
  problem?.status === 404 || problem?.status === 410 || (problem?.status === 400 && problem.type === 'malformed')

function noChallenge({ identifier, challenges }: Authorization): ReturnType<typeof fault> {
  const offered = challenges.map(({ type }) => type).join(', ') || 'none'
  return fault('RequestUnsupported', `${identifier.value} cannot be proven: the CA offers ${offered}`)
}

/** A wildcard's authorization names the base and says so apart (RFC 8555 section 7.1.4). */
const asOrdered = ({ identifier, wildcard }: Authorization): Identifier =>
  wildcard && !identifier.value.startsWith('*.') ? { ...identifier, value: `*.${identifier.value}` } : identifier

function listNames(answers: readonly ChallengeAnswer[]): string {
  const names = answers.slice(0, 3).map(({ identifier }) => identifier)
  return answers.length > 3 ? `${names.join(', ')} and ${answers.length - 3} more` : names.join(', ')
}
