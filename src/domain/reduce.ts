/**
 * From what was and what happened to what is told: the next status, the Events, the next wake-up. Pure.
 */
import type { CertificateStatus } from '../api/certificate.ts'
import { exhaustive } from '../std/exhaustive.ts'
import { between, earliest, fromRfc3339, hours, minus, plus, seconds, toRfc3339 } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import { hourlyBudget, nextTry } from './backoff.ts'
import { renewAt } from './checks.ts'
import type { Activity } from './conditions.ts'
import { issuerKey } from './decide.ts'
import type { Step } from './decide.ts'
import { retryClass } from './fault.ts'
import type { RetryClass } from './fault.ts'
import type { EventDraft, Next, Result } from './outcome.ts'
import type { Snapshot } from './snapshot.ts'
import { tell } from './status.ts'

/** Polls closer together than this are not written down: the status would change for every one of them. */
const worthWriting = seconds(30)

/** @returns what to write and when to look again, after `step` ended in `result` */
export function reduce(snapshot: Snapshot, { step, result }: { step: Step; result: Result }, now: Instant): Next {
  switch (result.kind) {
    case 'nothing':
      return settle(snapshot, step, now)
    case 'keyMade':
    case 'stale':
      return { status: undefined, events: [], then: { kind: 'again' } }
    case 'issued':
      return issued(snapshot, result, now)
    case 'published':
      return settle({ ...snapshot, secret: result.secret }, { kind: 'idle', wakeAt: undefined }, now)
    case 'pending':
      return pending(snapshot, { step, result }, now)
    case 'failed':
      return failed(snapshot, { step, result }, now)
    case 'advised':
      return advised(snapshot, result, now)
    case 'abandoned':
      return {
        ...tell(snapshot, working('Restarting', abandonText(step)), { now, drop: ['enrollment'] }),
        then: { kind: 'again' },
      }
    case 'discarded':
      return { status: undefined, events: [], then: { kind: 'again' } }
    case 'secretTaken':
      return secretTaken(snapshot, result, now)
    default:
      return exhaustive(result)
  }
}

/** No effect took place: say how things stand and sleep until that changes. */
function settle(snapshot: Snapshot, step: Step, now: Instant): Next {
  if (snapshot.certificate.deleting) return { status: undefined, events: [], then: { kind: 'rest' } }
  const activity = activityOf(step)
  const told = tell(snapshot, activity, { now })
  const events = activity.kind === 'stalled' && !wasStalled(snapshot, activity.reason) ? [warning(activity)] : []
  return { ...told, events: [...told.events, ...events], then: wake(snapshot, wakeOf(step), now) }
}

function activityOf(step: Step): Activity {
  switch (step.kind) {
    case 'wait':
      return step.reason === 'Pending'
        ? working('Pending', step.message)
        : { kind: 'waiting', reason: step.reason, message: step.message }
    case 'stall':
      return { kind: 'stalled', reason: step.reason, message: step.message }
    default:
      return { kind: 'none' }
  }
}

const wakeOf = (step: Step): Instant | undefined => ('wakeAt' in step ? step.wakeAt : undefined)
const working = (reason: string, message: string): Activity => ({ kind: 'working', reason, message })
const abandonText = (step: Step): string => (step.kind === 'abandon' ? step.message : 'starting again')
const warning = (activity: { reason: string; message: string }): EventDraft => ({
  type: 'Warning',
  reason: activity.reason,
  message: activity.message,
})

function wasStalled({ certificate }: Snapshot, reason: string): boolean {
  return (certificate.status.conditions ?? []).some(
    (c) => c.type === 'Stalled' && c.status === 'True' && c.reason === reason,
  )
}

