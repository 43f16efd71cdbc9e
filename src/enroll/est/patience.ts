/** How long to wait for an administrator (RFC 7030 section 4.2.3): a 202 should say, and some do not. Pure. */
import type { EstSpec } from '../../api/issuer/est.ts'
import { parseGoDuration } from '../../std/duration.ts'
import { between, clampDuration, days, minutes, plus, scale, seconds } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'

/** @returns a moment that the server asked for, at least a second and at most a day ahead */
export const clampedWait = (at: Instant, now: Instant): Instant =>
  plus(now, clampDuration(between(now, at), seconds(1), days(1)))

interface Waiting {
  readonly since: Instant
  readonly retryAfter: Instant | undefined
}

const [soonest, latest] = [seconds(10), minutes(30)]

/** When to ask again: when the server says, else soon at first and ever later. */
export function nextPoll({ since, retryAfter }: Waiting, now: Instant): Instant {
  if (retryAfter !== undefined) return clampedWait(retryAfter, now)
  return plus(now, clampDuration(scale(between(since, now), 0.25), soonest, latest))
}

const longestWait = days(7)

/** @returns whether a request has waited for longer than the spec lets it */
export const isOverdue = (since: Instant, { pendingTimeout }: EstSpec, now: Instant): boolean =>
  between(since, now) > (lengthOf(pendingTimeout) ?? longestWait)

function lengthOf(text: string | undefined): Duration | undefined {
  const length = text === undefined ? undefined : parseGoDuration(text)
  return length?.ok === true ? length.value : undefined
}
