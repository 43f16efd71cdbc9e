/** How long to wait for an administrator (RFC 8894 section 4.4): SCEP itself says nothing of intervals. Pure. */
import type { ScepSpec } from '../../api/issuer/scep.ts'
import { parseGoDuration } from '../../std/duration.ts'
import { between, clampDuration, days, minutes, plus, scale, seconds } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'

/** @returns a moment that the service asked for, at least a second and at most a day ahead */
export const clampedWait = (at: Instant, now: Instant): Instant =>
  plus(now, clampDuration(between(now, at), seconds(1), days(1)))

interface Waiting {
  readonly since: Instant
  readonly retryAfter: Instant | undefined
}

const [soonest, latest] = [seconds(10), minutes(30)]

/** When to ask again: when the service says, else as the spec says, else soon at first and ever later. */
export function nextPoll({ since, retryAfter }: Waiting, { pollInterval }: ScepSpec, now: Instant): Instant {
  if (retryAfter !== undefined) return clampedWait(retryAfter, now)
  const set = lengthOf(pollInterval)
  return plus(now, set ?? clampDuration(scale(between(since, now), 0.25), soonest, latest))
}

const longestWait = days(7)

/** @returns whether a request has waited for longer than the spec lets it */
export const isOverdue = (since: Instant, { pendingTimeout }: ScepSpec, now: Instant): boolean =>
  between(since, now) > (lengthOf(pendingTimeout) ?? longestWait)

function lengthOf(text: string | undefined): Duration | undefined {
  const length = text === undefined ? undefined : parseGoDuration(text)
  return length?.ok === true ? length.value : undefined
}
