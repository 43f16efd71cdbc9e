/** Making an order (RFC 8555 section 7.4) and choosing its challenges. */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { plus, toRfc3339 } from '../../std/time.ts'
import type { ChallengeAnswer } from '../challenge.ts'
import type { Order, Outcome, Ticket } from '../enroller.ts'
import { certificateId } from './ari.ts'
import { readAuthorizations } from './authorization.ts'
import { requestFailure } from './desk.ts'
import type { Desk } from './desk.ts'
import { identifiersOf } from './identifiers.ts'
import { failureOutcome } from './outcomes.ts'
import { malformed } from './reply.ts'
import type { AcmeFailure, Answer } from './reply.ts'
import { answerFor, answerable, isWritten, pickChallenge, recorded } from './solvers.ts'
import type { Prover, Solver, Solving } from './solvers.ts'
import { readOrder } from './wire.ts'
import type { Authorization, Identifier, Order as AcmeOrder } from './wire.ts'

export const ticketVersion = 1

/** Makes an order and chooses its challenges; none is triggered before the ticket with the answers is stored. */
export async function beginOrder(desk: Desk, order: Order): Promise<Outcome> {
  const identifiers = identifiersOf(order.wanted)
  if (!identifiers.ok) return { kind: 'refused', fault: identifiers.error }
  const solving = { spec: desk.spec, labels: order.labels ?? {}, board: desk.ctx.board }
  for (const identifier of identifiers.value) {
    const solvers = answerable(identifier, solving)
    if (!solvers.ok) return { kind: 'refused', fault: solvers.error }
  }
  const made = await newOrder(desk, order, identifiers.value)
  if (!made.ok) return requestFailure(desk, made.error)
  const authorizations = await readAuthorizations(desk, made.value.order)
  if (!authorizations.ok) return failureOutcome(authorizations.error)
  const { url, key } = desk.account
  const prover = { url, thumbprint: key.thumbprint }
  const answers = answersFor(authorizations.value, { solving, prover })
  return answers.ok ? begun(desk, made.value, answers.value) : { kind: 'refused', fault: answers.error }
}

interface MadeOrder {
  readonly url: string
  readonly order: AcmeOrder
}

function begun({ ctx, account }: Desk, { url, order }: MadeOrder, { answers, solvers }: Answers): Outcome {
  const now = ctx.now()
  const isProven = answers.length === 0
  const finalize = order.finalize === undefined ? {} : { finalize: order.finalize }
  return {
    kind: 'pending',
    ticket: {
      version: ticketVersion,
      phase: isProven ? 'ready' : 'challenges',
      state: { order: url, ...finalize, createdAt: toRfc3339(now), key: account.key.thumbprint },
      ...(isProven ? {} : { answers, solvers }),
      ...(answers.some(({ type }) => isWritten(type)) ? { outside: true } : {}),
    },
    wakeAt: now,
    note: isProven ? 'the CA knows all names already' : `proving control of ${listNames(answers)}`,
  }
}

async function newOrder(desk: Desk, order: Order, identifiers: readonly Identifier[]): Promise<Answer<MadeOrder>> {
  const { spec, directory, ctx } = desk
  const replaced = replacesId(desk, order)
  const payload = {
    identifiers,
    ...(spec.profile === undefined ? {} : { profile: spec.profile }),
    ...(spec.enableDurationFeature === true ? { notAfter: toRfc3339(plus(ctx.now(), order.wanted.lifetime)) } : {}),
  }
  const send = (extra: object): Promise<Answer> =>
    desk.client.post(
      { what: 'newOrder', url: directory.newOrder, signer: desk.account, payload: { ...payload, ...extra } },
      ctx,
    )
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

/** A refusal for other reasons than haste or the server's own trouble. */
const blamesRequest = ({ problem, fault: { code } }: AcmeFailure): boolean =>
  problem !== undefined && problem.status < 500 && code !== 'RateLimited' && code !== 'ServerFailed'

type Answers = Required<Pick<Ticket, 'answers' | 'solvers'>>

/** @returns an answer for every authorization that is not settled already, and the solvers that show them */
function answersFor(
  authorizations: readonly Authorization[],
  { solving, prover }: { readonly solving: Solving; readonly prover: Prover },
): Result<Answers, Fault> {
  const answers: ChallengeAnswer[] = []
  const solvers: Solver[] = []
  for (const authorization of authorizations.filter(({ status }) => status === 'pending')) {
    const able = answerable(asOrdered(authorization), solving)
    const picked = able.ok ? pickChallenge(authorization, able.value) : undefined
    if (picked === undefined) return err(noChallenge(authorization))
    if (!solvers.includes(picked.solver)) solvers.push(picked.solver)
    const answer = answerFor(picked, authorization, prover)
    answers.push({ ...answer, solver: solvers.indexOf(picked.solver) })
  }
  return ok({ answers, solvers: solvers.map(recorded) })
}

function noChallenge({ identifier, challenges }: Authorization): Fault {
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
