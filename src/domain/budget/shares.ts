/** How a budget is divided, and what it can do in a time. Pure. */
import { hours, milliseconds, scale } from '../../std/time.ts'
import type { Duration } from '../../std/time.ts'
import type { BudgetLimits } from './ledger.ts'

/** A quarter of a budget is for what is not a renewal: new certificates, repairs, and what a person asks for. */
const renewalShare = 3 / 4

/** @returns how many of `limit` requests may be renewals; one at least */
export const forRenewals = (limit: number): number => Math.max(1, Math.floor(limit * renewalShare))

/** @returns how many of `limit` requests may be other ones while renewals press; one at least */
export const forOthers = (limit: number): number => Math.max(1, limit - forRenewals(limit))

/** How far apart requests are, so that an hour's budget is not spent in its first minute. */
export const paceOf = ({ perHour, perDay }: BudgetLimits, share: (limit: number) => number): Duration =>
  scale(hours(1), 1 / share(perHour ?? perDay ?? Infinity))

/** @returns how long so many renewals take at the share of the budget that is theirs */
export function timeFor(renewals: number, { perHour, perDay }: BudgetLimits): Duration {
  const byHour = perHour === undefined ? 0 : (renewals / forRenewals(perHour)) * hours(1)
  const byDay = perDay === undefined ? 0 : (renewals / forRenewals(perDay)) * hours(24)
  return milliseconds(Math.max(byHour, byDay))
}

/** `200 an hour and 2000 a day`. */
export function limitsText({ perHour, perDay }: BudgetLimits): string {
  const parts = [
    ...(perHour === undefined ? [] : [`${perHour} an hour`]),
    ...(perDay === undefined ? [] : [`${perDay} a day`]),
  ]
  return parts.join(' and ')
}
