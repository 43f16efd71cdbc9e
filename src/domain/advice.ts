/** When to ask the CA for its advice on renewal (RFC 9773). */
import { fractionOf } from '../std/fraction.ts'
import { between, clampDuration, days, fromRfc3339, hours, plus, scale, seconds } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { Snapshot } from './snapshot.ts'

/** @returns when to ask, for the certificate that is there now; undefined when the issuer gives no advice */
export function adviceTime({ certificate, issuer, secret }: Snapshot, now: Instant): Instant | undefined {
  if (issuer.kind !== 'ready' || !issuer.advises || secret?.certificate.kind !== 'ok') return undefined
  const { facts } = secret.certificate
  const { renewalInfo } = certificate.status
  const written = renewalInfo?.serialNumber === facts.serialNumber ? fromRfc3339(renewalInfo.askAgainAt) : undefined
  if (written === undefined)
    return firstTime(
      `${certificate.uid}/${facts.serialNumber}`,
      secret.marks.issuedAt ?? facts.notBefore,
      facts.notAfter,
    )
  // Every CA is asked daily at least: a later time was written by a clock that has been set back since.
  return written > plus(now, days(2)) ? now : written
}

/**
 * Not while the certificate is being issued (nobody renews what is minutes old, and the question would cost a write), and not
 * at the same moment for all that were issued together.
 */
function firstTime(jitterKey: string, issuedAt: Instant, notAfter: Instant): Instant {
  const longest = clampDuration(scale(between(issuedAt, notAfter), 1 / 10), seconds(1), hours(1))
  return plus(issuedAt, scale(longest, 0.5 + fractionOf(jitterKey) / 2))
}
