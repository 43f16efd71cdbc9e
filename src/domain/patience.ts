/**
 * What holds the next attempt back: the last failure, and repairs that somebody keeps undoing. Both are remembered in the
 * status, so that a restart changes nothing.
 */
import type { CertificateStatus } from '../api/certificate.ts'
import { earliest, fromRfc3339, hours, instant, minutes, plus, seconds } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { failureAt } from './failures.ts'
import type { Failure } from './failures.ts'
import { isMendedByRecovery, retryClass } from './fault.ts'
import { issuerKey } from './snapshot.ts'
import type { ReadyIssuer, RequestedWish, Situation } from './snapshot.ts'

/** Waits shorter than this are not written down: the status would change for every poll. */
export const shortWait = minutes(2)

/** How often within an hour a Secret is put right that somebody else changes or removes. */
export const hourlyRepairs = 6

/** How far another replica's clock may be ahead of ours. */
const clockSlack = minutes(1)

/** Recoveries of an issuer that end the wait at once; from then on, each ends it no sooner than {@link betweenRecoveries}. */
const quickRecoveries = 3
const betweenRecoveries = minutes(5)

export interface Held {
  /** `person`: until the spec, the issuer or a request for renewal changes. */
  readonly kind: 'until' | 'person'
  readonly message: string
  readonly until: Instant | undefined
}

/** The last failure holds the next attempt back, unless what failed is no longer what would be tried. */
export function heldBack(snapshot: Situation, issuer: ReadyIssuer, now: Instant): Held | undefined {
  const last = failureAt(snapshot.certificate.status, issuerKey(issuer))
  if (last === undefined || !isSameAttempt(last, snapshot, issuer)) return undefined
  if (isFromLater(last.time, now)) return undefined
  if (retryClass(last.code) === 'person') return { kind: 'person', message: last.message, until: undefined }
  const written = last.nextTryTime === undefined ? undefined : fromRfc3339(last.nextTryTime)
  const next = isMendedByRecovery(last.code) ? afterRecovery(last, issuer, written) : written
  return next !== undefined && next > now ? { kind: 'until', message: last.message, until: next } : undefined
}

/** Whether a failure tells anything about the attempt that would be made now. */
export function isSameAttempt(last: Failure, situation: Situation, issuer: ReadyIssuer): boolean {
  const { certificate } = situation
  if (!certificate.wish.ok || last.requestHash !== attemptText(situation, certificate.wish.value, last.code))
    return false
  if (last.issuer !== issuerKey(issuer)) return false
  return certificate.renewRequest === undefined || last.renewRequest === noted(certificate.renewRequest)
}

/** What was tried: asking and writing alike can fail, and any change of the spec is worth another try. */
const wholeWish = ({ requestHash, outputsHash }: RequestedWish): string => `${requestHash}/${outputsHash}`

/** With the policies, where they are why it failed: a change of theirs is worth another try as well. */
export function attemptText({ policy }: Situation, wish: RequestedWish, code: string): string {
  const fingerprint = code === 'PolicyDenied' ? policy?.fingerprint : undefined
  return fingerprint === undefined ? wholeWish(wish) : `${wholeWish(wish)}/${fingerprint}`
}

/** A request for renewal as the status remembers it: an annotation may be longer than a status likes. */
export const noted = (renewRequest: string): string => renewRequest.slice(0, 256)

/**
 * An issuer that has recovered ends the wait. One that seems to recover after every failure (two servers behind one name, one
 * of them broken) would make us ask in a loop, so that after a few times some distance is kept.
 */
function afterRecovery(last: Failure, { readySince }: ReadyIssuer, next: Instant | undefined): Instant | undefined {
  const failedAt = fromRfc3339(last.time)
  if (failedAt === undefined) return next
  // Failures are noted in whole seconds: a recovery within the same second may have come before the failure.
  const hasRecovered = readySince >= plus(failedAt, seconds(1))
  if (!hasRecovered) return next
  const soonest = (last.attempts ?? 1) <= quickRecoveries ? failedAt : plus(failedAt, betweenRecoveries)
  return next === undefined ? soonest : earliest(next, soonest)
}

/** Whether a time lies in the future although it was the present when it was noted: the clock has been set back since. */
export function isFromLater(text: string | undefined, now: Instant): boolean {
  const at = text === undefined ? undefined : fromRfc3339(text)
  return at !== undefined && at > plus(now, clockSlack)
}

/** @returns when the Secret may be put right again; undefined when it may be at once */
export function repairsOpenAt({ repairs = [] }: CertificateStatus, now: Instant): Instant | undefined {
  const counted = repairs.filter((text) => !isFromLater(text, now)).at(-hourlyRepairs)
  const opensAt = plus((counted === undefined ? undefined : fromRfc3339(counted)) ?? instant(0), hours(1))
  return opensAt > now ? opensAt : undefined
}