function issued(before: Snapshot, result: Extract<Result, { kind: 'issued' }>, now: Instant): Next {
  const snapshot: Snapshot = { ...before, secret: result.secret }
  const status = before.certificate.status
  const told = tell(snapshot, { kind: 'none' }, { now, drop: ['enrollment', 'lastFailure', 'failedIssuanceAttempts'] })
  const facts = result.secret.certificate.kind === 'ok' ? result.secret.certificate.facts : undefined
  const remarks = result.remarks.length === 0 ? '' : ` Note: ${result.remarks.join('; ')}.`
  const message = `Issued certificate ${facts?.serialNumber ?? ''}, valid until ${facts === undefined ? '' : toRfc3339(facts.notAfter)}.${remarks}`
  return {
    status: { ...told.status, revision: (status.revision ?? 0) + 1 },
    events: [{ type: 'Normal', reason: 'Issued', message }],
    // A pending key that has served is discarded at once; otherwise sleep until something is due.
    then: before.pending === undefined && !advises(before) ? wake(snapshot, undefined, now) : { kind: 'again' },
  }
}

const advises = ({ issuer }: Snapshot): boolean => issuer.kind === 'ready' && issuer.advises

function pending(
  snapshot: Snapshot,
  { step, result }: { step: Step; result: Extract<Result, { kind: 'pending' }> },
  now: Instant,
): Next {
  const { issuer, certificate } = snapshot
  if (issuer.kind !== 'ready' || !certificate.wish.ok) throw new Error('pending without an issuer')
  const old = certificate.status.enrollment
  const isSame = step.kind === 'poll' && old?.ticket?.phase === result.ticket.phase
  const lasting = between(now, result.wakeAt) >= worthWriting
  const then = { kind: 'at', at: result.wakeAt } as const
  if (isSame && !lasting && sameTicket(old, result.ticket))
    return { status: undefined, events: [], then, hold: result.wakeAt }
  const enrollment: NonNullable<CertificateStatus['enrollment']> = {
    protocol: issuer.protocol,
    phase: result.ticket.phase,
    note: result.note,
    startedAt: old?.startedAt ?? toRfc3339(now),
    requestHash: certificate.wish.value.requestHash,
    issuer: issuerKey(issuer),
    keyHash: result.keyHash,
    ticket: result.ticket,
    ...(lasting ? { nextPollTime: toRfc3339(result.wakeAt) } : {}),
  }
  const told = tell(snapshot, working('Pending', result.note), { now, set: { enrollment } })
  return { ...told, then, hold: result.wakeAt }
}

const sameTicket = (old: CertificateStatus['enrollment'], ticket: unknown): boolean =>
  JSON.stringify(old?.ticket) === JSON.stringify(ticket)

function failed(
  snapshot: Snapshot,
  { step, result }: { step: Step; result: Extract<Result, { kind: 'failed' }> },
  now: Instant,
): Next {
  const { certificate, issuer } = snapshot
  if (issuer.kind !== 'ready' || !certificate.wish.ok) throw new Error('failed without an issuer')
  const last = certificate.status.lastFailure
  const retry = classOf(result)
  const attempts = last?.requestHash === certificate.wish.value.requestHash ? (last.attempts ?? 0) + 1 : 1
  const recent = recentAttempts(last?.recent ?? [], now)
  const next = nextTry({
    retry,
    attempts,
    now,
    lifeLeft: lifeLeft(snapshot, now),
    recent,
    notBefore: result.wakeAt,
    uid: certificate.uid,
  })
  const lastFailure: NonNullable<CertificateStatus['lastFailure']> = {
    code: result.fault.code,
    message: result.fault.message,
    time: toRfc3339(now),
    attempts,
    recent: recent.map(toRfc3339),
    requestHash: certificate.wish.value.requestHash,
    issuer: issuerKey(issuer),
    ...(next === undefined ? {} : { nextTryTime: toRfc3339(next) }),
    ...(certificate.renewRequest === undefined ? {} : { renewRequest: certificate.renewRequest }),
  }
  const counted = result.how === 'blocked' ? 0 : 1
  const set = { lastFailure, failedIssuanceAttempts: (certificate.status.failedIssuanceAttempts ?? 0) + counted }
  const keeps = result.ticket !== undefined && step.kind === 'poll'
  const activity = failureActivity(retry, result.fault.message)
  const told = tell(snapshot, activity, { now, set, drop: keeps ? [] : ['enrollment'] })
  const code = { type: 'Warning', reason: result.fault.code, message: result.fault.message } as const
  return { ...told, events: [...told.events, code], then: wake(snapshot, next, now), hold: next }
}

