/** What is remembered of an attempt that failed: enough to wait for the right time, to go on with the ticket, and to tell. */
import type { CertificateStatus, EnrollmentTicket } from '../api/certificate.ts'
import { fromRfc3339, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { nextTry } from './backoff.ts'
import type { Activity } from './conditions.ts'
import type { KeySource } from './decide.ts'
import { boundTo, mayFallBack } from './fallback.ts'
import { failureAt, otherFailures } from './failures.ts'
import type { Failure } from './failures.ts'
import { isBudgeted, retryClass } from './fault.ts'
import type { RetryClass } from './fault.ts'
import { replacesIn } from './flight.ts'
import type { Next, Result } from './outcome.ts'
import { attemptText, isFromLater, isSameAttempt, noted } from './patience.ts'
import { issuerKey } from './snapshot.ts'
import type { ReadyIssuer, RequestedWish, Snapshot } from './snapshot.ts'
import { clip, lifeLeft, tell, wake } from './status.ts'

type Failed = Extract<Result, { kind: 'failed' }>
type Enrollment = NonNullable<CertificateStatus['enrollment']>

export interface Attempt {
  /** The key that the request was made with. */
  readonly key: KeySource | undefined
  /** The enrollment goes on with it: only this exchange failed. */
  readonly ticket: EnrollmentTicket | undefined
  readonly result: Failed
}

/** How many times of failures the status keeps. */
const mostRecent = 10

export function failed(snapshot: Snapshot, { key, ticket, result }: Attempt, now: Instant): Next {
  const { certificate, issuer } = snapshot
  if (issuer.kind !== 'ready' || !certificate.wish.ok) throw new Error('failed without an issuer')
  const wish = certificate.wish.value
  const retry = classOf(result)
  const { lastFailure, next } = remember(snapshot, { wish, issuer, result, retry }, now)
  const counted = result.how === 'blocked' ? 0 : 1
  const kept = retry === 'person' ? undefined : keep(snapshot, { wish, issuer, key, ticket }, now)
  const status = tell(snapshot, activityAfter(retry, result.fault.message), {
    now,
    set: {
      lastFailure,
      ...otherFailures(certificate.status, lastFailure),
      failedIssuanceAttempts: (certificate.status.failedIssuanceAttempts ?? 0) + counted,
      ...(kept === undefined ? {} : { enrollment: kept }),
    },
    drop: ['enrollment', 'otherFailures'],
  })
  return {
    status,
    events: [{ type: 'Warning', reason: result.fault.code, message: clip(result.fault.message) }],
    // Another issuer may be there to be asked at once.
    then: leadsElsewhere(wish, lastFailure) ? { kind: 'again' } : wake(snapshot, next, now),
  }
}

const leadsElsewhere = ({ fallbackIssuerRefs }: RequestedWish, { code, attempts = 1 }: Failure): boolean =>
  fallbackIssuerRefs.length > 0 && mayFallBack(code, attempts)

interface Failing {
  readonly wish: RequestedWish
  readonly issuer: ReadyIssuer
  readonly result: Failed
  readonly retry: RetryClass
}

function remember(
  snapshot: Snapshot,
  { wish, issuer, result, retry }: Failing,
  now: Instant,
): { lastFailure: Failure; next: Instant | undefined } {
  const { certificate } = snapshot
  const last = failureAt(certificate.status, issuerKey(issuer))
  const before = last !== undefined && isSameAttempt(last, snapshot, issuer) ? last : undefined
  const attempts = (before?.attempts ?? 0) + 1
  const earlier = (before?.recent ?? []).filter((text) => !isFromLater(text, now))
  const recent = [...earlier, ...(isBudgeted(retry) ? [toRfc3339(now)] : [])].slice(-mostRecent)
  const next = nextTry({
    retry,
    attempts,
    now,
    lifeLeft: lifeLeft(snapshot, now),
    recent: recent.map(fromRfc3339).filter((at) => at !== undefined),
    notBefore: result.wakeAt,
    uid: certificate.uid,
  })
  const lastFailure: Failure = {
    code: result.fault.code,
    message: clip(result.fault.message),
    time: toRfc3339(now),
    attempts,
    recent,
    requestHash: attemptText(snapshot, wish, result.fault.code),
    issuer: issuerKey(issuer),
    ...(next === undefined ? {} : { nextTryTime: toRfc3339(next) }),
    ...(certificate.renewRequest === undefined ? {} : { renewRequest: noted(certificate.renewRequest) }),
  }
  return { lastFailure, next }
}

/** The enrollment as it goes on; undefined when it has to be started again. */
function keep(
  snapshot: Snapshot,
  { wish, issuer, key, ticket }: Pick<Failing, 'wish' | 'issuer'> & Pick<Attempt, 'key' | 'ticket'>,
  now: Instant,
): Enrollment | undefined {
  const { certificate, pending, secret } = snapshot
  const current = secret?.key.kind === 'ok' ? secret.key.facts : undefined
  const keyHash = (key === 'pending' ? pending?.key : key === 'current' ? current : undefined)?.publicKeyHash
  if (ticket === undefined || keyHash === undefined) return undefined
  const { enrollment } = certificate.status
  const old = enrollment?.keyHash === keyHash ? enrollment : undefined
  return {
    startedAt: old?.startedAt ?? toRfc3339(now),
    askedAt: toRfc3339(now),
    protocol: issuer.protocol,
    phase: ticket.phase,
    requestHash: wish.requestHash,
    issuer: issuerKey(issuer),
    keyHash,
    ...boundTo(snapshot, old),
    ...replacesIn(snapshot, old),
    ticket,
  }
}

/** What the enroller said outranks the fault's own class: `blocked` is always about the issuer. */
function classOf({ how, fault }: Failed): RetryClass {
  const own = retryClass(fault.code)
  if (own === 'person') return own
  if (how === 'blocked') return 'issuer'
  return how === 'refused' && own === 'soon' ? 'later' : own
}

function activityAfter(retry: RetryClass, message: string): Activity {
  return retry === 'person'
    ? { kind: 'stalled', reason: 'NeedsPerson', message }
    : { kind: 'waiting', reason: 'BackingOff', message }
}
