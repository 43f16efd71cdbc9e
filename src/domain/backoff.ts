/**
 * When to try again after a failure. Waits grow with the number of failures, shrink with the life that is left, and are
 * bent by a hash, never by dice. Only attempts that may cost the CA a signature or count against a quota are budgeted.
 *
 *   class    first wait            grows  longest               example at 30 days left / 2 minutes left
 *   soon     1/30 of life, 5s-1m   x2     1/8 of life, <= 6 h   1m 2m 4m .. 6h     / 5s 10s 15s 15s
 *   later    1/20 of life, 1m-1h   x4     1/4 of life, <= 24 h  1h 4h 16h 24h      / 1m 1m (3 an hour)
 *   anew     1/30 of life, 5s-1m   x4  1/4 of life, <= 24 h   1m 4m (3 an hour)     / 5s 20s (3 an hour)
 *   issuer   1m                    x2     30 m                  at once when the issuer recovers
 *   person   never
 *
 * `later` and `anew` climb by their own failures alone: an order that was lost after a night of network trouble is asked for
 * anew without a day's wait. The others climb by every failure in a row, so that alternating faults still slow down.
 */
import { fractionOf } from '../std/fraction.ts'
import {
  clampDuration,
  earliest,
  hours,
  instant,
  latest,
  milliseconds,
  minutes,
  plus,
  scale,
  seconds,
} from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import { isBudgeted } from './fault.ts'
import type { RetryClass } from './fault.ts'

export interface BackoffInput {
  readonly retry: RetryClass
  /** Failures in a row, this one included; at least 1. */
  readonly attempts: number
  readonly now: Instant
  /** What is left of the certificate now in the Secret; undefined when there is none or it has expired. */
  readonly lifeLeft: Duration | undefined
  /** When the last failures of the classes with a budget happened, oldest first; this one included. */
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

/** @returns when to try again, in whole seconds; undefined when only a change of the spec or the issuer should */
export function nextTry(input: BackoffInput): Instant | undefined {
  if (input.retry === 'person') return undefined
  const ladder = ladderFor(input.retry, input.lifeLeft)
  const rung = isBudgeted(input.retry) ? Math.max(1, input.recent.length) : input.attempts
  const wait = Math.min(ladder.longest, ladder.first * ladder.factor ** Math.min(rung - 1, 30))
  const jitter = 1 + fractionOf(`${input.uid}/${input.attempts}`) / 10
  const own = plus(input.now, milliseconds(wait * jitter))
  const asked = input.notBefore === undefined ? own : latest(own, patience(input.notBefore, input))
  return wholeSecond(isBudgeted(input.retry) ? latest(asked, budgetOpens(input.recent)) : asked)
}

/**
 * What a CA may ask for: an hour at any time, half of the life that is left, never more than a week. A certificate must not
 * expire because a header held an absurd number.
 */
export function patience(asked: Instant, { now, lifeLeft }: Pick<BackoffInput, 'now' | 'lifeLeft'>): Instant {
  const most = lifeLeft === undefined ? week : clampDuration(scale(lifeLeft, 1 / 2), hours(1), week)
  return earliest(asked, plus(now, most))
}

const week = hours(24 * 7)

/** Rounded up: times are written down in whole seconds, and rounding down would try before the time. */
const wholeSecond = (at: Instant): Instant => instant(Math.ceil(at / 1000) * 1000)

function ladderFor(retry: Exclude<RetryClass, 'person'>, lifeLeft: Duration | undefined): Ladder {
  // Nothing is served yet (or what is served has expired): a person is waiting, so start quickly.
  const life = lifeLeft ?? minutes(5)
  switch (retry) {
    case 'soon':
      return {
        first: soonest(life),
        factor: 2,
        longest: lifeLeft === undefined ? minutes(30) : clampDuration(scale(life, 1 / 8), seconds(15), hours(6)),
      }
    case 'later':
    case 'anew':
      return {
        first: retry === 'anew' ? soonest(life) : clampDuration(scale(life, 1 / 20), minutes(1), hours(1)),
        factor: 4,
        longest: lifeLeft === undefined ? hours(8) : clampDuration(scale(life, 1 / 4), minutes(1), hours(24)),
      }
    case 'issuer':
      return { first: minutes(1), factor: 2, longest: minutes(30) }
  }
}

const soonest = (life: Duration): Duration => clampDuration(scale(life, 1 / 30), seconds(5), minutes(1))

/** The moment at which fewer than {@link hourlyBudget} attempts lie within the last hour, those noted in whole seconds. */
function budgetOpens(recent: readonly Instant[]): Instant {
  const oldestThatCounts = recent.at(-hourlyBudget)
  return oldestThatCounts === undefined ? instant(0) : plus(oldestThatCounts, seconds(60 * 60 + 1))
}
