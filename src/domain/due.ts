/** When the certificate in a Secret is due for renewal, by everything that bears on it. Pure. */
import { earliest, fromRfc3339, instant, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { reissueTime } from './authority/rollover.ts'
import type { CheckReason } from './checks.ts'
import { lastCall, lastGoodMoment, renewalKey, renewalTime, soonestRenewal } from './renewal.ts'
import type { RenewalInput } from './renewal.ts'
import type { Situation } from './snapshot.ts'
import { invalidWindow, momentInWindow } from './windows.ts'
import type { WindowTrouble } from './windows.ts'

/** When the certificate in the Secret is due, for whatever reason; undefined when there is none to renew. */
export function renewAt(situation: Situation): Instant | undefined {
  const [age, staged] = [dueByAge(situation), reissueAt(situation)]
  return age === undefined || staged === undefined ? age : earliest(age, staged)
}

/** When it is re-issued because its CA was replaced; undefined when it was not, or the certificate is to be left alone. */
export function reissueAt({ certificate, secret, succession }: Situation): Instant | undefined {
  if (succession === undefined || secret?.certificate.kind !== 'ok') return undefined
  const { facts } = secret.certificate
  const lead = { issuedAt: secret.marks.issuedAt ?? facts.notBefore, links: [facts, ...succession.above] }
  return reissueTime({ uid: certificate.uid, ...lead }, succession.rollover)
}

/** When its age asks for a successor, or the advice of the CA about it. */
export function dueByAge(situation: Situation): Instant | undefined {
  const input = renewalInput(situation)
  if (input === undefined) return undefined
  const due = renewalTime(input)
  if (isPressed(situation, input)) return earliest(due, soonestRenewal(input))
  return windowMoment(situation, { input, due, from: due }) ?? due
}

/** Whether a renewal may wait for nothing any more that can be done without. */
export function isPressing(situation: Situation, now: Instant): boolean {
  const input = renewalInput(situation)
  return input !== undefined && (now >= lastCall(input) || isPressed(situation, input))
}

/**
 * When a renewal that can wait is made, if not now: one that missed its window waits for the next, as long as there is time.
 *
 * @param reason - of the renewal: what is not due by the calendar has its moment in every window, whenever it is asked for
 */
export function windowOpensAt(situation: Situation, reason: CheckReason, now: Instant): Instant | undefined {
  const input = renewalInput(situation)
  if (input === undefined || isPressing(situation, now)) return undefined
  const due = reason === 'Renewing' ? renewalTime(input) : instant(0)
  const moment = windowMoment(situation, { input, due, from: now })
  return moment === undefined || moment <= now ? undefined : moment
}

/** @returns why windows that are asked for do not bear on the next renewal; undefined where they do, or none are asked for */
export function windowTrouble(situation: Situation): WindowTrouble | undefined {
  const windows = situation.pacing?.windows
  if (windows === undefined) return undefined
  if (!windows.ok) return invalidWindow(windows.error)
  const input = renewalInput(situation)
  if (windows.value.length === 0 || input === undefined || isPressed(situation, input)) return undefined
  const due = renewalTime(input)
  if (windowMoment(situation, { input, due, from: due }) !== undefined) return undefined
  const span = `${toRfc3339(due)}, when it is due, and ${toRfc3339(lastCall(input))}`
  return {
    reason: 'NoWindowInTime',
    message: `no renewal window opens between ${span}, the last moment that is safe to wait for; it is renewed when it is due, outside of any window`,
  }
}

function windowMoment(
  { pacing }: Situation,
  { input, due, from }: { readonly input: RenewalInput; readonly due: Instant; readonly from: Instant },
): Instant | undefined {
  if (pacing === undefined || !pacing.windows.ok || pacing.windows.value.length === 0) return undefined
  return momentInWindow(pacing.windows.value, { due, key: renewalKey(input), lastCall: lastCall(input) }, from)
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
