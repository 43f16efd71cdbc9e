/**
 * From what was and what happened to what is told: the next status, the Events, the next wake-up. Pure.
 */
import type { CertificateStatus } from '../api/certificate.ts'
import { exhaustive } from '../std/exhaustive.ts'
import { hours, minutes, plus, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { advised } from './advised.ts'
import { checkInput, firstTrigger, isReady } from './checks.ts'
import type { Violation } from './checks.ts'
import { activityOf, sentence, working } from './conditions.ts'
import type { Activity } from './conditions.ts'
import { decide } from './decide.ts'
import type { Step } from './decide.ts'
import { windowTrouble } from './due.ts'
import { failed } from './failed.ts'
import { fault } from './fault.ts'
import { sayRef } from './fallback.ts'
import { isFallbackOf, isUntold } from './flight.ts'
import { historyAfter } from './history.ts'
import type { EventDraft, Next, Result } from './outcome.ts'
import { hourlyRepairs } from './patience.ts'
import { pending } from './pending.ts'
import { afterIssuance, policyNews } from './policy/telling.ts'
import type { Snapshot } from './snapshot.ts'
import { clip, tell, wake, wasReady, withStatus } from './status.ts'
import type { Telling } from './status.ts'

/** A stall that only a look at the API server ends is looked at again this often. */
const stallRecheck = minutes(3)
const afterFailedAdvice = hours(1)

type Of<K extends Result['kind']> = Extract<Result, { kind: K }>

interface Done {
  readonly step: Step
  readonly result: Result
}

/** @returns what to write and when to look again, after `step` ended in `result` */
export function reduce(snapshot: Snapshot, done: Done, now: Instant): Next {
  const next = reduced(snapshot, done, now)
  if (next.status === undefined || done.result.kind === 'issued') return next
  const news = [...policyNews(snapshot.certificate.status, snapshot.policy), ...windowNews(snapshot)]
  // A verdict that is new is not told a second time as the reason for which nothing is begun.
  const others = next.events.filter(({ reason }) => news.length === 0 || reason !== 'PolicyDenied')
  return { ...next, events: [...others, ...news] }
}

/** Told when it turns so, not each time. */
function windowNews(snapshot: Snapshot): readonly EventDraft[] {
  const trouble = windowTrouble(snapshot)
  const told = snapshot.certificate.status.conditions?.find(({ type }) => type === 'WindowsIgnored')
  if (trouble === undefined || told?.reason === trouble.reason) return []
  return [{ type: 'Warning', reason: trouble.reason, message: clip(sentence(trouble.message)) }]
}

function reduced(snapshot: Snapshot, { step, result }: Done, now: Instant): Next {
  switch (result.kind) {
    case 'nothing':
      return settle(snapshot, step, now)
    case 'queued':
      return { ...quietly(snapshot, now), then: wake(snapshot, undefined, now), hold: snapshot.hold }
    case 'keyMade':
      return wasInTheWay(snapshot)
        ? onward(snapshot, working('Issuing', 'a key has been made'), { now })
        : quietly(snapshot, now)
    case 'discarded':
      return quietly(snapshot, now)
    case 'stale':
      return stale(snapshot, step, now)
    case 'issued':
      return issued(snapshot, result, now)
    case 'published':
      return published(snapshot, { step, result }, now)
    case 'pending':
      return pending(snapshot, { step, result }, now)
    case 'failed':
      return unsuccessful(snapshot, { step, result }, now)
    case 'advised':
      return advised(snapshot, result.advice, now)
    case 'abandoned':
      return onward(snapshot, working('Restarting', abandonText(step)), { now, drop: ['enrollment'] })
    case 'secretTaken':
      return stalled(snapshot, { reason: 'SecretNotOurs', message: result.message }, now)
    default:
      return exhaustive(result)
  }
}

/** No effect took place: say how things stand and sleep until that changes. */
function settle(snapshot: Snapshot, step: Step, now: Instant): Next {
  if (snapshot.certificate.deleting) return { status: undefined, events: [], then: { kind: 'rest' } }
  const activity = activityOf(step)
  const news = step.kind === 'idle' ? lateArrival(snapshot, now) : { events: [] }
  const stall: readonly EventDraft[] =
    activity.kind === 'stalled' && !isStalled(snapshot, activity.reason)
      ? [{ type: 'Warning', reason: activity.reason, message: activity.message }]
      : []
  return {
    status: tell(snapshot, activity, { now, ...news }),
    events: [...news.events, ...stall],
    then: wake(snapshot, 'wakeAt' in step ? step.wakeAt : undefined, now),
    hold: snapshot.hold,
  }
}

function stalled(
  snapshot: Snapshot,
  { reason, message }: { reason: 'SecretNotOurs' | 'OutputsFailed'; message: string },
  now: Instant,
): Next {
  return settle(snapshot, { kind: 'stall', reason, message, wakeAt: plus(now, stallRecheck) }, now)
}

/** The next step follows at once and will tell; only a certificate that is no longer good is told without delay. */
function quietly(snapshot: Snapshot, now: Instant): Next {
  const hasTurned = wasReady(snapshot.certificate.status) && !isReady(snapshot, now)
  if (hasTurned) return onward(snapshot, working('Issuing', 'a new certificate is on its way'), { now })
  return { status: undefined, events: [], then: { kind: 'again' }, hold: snapshot.hold }
}

/** Somebody was faster. Where the CA may have been asked in vain, it counts, as if the repair had been made. */
function stale(snapshot: Snapshot, step: Step, now: Instant): Next {
  const isRequest = step.kind === 'enroll' || step.kind === 'renew'
  if (!isRequest || step.violation.cause === 'wish' || !hasIssuedBefore(snapshot)) return quietly(snapshot, now)
  return onward(snapshot, activityOf(step), { now, set: repairsAfter(snapshot, true, now) })
}

function onward(snapshot: Snapshot, activity: Activity, telling: Telling): Next {
  const status = tell(snapshot, activity, telling)
  return { status, events: [], then: { kind: 'again' }, hold: snapshot.hold }
}

const isStalled = ({ certificate }: Snapshot, reason: string): boolean =>
  (certificate.status.conditions ?? []).some((c) => c.type === 'Stalled' && c.status === 'True' && c.reason === reason)
const wasInTheWay = (snapshot: Snapshot): boolean => isStalled(snapshot, 'SecretNotOurs')
const abandonText = (step: Step): string => (step.kind === 'abandon' ? step.message : 'starting again')

type News = Pick<Telling, 'set' | 'drop'> & { readonly events: readonly EventDraft[] }

/** What changes in the status when a certificate has arrived. */
function arrival(snapshot: Snapshot, remarks: readonly string[]): News {
  const { secret, certificate } = snapshot
  if (secret?.certificate.kind !== 'ok') return { events: [] }
  const { serialNumber, notAfter } = secret.certificate.facts
  const note = remarks.length === 0 ? '' : ` Note: ${remarks.join('; ')}.`
  const message = `Issued certificate ${serialNumber}, valid until ${toRfc3339(notAfter)}.${note}`
  return {
    set: { revision: (certificate.status.revision ?? 0) + 1, ...historyAfter(snapshot) },
    drop: ['lastFailure', 'otherFailures', 'failedIssuanceAttempts'],
    events: [{ type: 'Normal', reason: 'Issued', message: clip(message) }, ...fallenBack(snapshot)],
  }
}

/** Another issuer than the first issued: that is worth a warning, with the reason where it is still known. */
function fallenBack({ secret, certificate, choice }: Snapshot): readonly EventDraft[] {
  const by = secret?.marks.issuerRef
  if (!certificate.wish.ok || by === undefined || !isFallbackOf(certificate.wish.value, by)) return []
  const { issuerRef } = certificate.wish.value
  const why = choice.because === undefined ? '' : `, because of ${choice.because}`
  const message = `${sayRef(by)} issued instead of ${sayRef(issuerRef)}${why}; the next renewal begins with ${sayRef(issuerRef)} again`
  return [{ type: 'Warning', reason: 'FellBack', message: clip(message) }]
}

/** After a crash, the status catches up with the Secret. */
const lateArrival = (snapshot: Snapshot, now: Instant): News =>
  isUntold(snapshot, now) ? arrival(snapshot, []) : { events: [] }

function issued(before: Snapshot, result: Of<'issued'>, now: Instant): Next {
  const snapshot: Snapshot = { ...before, secret: result.secret, policy: afterIssuance(before.policy, result.breaches) }
  const input = checkInput(snapshot)
  const unmet = input === undefined ? undefined : firstTrigger(input, now)
  const repairs = repairsAfter(before, meddlingFoundBy(before, now), now)
  if (unmet !== undefined) return inVain(snapshot, { unmet, repairs }, now)
  const news = arrival(snapshot, result.remarks)
  const set = { ...news.set, ...repairs }
  const events = [...news.events, ...policyNews(before.certificate.status, snapshot.policy)]
  return further(snapshot, { now, set, drop: [...(news.drop ?? []), 'enrollment'] }, events)
}

/**
 * A certificate was stored and yet another one would be asked for at once: something changes Secrets on their way, or the CA
 * answers beside the question. Counted as a failure, so that it does not become a loop.
 */
function inVain(
  snapshot: Snapshot,
  { unmet, repairs }: { unmet: Violation; repairs: Partial<CertificateStatus> },
  now: Instant,
): Next {
  const message = `a certificate was issued and stored, but still: ${unmet.message}; find out what changes the Secret or the certificate`
  const result = { kind: 'failed', how: 'refused', fault: fault('WrongCertificate', message) } as const
  const next = failed(snapshot, { key: undefined, ticket: undefined, result }, now)
  const revision = (snapshot.certificate.status.revision ?? 0) + 1
  return { ...next, status: { ...next.status, ...repairs, revision, ...historyAfter(snapshot) } }
}

function published(before: Snapshot, { step, result }: { step: Step; result: Of<'published'> }, now: Instant): Next {
  const snapshot: Snapshot = { ...before, secret: result.secret }
  const news = lateArrival(snapshot, now)
  const isRepair = step.kind === 'publish' && step.violation.cause === 'meddling'
  const set = { ...news.set, ...repairsAfter(before, isRepair, now) }
  return further(snapshot, { now, set, drop: news.drop ?? [] }, news.events)
}

/** The Secret has been written: tell it together with what comes next, so that one write of the status does for both. */
function further(snapshot: Snapshot, telling: Telling, events: readonly EventDraft[]): Next {
  const { now } = telling
  const step = decide(withStatus(snapshot, tell(snapshot, { kind: 'none' }, telling)), now)
  const activity = step.kind === 'discardKey' || step.kind === 'advise' ? { kind: 'none' as const } : activityOf(step)
  const isRest = step.kind === 'idle' || step.kind === 'wait' || step.kind === 'stall'
  return {
    status: tell(snapshot, activity, telling),
    events,
    then: isRest ? wake(snapshot, step.wakeAt, now) : { kind: 'again' },
  }
}

function meddlingFoundBy(before: Snapshot, now: Instant): boolean {
  const input = checkInput(before)
  const violation = input === undefined ? undefined : firstTrigger(input, now)
  return violation?.cause === 'meddling' && hasIssuedBefore(before)
}

const hasIssuedBefore = ({ certificate }: Snapshot): boolean => (certificate.status.revision ?? 0) > 0

function repairsAfter({ certificate }: Snapshot, isRepair: boolean, now: Instant): Partial<CertificateStatus> {
  if (!isRepair) return {}
  return { repairs: [...(certificate.status.repairs ?? []), toRfc3339(now)].slice(-hourlyRepairs) }
}

function unsuccessful(snapshot: Snapshot, { step, result }: { step: Step; result: Of<'failed'> }, now: Instant): Next {
  const { message } = result.fault
  const { secret } = snapshot
  if (step.kind === 'publish') return stalled(snapshot, { reason: 'OutputsFailed', message }, now)
  if (step.kind === 'advise' && secret?.certificate.kind === 'ok') {
    const { serialNumber } = secret.certificate.facts
    return advised(snapshot, { serialNumber, message, askAgainAt: plus(now, afterFailedAdvice) }, now)
  }
  const key = 'key' in step ? step.key : undefined
  const ticket = result.ticket ?? (result.how === 'blocked' && step.kind === 'poll' ? step.ticket : undefined)
  return failed(snapshot, { key, ticket, result }, now)
}
