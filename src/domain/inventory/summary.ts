/** The inventory at a glance: how many, how they stand, and when they end. */
import { between, days } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import type { Finding, Severity } from './findings.ts'
import type { ItemState } from './item.ts'
import type { JudgedItem } from './query.ts'

/** One bar: certificates that end within `untilDays`, but not within that of the bar before. */
export interface Bucket {
  /** Undefined in the last bar: later than all others. */
  readonly untilDays: number | undefined
  /** Those that Perennial renews. */
  readonly managed: number
  readonly found: number
}

export interface Summary {
  readonly total: number
  readonly managed: number
  readonly found: number
  readonly namespaces: number
  readonly states: Readonly<Record<ItemState, number>>
  readonly findings: Readonly<Partial<Record<Finding, number>>>
  /** By the worst finding of each. */
  readonly severities: Readonly<Record<Severity | 'none', number>>
  /** The first bar is of those that have ended. */
  readonly expiry: readonly Bucket[]
}

/** Ends of the bars in days: what a person plans by, and the lifetimes that CAs give. */
const ends = [0, 1, 7, 14, 30, 60, 90, 180, 365] as const

/** @returns counts of everything that is handed in, at that moment */
export function summarize(judged: readonly JudgedItem[], now: Instant): Summary {
  const states: Record<ItemState, number> = { ready: 0, issuing: 0, failing: 0, found: 0 }
  const severities: Record<Severity | 'none', number> = { critical: 0, warning: 0, notice: 0, none: 0 }
  const findings: Partial<Record<Finding, number>> = {}
  const bars = [...ends, undefined].map((untilDays) => ({ untilDays, managed: 0, found: 0 }))
  const namespaces = new Set<string>()
  for (const { item, findings: of, severity } of judged) {
    states[item.state] += 1
    severities[severity ?? 'none'] += 1
    namespaces.add(item.namespace)
    for (const finding of of) findings[finding] = (findings[finding] ?? 0) + 1
    const bar = item.facts && bars[barOf(between(now, item.facts.notAfter))]
    if (bar !== undefined) bar[item.state === 'found' ? 'found' : 'managed'] += 1
  }
  return {
    total: judged.length,
    managed: judged.length - states.found,
    found: states.found,
    namespaces: namespaces.size,
    states,
    findings,
    severities,
    expiry: bars,
  }
}

function barOf(left: Duration): number {
  const index = ends.findIndex((end) => left <= days(end))
  return index < 0 ? ends.length : index
}
