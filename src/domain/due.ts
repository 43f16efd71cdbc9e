/** When the certificate in a Secret is due for renewal, by everything that bears on it. Pure. */
import { earliest, fromRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { lastGoodMoment, renewalTime, soonestRenewal } from './renewal.ts'
import type { RenewalInput } from './renewal.ts'
import type { Situation } from './snapshot.ts'

/** When the certificate in the Secret is due; undefined when there is none to renew. */
export function renewAt(situation: Situation): Instant | undefined {
  const input = renewalInput(situation)
  if (input === undefined) return undefined
  const due = renewalTime(input)
  return isPressed(situation, input) ? earliest(due, soonestRenewal(input)) : due
}

/** Whether a renewal may wait for nothing any more that can be done without. */
export function isPressing(situation: Situation, now: Instant): boolean {
  const input = renewalInput(situation)
  return input !== undefined && (now >= lastGoodMoment(input) || isPressed(situation, input))
}

/** Whether the budget of its issuer has it renewed ahead of its time. */
function isPressed({ pacing }: Situation, input: RenewalInput): boolean {
  return pacing?.pressedUntil !== undefined && lastGoodMoment(input) <= pacing.pressedUntil
}

function renewalInput({ certificate, secret }: Situation): RenewalInput | undefined {
  if (!certificate.wish.ok || secret?.certificate.kind !== 'ok') return undefined
  const facts = secret.certificate.facts
  return {
    uid: certificate.uid,
    serialNumber: facts.serialNumber,
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
    issuedAt: secret.marks.issuedAt ?? facts.notBefore,
    renewBefore: certificate.wish.value.renewBefore,
    renewBeforePercentage: certificate.wish.value.renewBeforePercentage,
    window: suggestedWindow(certificate.status.renewalInfo, facts.serialNumber),
  }
}

type RenewalInfo = Situation['certificate']['status']['renewalInfo']

/** The CA's window, only if it was given for the very certificate that is there now. */
function suggestedWindow(info: RenewalInfo, serialNumber: string): RenewalInput['window'] {
  if (info === undefined || info.serialNumber !== serialNumber) return undefined
  const start = info.windowStart === undefined ? undefined : fromRfc3339(info.windowStart)
  const end = info.windowEnd === undefined ? undefined : fromRfc3339(info.windowEnd)
  return start === undefined || end === undefined || end <= start ? undefined : { start, end }
}
