/**
 * Whether a budget lets all that expires be renewed in time, if one went on as one does. Pure.
 *
 *   last(k)            the moment by which the k-th to expire should be renewed at the latest
 *   time(k)            what k renewals take at the budget
 *   last(k) - time(k)  when one must have begun with the first k; from then on they press
 *
 * What presses waits for no window, and not until it is due either: the fleet is renewed early enough to fit into its budget.
 * Since the first to expire always go first, nothing is gained by beginning any sooner.
 */
import type { Duration, Instant } from '../../std/time.ts'
import { minus, plus } from '../../std/time.ts'

export interface Fleet {
  /** The last good moment to renew of each certificate, in any order. */
  readonly lasts: Float64Array
  /** @returns how long so many renewals take */
  readonly timeFor: (renewals: number) => Duration
}

/** @returns everything that should be renewed by this moment presses now; undefined: nothing does */
export function pressedUntil({ lasts, timeFor }: Fleet, now: Instant): Instant | undefined {
  const sorted = lasts.toSorted()
  for (let k = sorted.length; k > 0; k -= 1) {
    const last = sorted[k - 1] as Instant | undefined
    if (last !== undefined && minus(last, timeFor(k)) <= now) return last
  }
  return undefined
}

export interface Ends extends Pick<Fleet, 'timeFor'> {
  /** When each certificate ends, in any order; what has ended already is not asked for. */
  readonly ends: Float64Array
}

/** @returns how many end before their turn comes, were all renewed from now on and nothing else: the budget is too small for them */
export function shortBy({ ends, timeFor }: Ends, now: Instant): number {
  const living = ends.filter((end) => end > now).toSorted()
  return living.reduce((short, end, before) => (plus(now, timeFor(before)) > end ? short + 1 : short), 0)
}