/** What the enroller said outranks the fault's own class: `blocked` is always about the issuer. */
function classOf(result: Extract<Result, { kind: 'failed' }>): RetryClass {
  const own = retryClass(result.fault.code)
  if (own === 'person') return own
  if (result.how === 'blocked') return 'issuer'
  return result.how === 'refused' && own === 'soon' ? 'later' : own
}

function failureActivity(retry: RetryClass, message: string): Activity {
  return retry === 'person'
    ? { kind: 'stalled', reason: 'NeedsPerson', message }
    : { kind: 'waiting', reason: 'BackingOff', message }
}

function recentAttempts(texts: readonly string[], now: Instant): readonly Instant[] {
  const withinHour = texts.map(fromRfc3339).filter((at) => at !== undefined && at > minus(now, hours(1)))
  return [...withinHour.filter((at) => at !== undefined), now].slice(-hourlyBudget)
}

function lifeLeft({ secret }: Snapshot, now: Instant): Duration | undefined {
  if (secret?.certificate.kind !== 'ok') return undefined
  const { notAfter } = secret.certificate.facts
  return notAfter > now ? between(now, notAfter) : undefined
}

function advised(snapshot: Snapshot, { advice }: Extract<Result, { kind: 'advised' }>, now: Instant): Next {
  const old = snapshot.certificate.status.renewalInfo
  const renewalInfo: NonNullable<CertificateStatus['renewalInfo']> = {
    serialNumber: advice.serialNumber,
    checkedAt: toRfc3339(now),
    askAgainAt: toRfc3339(advice.askAgainAt),
    ...(advice.message === undefined ? {} : { message: advice.message }),
    ...(advice.window === undefined
      ? {}
      : {
          windowStart: toRfc3339(advice.window.start),
          windowEnd: toRfc3339(advice.window.end),
          ...(advice.window.explanationUrl === undefined ? {} : { explanationURL: advice.window.explanationUrl }),
        }),
  }
  const url = advice.window?.explanationUrl
  const isNews = url !== undefined && url !== old?.explanationURL
  const news: readonly EventDraft[] = isNews
    ? [{ type: 'Normal', reason: 'RenewalSuggested', message: `The CA explains its suggested renewal at ${url}` }]
    : []
  return { ...tell(snapshot, { kind: 'none' }, { now, set: { renewalInfo } }), events: news, then: { kind: 'again' } }
}

function secretTaken(snapshot: Snapshot, result: Extract<Result, { kind: 'secretTaken' }>, now: Instant): Next {
  const step: Step = {
    kind: 'stall',
    reason: 'SecretNotOurs',
    message: result.message,
    wakeAt: plus(now, seconds(180)),
  }
  return settle(snapshot, step, now)
}

/** The earliest of what the step waits for, the renewal, and the moments at which `Ready` changes by itself. */
function wake(snapshot: Snapshot, at: Instant | undefined, now: Instant): Next['then'] {
  const moments: Instant[] = at === undefined ? [] : [at]
  if (snapshot.secret?.certificate.kind === 'ok') {
    const { notBefore, notAfter } = snapshot.secret.certificate.facts
    moments.push(...[notBefore, notAfter].filter((moment) => moment > now))
    const due = renewAt(snapshot)
    if (due !== undefined && due > now) moments.push(due)
  }
  const [first, ...rest] = moments
  return first === undefined ? { kind: 'rest' } : { kind: 'at', at: earliest(first, ...rest) }
}
