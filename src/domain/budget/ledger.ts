/**
 * How many certificates have been asked for at an issuer within the last hour and the last day, and when the budget has room
 * again. Pure. Counted in slots, each as long as any moment of it is within the span, so that the memory it takes does not grow
 * with the budget and the budget is never exceeded; the price is that room opens up to one slot late.
 */
import { hours, instant, latest, milliseconds, minutes, plus } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'

/** How many certificates may be asked for at one issuer. At least one of the two is set where there is a budget. */
export interface BudgetLimits {
  readonly perHour?: number | undefined
  readonly perDay?: number | undefined
}

/** `renewal`: something that is still good is replaced in time. `fresh`: everything else. */
export type Spending = 'renewal' | 'fresh'

/** One request for a certificate that has begun. */
export interface Spent {
  readonly at: Instant
  readonly kind: Spending
}

interface Slot {
  readonly start: Instant
  readonly counts: Readonly<Record<Spending, number>>
}

export type Ledger = Readonly<Record<Span, readonly Slot[]>>

type Span = keyof BudgetLimits

const spans: Readonly<Record<Span, { readonly length: Duration; readonly slot: Duration }>> = {
  perHour: { length: hours(1), slot: minutes(1) },
  perDay: { length: hours(24), slot: minutes(15) },
}

const spanNames = ['perHour', 'perDay'] as const satisfies readonly Span[]

export const emptyLedger: Ledger = { perHour: [], perDay: [] }

/** @returns the ledger with one request more; those that are too old to count are dropped */
export function spend(ledger: Ledger, spent: Spent): Ledger {
  return { perHour: added(ledger.perHour, 'perHour', spent), perDay: added(ledger.perDay, 'perDay', spent) }
}

function added(slots: readonly Slot[], span: Span, { at, kind }: Spent): readonly Slot[] {
  const { length, slot } = spans[span]
  const start = instant(Math.floor(at / slot) * slot)
  const last = slots.at(-1)
  if (last?.start === start) return [...slots.slice(0, -1), withOneMore(last, kind)]
  const newest = latest(start, last?.start ?? start)
  const own = slots.find((one) => one.start === start) ?? { start, counts: { renewal: 0, fresh: 0 } }
  return [...slots.filter((one) => one !== own), withOneMore(own, kind)]
    .filter((one) => plus(one.start, milliseconds(slot + length)) > newest)
    .sort((one, other) => one.start - other.start)
}

const withOneMore = ({ start, counts }: Slot, kind: Spending): Slot => ({
  start,
  counts: { ...counts, [kind]: counts[kind] + 1 },
})

/** What is asked of a ledger. */
export interface Question {
  /** Which requests are counted. */
  readonly counted: readonly Spending[]
  /** Below how many of them there is room, given a limit. */
  readonly share: (limit: number) => number
  /** Requests that are about to begin and not yet in the ledger. */
  readonly held: number
}

/** @returns the first moment, `now` or later, at which there is room by both limits */
export function opensAt(
  ledger: Ledger,
  { limits, question }: { readonly limits: BudgetLimits; readonly question: Question },
  now: Instant,
): Instant {
  return spanNames.reduce((opens, span) => {
    const limit = limits[span]
    if (limit === undefined) return opens
    return latest(opens, spanOpensAt(ledger[span], { span, cap: question.share(limit), question }, now))
  }, now)
}

function spanOpensAt(
  slots: readonly Slot[],
  { span, cap, question: { counted, held } }: { span: Span; cap: number; question: Question },
  now: Instant,
): Instant {
  const { length, slot } = spans[span]
  let count = held
  for (let i = slots.length - 1; i >= 0; i -= 1) {
    const one = slots[i]
    // What a clock noted that has been set back since does not count: it would for ever.
    if (one === undefined || one.start > plus(now, slot)) continue
    const ends = plus(one.start, milliseconds(slot + length))
    if (ends <= now) break
    for (const kind of counted) count += one.counts[kind]
    if (count >= cap) return ends
  }
  // Only what is about to begin fills it: room comes when that has begun, or has not.
  return count >= cap ? plus(now, slot) : now
}
