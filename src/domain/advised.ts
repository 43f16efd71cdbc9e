/** What is remembered of the CA's advice on when to renew (RFC 9773). */
import type { CertificateStatus } from '../api/certificate.ts'
import { between, clampDuration, hours, minutes, plus, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { EventDraft, Next, RenewalAdvice } from './outcome.ts'
import type { Snapshot } from './snapshot.ts'
import { clip, tell } from './status.ts'

/** RFC 9773 section 4.3.2 bounds how often a CA is asked; without a bound, a CA that says "now" would be asked in a loop. */
const leastBetweenAdvice = minutes(1)
const mostBetweenAdvice = hours(24)

export function advised(
  snapshot: Snapshot,
  { serialNumber, window, message, askAgainAt }: RenewalAdvice,
  now: Instant,
): Next {
  const wait = clampDuration(between(now, askAgainAt), leastBetweenAdvice, mostBetweenAdvice)
  const url = window?.explanationUrl?.slice(0, 2048)
  const renewalInfo: NonNullable<CertificateStatus['renewalInfo']> = {
    serialNumber,
    checkedAt: toRfc3339(now),
    askAgainAt: toRfc3339(plus(now, wait)),
    ...(message === undefined ? {} : { message: clip(message) }),
    ...(window === undefined ? {} : { windowStart: toRfc3339(window.start), windowEnd: toRfc3339(window.end) }),
    ...(url === undefined || url === '' ? {} : { explanationURL: url }),
  }
  const isNews = url !== undefined && url !== snapshot.certificate.status.renewalInfo?.explanationURL
  const news: readonly EventDraft[] = isNews
    ? [{ type: 'Normal', reason: 'RenewalSuggested', message: clip(`The CA explains its suggested renewal at ${url}`) }]
    : []
  const status = tell(snapshot, { kind: 'none' }, { now, set: { renewalInfo } })
  return { status, events: news, then: { kind: 'again' }, hold: snapshot.hold }
}
