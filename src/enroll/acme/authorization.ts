/** Proofs of control (RFC 8555 sections 7.1.4 and 7.5): reading them, answering them, giving them up. */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { mapBounded } from '../../std/bounded.ts'
import { latest } from '../../std/time.ts'
import type { ChallengeAnswer, Presence } from '../challenge.ts'
import type { Outcome, Ticket } from '../enroller.ts'
import { answersAtATime, look, lost } from './desk.ts'
import type { Desk, Flight } from './desk.ts'
import { failureOutcome } from './outcomes.ts'
import { sentenceFor } from './problem.ts'
import { malformed } from './reply.ts'
import type { Answer } from './reply.ts'
import { checkFor, isOverDns, solverOf } from './solvers.ts'
import { readAuthorization } from './wire.ts'
import type { Authorization, Challenge, Order as AcmeOrder } from './wire.ts'

export interface PlacedAuthorization extends Authorization {
  readonly url: string
}

/** Authorizations are asked for this many at a time. */
const width = 8
/** Told orders that are remembered; the oldest are forgotten first, and then told once more. */
const mostTold = 10_000

export async function readAuthorizations(
  { client, account, ctx }: Desk,
  { authorizations }: AcmeOrder,
): Promise<Answer<readonly PlacedAuthorization[]>> {
  const answers = await mapBounded(authorizations, width, async (url) => ({
    url,
    answer: await client.post({ what: 'authorization', url, signer: account }, ctx),
  }))
  const found: PlacedAuthorization[] = []
  for (const { url, answer } of answers) {
    if (!answer.ok) return answer
    const authorization = readAuthorization(answer.value.json)
    if (authorization === undefined) return err(malformed('the CA answered with something that is no authorization'))
    found.push({ ...authorization, url })
  }
  return ok(found)
}

/** Serves every answer, and tells the CA to look once all are served. */
export async function prove(flight: Flight): Promise<Outcome> {
  const { desk, ticket, url } = flight
  const noted = desk.told.get(url)
  if (noted !== undefined) return look(flight, noted)
  const served = await serve(flight)
  if (!served.ok) return served.error
  const authorizations = await readAuthorizations(desk, flight.current)
  if (!authorizations.ok) return failureOutcome(authorizations.error, ticket)
  const answers = ticket.answers ?? []
  for (const authorization of authorizations.value.filter(({ status }) => status === 'pending')) {
    const challenge = answeredBy(authorization, answers)
    if (challenge === undefined) return lost('the CA asks for a proof that was not prepared')
    const told = challenge.status === 'pending' ? await tell(desk, challenge) : ok(undefined)
    if (!told.ok) return failureOutcome(told.error, ticket)
  }
  remember(desk.told, url, served.value)
  return look(flight, served.value)
}

/** @returns what to note while the CA looks, when every answer is served */
async function serve({ desk, ticket }: Flight): Promise<Result<string, Outcome>> {
  const answers = ticket.answers ?? []
  const presences = await mapBounded(answers, answersAtATime, (answer) => present(answer, ticket, desk))
  const failed = presences.find((presence) => presence.kind === 'failed')
  if (failed !== undefined) return err({ kind: 'refused', fault: failed.fault })
  const waiting = presences.flatMap((presence) => (presence.kind === 'waiting' ? [presence] : []))
  const [first] = waiting
  if (first === undefined) return ok(lookingNote(answers, presences))
  const wakeAt = latest(first.wakeAt, ...waiting.map((one) => one.wakeAt))
  return err({ kind: 'pending', ticket, wakeAt, note: first.note })
}

async function present(answer: ChallengeAnswer, ticket: Ticket, { spec, dns, ctx }: Desk): Promise<Presence> {
  const by = solverOf(answer, ticket, spec)
  const check = checkFor(by)
  const presence = isOverDns(answer.type)
    ? await dns.present({ ...answer, by }, check, ctx)
    : await ctx.board.present(answer, check)
  return presence.kind === 'ready' && check === 'trust'
    ? { kind: 'ready', unseen: 'selfCheck of its solver is Disabled' }
    : presence
}

const mostUnseen = 3

/** What was not seen from here is the first thing to look at where the CA does not see it either. */
function lookingNote(answers: readonly ChallengeAnswer[], presences: readonly Presence[]): string {
  const unseen = answers.flatMap(({ identifier }, index) => {
    const presence = presences[index]
    const why = presence?.kind === 'ready' ? presence.unseen : undefined
    return why === undefined ? [] : [`${identifier} (${why.replace(/\.$/, '')})`]
  })
  const looking = 'the CA is looking at the challenges'
  if (unseen.length === 0) return looking
  const rest = unseen.length - mostUnseen
  const more = rest > 0 ? ` and ${rest} more` : ''
  return `${looking}; not seen from here before: ${unseen.slice(0, mostUnseen).join(', ')}${more}`
}

/** By its token, or by its type where it has none. */
function answeredBy(
  { challenges, identifier }: Authorization,
  answers: readonly ChallengeAnswer[],
): Challenge | undefined {
  return challenges.find((one) =>
    answers.some(({ type, token, identifier: proven }) =>
      one.token === undefined ? type === one.type && token === '' && proven === identifier.value : token === one.token,
    ),
  )
}

/** RFC 8555 section 7.5.1. A CA that has looked already may call it malformed to be told again. */
async function tell({ client, account, ctx }: Desk, { url }: Challenge): Promise<Answer<unknown>> {
  const told = await client.post({ what: 'challenge', url, signer: account, payload: {} }, ctx)
  return !told.ok && told.error.problem?.type === 'malformed' ? ok(undefined) : told
}

function remember(told: Map<string, string>, url: string, note: string): void {
  told.set(url, note)
  const [oldest] = told.keys()
  if (told.size > mostTold && oldest !== undefined) told.delete(oldest)
}

/** Why the CA turned an order down: of every name what it saw. @returns undefined when no name is to blame */
export function complaintOf(authorizations: readonly Authorization[]): Fault | undefined {
  const complaints = authorizations.flatMap(({ identifier, challenges }) =>
    challenges.flatMap(({ type, error }) => (error === undefined ? [] : [{ identifier, type, error }])),
  )
  if (complaints.length === 0) return undefined
  const isNames = complaints.some(({ error }) => error.type === 'caa' || error.type === 'rejectedIdentifier')
  const said = complaints.map(({ identifier, type, error }) => `${identifier.value} (${type}): ${sentenceFor(error)}`)
  return fault(isNames ? 'NamesRejected' : 'ValidationFailed', said.slice(0, 3).join('; '))
}

/** Proofs that nobody will give any more are taken back (RFC 8555 section 7.5.2), so that none stays pending. */
export async function deactivate(desk: Desk, order: AcmeOrder): Promise<void> {
  const authorizations = await readAuthorizations(desk, order)
  if (!authorizations.ok) return
  for (const { url } of authorizations.value.filter(({ status }) => status === 'pending'))
    await desk.client.post(
      { what: 'authorization', url, signer: desk.account, payload: { status: 'deactivated' } },
      desk.ctx,
    )
}
