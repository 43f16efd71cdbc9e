/**
 * Which of a Certificate's issuers is asked: the one of `issuerRef`, or the next of `fallbackIssuerRefs` when those before it
 * cannot issue. Pure, and made anew for every step, so that nothing about the choice is kept but what the status tells anyway.
 *
 * - An enrollment that is under way belongs to the issuer that it was started at, until that issuer is down for long enough.
 * - Without one, the first issuer that may be asked now is asked; each before it must be down, or have failed in a way that
 *   another issuer may well not ({@link mayFallBack}). A refusal of the names stays a refusal.
 * - After a success the failures are forgotten, so that the next renewal begins with the first issuer again.
 */
import type { CertificateStatus } from '../api/certificate.ts'
import type { IssuerRef } from '../api/meta.ts'
import { clampDuration, earliest, minutes, plus, scale, seconds } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import { checkInput, firstTrigger } from './checks.ts'
import { failureAt } from './failures.ts'
import { faultTable, isFaultCode } from './fault.ts'
import type { FaultSubject } from './fault.ts'
import { flightOf, sameRef } from './flight.ts'
import type { Flight } from './flight.ts'
import { heldBack } from './patience.ts'
import { issuerKey } from './snapshot.ts'
import type { Choice, IssuerView, ReadyIssuer, Situation } from './snapshot.ts'
import { lifeLeft } from './status.ts'

export interface Candidate {
  readonly ref: IssuerRef
  /** Undefined while it has not been looked at by this process. */
  readonly view: IssuerView | undefined
}

export interface Chosen {
  readonly issuer: IssuerView
  readonly choice: Choice
}

/**
 * What lets the next issuer be asked. `repeated`: one lost packet is no reason to ask another CA. Names, policy and the
 * request itself are the person's own; after what looks like an attack nothing is tried elsewhere.
 */
export const fallbackTable = {
  names: 'never',
  policy: 'never',
  request: 'never',
  security: 'never',
  credentials: 'atOnce',
  configuration: 'atOnce',
  rate: 'atOnce',
  network: 'repeated',
  server: 'repeated',
  protocol: 'repeated',
  operator: 'repeated',
} as const satisfies Record<FaultSubject, 'never' | 'atOnce' | 'repeated'>

const repeated = 2
/** An order that is under way is not thrown away as lightly as one that could not be made. */
const repeatedInFlight = 4

/** @returns whether so many failures of this class in a row at one issuer let the next be asked */
export function mayFallBack(code: string, attempts: number, least = repeated): boolean {
  if (!isFaultCode(code)) return false
  const rule = fallbackTable[faultTable[code].about]
  return rule === 'atOnce' || (rule === 'repeated' && attempts >= least)
}

/**
 * @param candidates - the issuer of `issuerRef` and those to fall back to, in order; at least one
 * @returns undefined while an issuer whose state decides has not been looked at
 */
export function chooseIssuer(situation: Situation, candidates: readonly Candidate[], now: Instant): Chosen | undefined {
  const [first] = candidates
  if (first === undefined) throw new Error('a Certificate without an issuer')
  if (candidates.length === 1) return settled(first, undefined)
  const flight = flightOf(situation)
  if (flight !== undefined) return stayOrLeave(situation, { candidates, flight, now })
  const input = checkInput(situation)
  const isNeeded = input !== undefined && firstTrigger(input, now) !== undefined
  return isNeeded
    ? firstUsable(situation, candidates, now)
    : settled(issuedBy(situation, candidates) ?? first, undefined)
}

/** Who issued what is there knows best when it is to be renewed. */
function issuedBy({ secret }: Situation, candidates: readonly Candidate[]): Candidate | undefined {
  const by = secret?.marks.issuerRef
  return by === undefined ? undefined : candidates.find(({ ref }) => sameRef(ref, by))
}

interface Flying {
  readonly candidates: readonly Candidate[]
  readonly flight: Flight
  readonly now: Instant
}

function stayOrLeave(situation: Situation, { candidates, flight, now }: Flying): Chosen | undefined {
  const own = candidates.find(({ ref }) => flight.issuerRef === undefined || sameRef(ref, flight.issuerRef))
  if (own === undefined) return firstUsable(situation, candidates, now)
  if (own.view === undefined) return undefined
  const state = stateInFlight(situation, own.view, { flight, now })
  const stay: Chosen = {
    issuer: own.view,
    choice: { ref: own.ref, because: flight.because, reconsiderAt: state.kind === 'held' ? state.until : undefined },
  }
  if (state.kind !== 'out') return stay
  const others = candidates.filter((candidate) => candidate !== own)
  const next = others.find(({ view }) => view !== undefined && stateOf(situation, view, now).kind === 'usable')
  return next === undefined ? stay : (settled(next, reasonFor([{ ref: own.ref, message: state.message }])) ?? stay)
}

