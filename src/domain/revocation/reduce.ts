/** From a step about an order to revoke, and what became of it, to the next status, Events and wake-up. Pure. */
import type { RevocationStatus, RevocationTarget } from '../../api/revocation.ts'
import type { Condition } from '../../api/meta.ts'
import { clampDuration, fromRfc3339, hours, latest, minutes, plus, scale, seconds, toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { sentence } from '../conditions.ts'
import type { EventDraft } from '../outcome.ts'
import type { Fault } from '../fault.ts'
import { retryClass } from '../fault.ts'
import type { RevocationStep } from './decide.ts'
import type { RevocationSnapshot } from './snapshot.ts'

export type RevocationResult =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'found'; readonly target: RevocationTarget }
  /** What the spec names is not there, or is no certificate. */
  | { readonly kind: 'notFound'; readonly message: string }
  | { readonly kind: 'reissuing' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'pending'; readonly wakeAt: Instant }
  | { readonly kind: 'failed'; readonly fault: Fault; readonly wakeAt?: Instant | undefined }

export interface RevocationNext {
  readonly status: RevocationStatus
  readonly events: readonly EventDraft[]
  /** Absent: when something changes. */
  readonly wakeAt?: Instant | undefined
}

/** What is looked for and not found may come; nobody tells when. */
const lookAgain = minutes(1)
const firstRetry = seconds(10)
const longestRetry = hours(1)

export interface Done {
  readonly step: RevocationStep
  readonly result: RevocationResult
}

export function reduceRevocation(snapshot: RevocationSnapshot, { step, result }: Done, now: Instant): RevocationNext {
  switch (result.kind) {
    case 'nothing':
      return resting(snapshot, step, now)
    case 'found':
      return next(snapshot, { ...pending('Found', 'the certificate was found'), more: { target: result.target } }, now)
    case 'notFound':
      return next(snapshot, { ...pending('NotFound', result.message), wakeAt: plus(now, lookAgain) }, now)
    case 'reissuing':
      return next(snapshot, pending('Reissuing', 'its Certificate was asked for a successor'), now)
    case 'revoked':
      return revoked(snapshot, now)
    case 'pending':
      return next(snapshot, { ...pending('Pending', 'the CA has not decided yet'), wakeAt: result.wakeAt }, now)
    case 'failed':
      return failed(snapshot, result, now)
  }
}

interface Verdict {
  readonly isDone?: true
  readonly reason: string
  readonly message: string
  readonly isStalled?: true
  readonly more?: Partial<RevocationStatus>
  readonly event?: EventDraft
  readonly wakeAt?: Instant | undefined
}

const pending = (reason: string, message: string): Verdict => ({ reason, message })

function resting(snapshot: RevocationSnapshot, step: RevocationStep, now: Instant): RevocationNext {
  switch (step.kind) {
    case 'wait':
      return next(snapshot, { reason: step.reason, message: step.message, wakeAt: step.until }, now)
    case 'stall':
      return next(snapshot, { reason: step.reason, message: step.message, isStalled: true }, now)
    case 'close':
      return next(snapshot, { isDone: true, reason: step.reason, message: step.message }, now)
    case 'rest':
      return { status: snapshot.status, events: [], wakeAt: step.until }
    default:
      return { status: snapshot.status, events: [] }
  }
}

function revoked(snapshot: RevocationSnapshot, now: Instant): RevocationNext {
  const serial = snapshot.target?.serialNumber ?? ''
  const message = `the CA has revoked the certificate ${serial}`
  const event = { type: 'Normal', reason: 'Revoked', message: sentence(message) } as const
  const more = { revokedAt: toRfc3339(now), attempts: attempts(snapshot) }
  return next(snapshot, { isDone: true, reason: 'Revoked', message, more, event }, now)
}

/** Our luck is tried again on a ladder; a refusal once an hour, and not at all where only a person can help. */
function failed(
  snapshot: RevocationSnapshot,
  { fault, wakeAt }: Extract<RevocationResult, { kind: 'failed' }>,
  now: Instant,
): RevocationNext {
  const count = attempts(snapshot)
  const event = { type: 'Warning', reason: fault.code, message: sentence(fault.message) } as const
  const verdict = { reason: fault.code, message: fault.message, event }
  const retry = retryClass(fault.code)
  if (retry === 'person') return next(snapshot, { ...verdict, isStalled: true, more: { attempts: count } }, now)
  const ladder = clampDuration(scale(firstRetry, 2 ** Math.min(count - 1, 20)), firstRetry, longestRetry)
  const own = plus(now, retry === 'soon' ? ladder : longestRetry)
  const at = wakeAt === undefined ? own : latest(own, wakeAt)
  return next(snapshot, { ...verdict, wakeAt: at, more: { attempts: count, nextAttempt: toRfc3339(at) } }, now)
}

const attempts = ({ status }: RevocationSnapshot): number => (status.attempts ?? 0) + 1

function next(snapshot: RevocationSnapshot, verdict: Verdict, now: Instant): RevocationNext {
  const { nextAttempt, ...kept } = snapshot.status
  const stillHeld = nextAttempt !== undefined && (fromRfc3339(nextAttempt) ?? now) > now && verdict.isDone !== true
  const status: RevocationStatus = {
    ...kept,
    ...(stillHeld ? { nextAttempt } : {}),
    ...verdict.more,
    observedGeneration: snapshot.generation,
    conditions: conditions(snapshot, verdict, now),
  }
  const events = verdict.event === undefined ? [] : [verdict.event]
  return { status, events, wakeAt: verdict.wakeAt }
}

function conditions(snapshot: RevocationSnapshot, verdict: Verdict, now: Instant): readonly Condition[] {
  const { reason } = verdict
  const message = sentence(verdict.message).slice(0, 1024)
  const isTrue = { status: 'True', reason, message } as const
  const drafts = [
    { type: 'Ready', status: verdict.isDone ? ('True' as const) : ('False' as const), reason, message },
    ...(verdict.isDone ? [] : [{ type: verdict.isStalled ? 'Stalled' : 'Reconciling', ...isTrue }]),
  ]
  const before = snapshot.status.conditions ?? []
  return drafts.map((draft) => {
    const old = before.find(({ type }) => type === draft.type)
    const lastTransitionTime = old?.status === draft.status ? old.lastTransitionTime : toRfc3339(now)
    return { ...draft, observedGeneration: snapshot.generation, lastTransitionTime }
  })
}
