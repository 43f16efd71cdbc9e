/**
 * When to try again after a failure. Waits grow with the number of failures, shrink with the life that is left, and are
 * bent by a hash, never by dice. Only attempts that may cost the CA a signature or count against a quota are budgeted.
 *
 *   class    first wait            grows  longest               example at 30 days left / 2 minutes left
 *   soon     1/30 of life, 5s-1m   x2     1/8 of life, <= 6 h   1m 2m 4m .. 6h     / 5s 10s 15s 15s
 *   later    1/20 of life, 1m-1h   x4     1/4 of life, <= 24 h  1h 4h 16h 24h      / 1m 1m (3 an hour)
 *   issuer   1m                    x2     30 m                  at once when the issuer recovers
 *   person   never
 */
import { fractionOf } from '../std/fraction.ts'
import { clampDuration, hours, latest, milliseconds, minutes, plus, scale, seconds } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import type { RetryClass } from './fault.ts'

export interface BackoffInput {
  readonly retry: RetryClass
  /** Failures in a row, this one included; at least 1. */
  readonly attempts: number
  readonly now: Instant
  /** What is left of the certificate now in the Secret; undefined when there is none or it has expired. */
  readonly lifeLeft: Duration | undefined
  /** When recent attempts of a budgeted class were made, oldest first; this one included. */
  readonly recent: readonly Instant[]
  /** What the CA asked for (`Retry-After`, `checkAfter`). */
  readonly notBefore?: Instant | undefined
  /** Stable identity for the jitter. */
  readonly uid: string
}

/** A CA that always answers wrongly gets at most this many requests an hour per certificate. */
export const hourlyBudget = 3

interface Ladder {
  readonly first: Duration
  readonly factor: number
  readonly longest: Duration
}

/** @returns when to try again, or undefined when only a change of the spec or the issuer should */
export function nextTry(input: BackoffInput): Instant | undefined {
  if (input.retry === 'person') return undefined
  const ladder = ladderFor(input.retry, input.lifeLeft)
  const steps = Math.min(input.attempts - 1, 30)
  const wait = Math.min(ladder.longest, ladder.first * ladder.factor ** steps)
  const jitter = 1 + fractionOf(`${input.uid}/${input.attempts}`) / 10
  const own = plus(input.now, milliseconds(Math.round(wait * jitter)))
  const asked = input.notBefore === undefined ? own : latest(own, boundedAsk(input.notBefore, input.now))
  return input.retry === 'later' ? latest(asked, budgetOpens(input.recent)) : asked
}

function ladderFor(retry: Exclude<RetryClass, 'person'>, lifeLeft: Duration | undefined): Ladder {
  // Nothing is served yet (or what is served has expired): a person is waiting, so start quickly.
  const life = lifeLeft ?? minutes(5)
  switch (retry) {
    case 'soon':
      return {
        first: clampDuration(scale(life, 1 / 30), seconds(5), minutes(1)),
        factor: 2,
        longest: lifeLeft === undefined ? minutes(30) : clampDuration(scale(life, 1 / 8), seconds(15), hours(6)),
      }
    case 'later':
      return {
        first: clampDuration(scale(life, 1 / 20), minutes(1), hours(1)),
        factor: 4,
        longest: lifeLeft === undefined ? hours(8) : clampDuration(scale(life, 1 / 4), minutes(1), hours(24)),
      }
    case 'issuer':
      return { first: minutes(1), factor: 2, longest: minutes(30) }
  }
}

/** A CA may ask for patience, not for a century: more than a week is taken as a week. */
function boundedAsk(asked: Instant, now: Instant): Instant {
  return Math.min(asked, plus(now, hours(24 * 7))) as Instant
}

/** The moment at which fewer than {@link hourlyBudget} attempts lie within the last hour. */
function budgetOpens(recent: readonly Instant[]): Instant {
  const oldestThatCounts = recent.at(-hourlyBudget)
  return oldestThatCounts === undefined ? (0 as Instant) : plus(oldestThatCounts, hours(1))
}