/** The state of one issuer. `out`: cannot issue, and the next may be asked. `held`: it is waited for. */
type State =
  | { readonly kind: 'usable' }
  | { readonly kind: 'out' | 'held'; readonly until: Instant | undefined; readonly message: string }

function stateInFlight(situation: Situation, view: IssuerView, { flight, now }: Pick<Flying, 'flight' | 'now'>): State {
  if (view.kind !== 'ready') return stateOfAbsent(situation, view, now)
  const failure = failureAt(situation.certificate.status, issuerKey(view))
  const isOurs = failure !== undefined && failure.time >= flight.startedAt
  const leads = isOurs && mayFallBack(failure.code, failure.attempts ?? 1, repeatedInFlight)
  return leads ? { kind: 'out', until: undefined, message: failure.message } : { kind: 'usable' }
}

function stateOf(situation: Situation, view: IssuerView, now: Instant): State {
  if (view.kind !== 'ready') return stateOfAbsent(situation, view, now)
  if (view.pause !== undefined && view.pause.until > now)
    return { kind: 'out', until: view.pause.until, message: view.pause.message }
  const held = heldBack(situation, view, now)
  if (held === undefined) return { kind: 'usable' }
  return { kind: isOut(situation, view) ? 'out' : 'held', until: held.until, message: held.message }
}

function isOut({ certificate }: Situation, view: ReadyIssuer): boolean {
  const failure = failureAt(certificate.status, issuerKey(view))
  return failure !== undefined && mayFallBack(failure.code, failure.attempts ?? 1)
}

/** An issuer that is away for a moment is waited for: it may just be being made, or probed again. */
function stateOfAbsent(
  situation: Situation,
  { since, message }: Exclude<IssuerView, ReadyIssuer>,
  now: Instant,
): State {
  const until = since === undefined ? now : plus(since, graceFor(lifeLeft(situation, now)))
  return until > now ? { kind: 'held', until, message } : { kind: 'out', until: undefined, message }
}

const graceFor = (life: Duration | undefined): Duration =>
  life === undefined ? seconds(30) : clampDuration(scale(life, 1 / 30), seconds(5), minutes(5))

interface Passed {
  readonly candidate: Candidate
  readonly state: Exclude<State, { kind: 'usable' }>
}

function firstUsable(situation: Situation, candidates: readonly Candidate[], now: Instant): Chosen | undefined {
  const passed: Passed[] = []
  for (const candidate of candidates) {
    if (candidate.view === undefined) return undefined
    const state = stateOf(situation, candidate.view, now)
    if (state.kind === 'usable')
      return settled(
        candidate,
        reasonFor(passed.map(({ candidate: { ref }, state: { message } }) => ({ ref, message }))),
      )
    passed.push({ candidate, state })
    if (state.kind === 'held') break
  }
  return waitedFor(passed)
}

/** Nobody may be asked now: the one that may be asked soonest is waited for, else the first. */
function waitedFor(passed: readonly Passed[]): Chosen | undefined {
  const times = passed.flatMap(({ state: { until } }) => (until === undefined ? [] : [until]))
  const [one, ...more] = times
  const reconsiderAt = one === undefined ? undefined : earliest(one, ...more)
  const best = passed.find(({ state: { until } }) => until === reconsiderAt) ?? passed[0]
  const view = best?.candidate.view
  if (best === undefined || view === undefined) return undefined
  return { issuer: view, choice: { ref: best.candidate.ref, because: undefined, reconsiderAt } }
}

const settled = ({ ref, view }: Candidate, because: string | undefined): Chosen | undefined =>
  view === undefined ? undefined : { issuer: view, choice: { ref, because, reconsiderAt: undefined } }

const longestReason = 400

function reasonFor(passed: readonly { readonly ref: IssuerRef; readonly message: string }[]): string | undefined {
  if (passed.length === 0) return undefined
  return passed
    .map(({ ref, message }) => told(sayRef(ref), message.replace(/\.$/, '')))
    .join('; ')
    .slice(0, longestReason)
}

const told = (issuer: string, clause: string): string =>
  clause.startsWith(`${issuer} `) ? clause : `${issuer}: ${clause}`

/** An issuer as people say it. */
export const sayRef = ({ kind, name }: Pick<IssuerRef, 'kind' | 'name'>): string => `${kind} ${name}`

/** What is noted of the issuer when an enrollment starts, and kept: its ticket means nothing to another. */
export function boundTo(
  { choice }: { readonly choice: Choice },
  old: CertificateStatus['enrollment'],
): Pick<NonNullable<CertificateStatus['enrollment']>, 'issuerRef' | 'because'> {
  const because = old === undefined ? choice.because : old.because
  return { issuerRef: choice.ref, ...(because === undefined ? {} : { because }) }
}
