/** Questions to the inventory: filter, search, sort, page. Everything is in memory and worked out before, so a question is one pass. */
import { smallest } from '../../std/smallest.ts'
import { days, plus } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { findingsOf, worstOf } from './findings.ts'
import type { Finding, Judging, Severity } from './findings.ts'
import type { InventoryItem } from './item.ts'

/** An item as it stands at the moment of the question. */
export interface JudgedItem {
  readonly item: InventoryItem
  readonly findings: readonly Finding[]
  readonly severity: Severity | undefined
}

/** What a question can be narrowed by. Values of one filter are alternatives, filters add up. */
export const filterNames = [
  'namespace',
  'state',
  'finding',
  'severity',
  'protocol',
  'issuer',
  'kind',
  'key',
  'owner',
  'consumer',
  'policy',
] as const
export type FilterName = (typeof filterNames)[number]

export const sortNames = ['expires', 'name', 'namespace', 'issuer', 'state', 'key', 'severity', 'renews'] as const
export type SortName = (typeof sortNames)[number]

export interface Query {
  readonly filters: Readonly<Partial<Record<FilterName, readonly string[]>>>
  /** Words that must all occur, lower case. */
  readonly words: readonly string[]
  /** Days within which the certificate ends; those that have ended count. */
  readonly endsWithin: number | undefined
  /** Days for which the certificate lasts at least. */
  readonly endsAfter: number | undefined
  readonly sort: SortName
  readonly descending: boolean
  /** From 1. */
  readonly page: number
  readonly size: number
}

/** How often a value occurs among what the other filters leave. */
export interface FacetValue {
  readonly value: string
  readonly count: number
}

export interface Answer {
  /** Of the page that was asked for. */
  readonly items: readonly JudgedItem[]
  /** Of all pages. */
  readonly total: number
  readonly facets: Readonly<Record<FilterName, readonly FacetValue[]>>
}

/** One value, several, or none (empty). One is no list, because ten thousand items have ten each. */
type Values = string | readonly string[]

/** The values of an item for a filter. */
const valuesFor: Readonly<Record<FilterName, (judged: JudgedItem) => Values>> = {
  namespace: ({ item }) => item.namespace,
  state: ({ item }) => item.state,
  finding: ({ findings }) => findings,
  severity: ({ severity }) => severity ?? 'none',
  protocol: ({ item }) => item.management?.protocol ?? '',
  issuer: ({ item }) => (item.issuerRef === '' ? item.issuerName : item.issuerRef),
  kind: ({ item }) => item.kind,
  key: ({ item }) => item.key,
  owner: ({ item }) => item.owner ?? '',
  consumer: () => '',
  policy: ({ item }) => policiesBroken(item),
}

function policiesBroken({ management }: InventoryItem): Values {
  const [first, ...rest] = management?.violations ?? []
  if (first === undefined) return ''
  return rest.length === 0 ? first.policy : [...new Set([first, ...rest].map(({ policy }) => policy))]
}

/** What else a question needs to know. */
export interface Asking extends Judging {
  /** Kinds of those who use an item, each once. */
  readonly consumerKinds: (item: InventoryItem) => readonly string[]
}

/** @returns the items with their findings at that moment */
export function judge(items: Iterable<InventoryItem>, judging: Judging): readonly JudgedItem[] {
  return Array.from(items, (item) => {
    const findings = findingsOf(item, judging)
    return { item, findings, severity: worstOf(findings) }
  })
}

/**
 * @param judged - everything that the person may see
 * @returns one page, how many there are, and what further filters would leave
 */
export function answerQuery(judged: readonly JudgedItem[], query: Query, asking: Asking): Answer {
  const readers = filterNames.map((name) =>
    name === 'consumer' ? ({ item }: JudgedItem): Values => asking.consumerKinds(item) : valuesFor[name],
  )
  const wanted = filterNames.map((name) => wantedOf(query.filters[name] ?? []))
  const counts = filterNames.map(() => new Map<string, number>())
  const found: JudgedItem[] = []
  for (const one of judged) {
    if (!isMeant(one, query, asking.now)) continue
    const of = readers.map((read) => read(one))
    const missed = missedBy(of, wanted)
    if (missed === 'none') found.push(one)
    // A facet counts what its own filter hides, so that a person sees what else could be chosen.
    if (missed === 'none') for (let at = 0; at < of.length; at += 1) countIn(counts[at], of[at] ?? '')
    else if (missed !== 'several') countIn(counts[missed], of[missed] ?? '')
  }
  const first = (query.page - 1) * query.size
  const items = firstOf(found, query, first + query.size).slice(first)
  return { items, total: found.length, facets: facetsOf(counts) }
}

const wantedOf = (values: readonly string[]): ReadonlySet<string> | undefined =>
  values.length === 0 ? undefined : new Set(values)

/** @returns the place of the one filter that the values do not pass, if there is exactly one */
function missedBy(
  of: readonly Values[],
  wanted: readonly (ReadonlySet<string> | undefined)[],
): number | 'none' | 'several' {
  let missed: number | 'none' = 'none'
  for (let at = 0; at < of.length; at += 1) {
    const set = wanted[at]
    if (set === undefined || passes(of[at] ?? '', set)) continue
    if (missed !== 'none') return 'several'
    missed = at
  }
  return missed
}

const passes = (values: Values, wanted: ReadonlySet<string>): boolean =>
  typeof values === 'string' ? wanted.has(values) : values.some((value) => wanted.has(value))

function isMeant({ item }: JudgedItem, { words, endsWithin, endsAfter }: Query, now: Instant): boolean {
  if (!words.every((word) => item.searchable.includes(word))) return false
  if (endsWithin === undefined && endsAfter === undefined) return true
  if (item.facts === undefined) return false
  const { notAfter } = item.facts
  if (endsWithin !== undefined && notAfter > plus(now, days(endsWithin))) return false
  return endsAfter === undefined || notAfter > plus(now, days(endsAfter))
}

function countIn(counts: Map<string, number> | undefined, values: Values): void {
  if (values === '' || counts === undefined) return
  if (typeof values === 'string') counts.set(values, (counts.get(values) ?? 0) + 1)
  else for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
}

/** More values than anybody reads in a list. */
const mostFacetValues = 200

function facetsOf(counts: readonly ReadonlyMap<string, number>[]): Answer['facets'] {
  const facet = (name: FilterName): readonly FacetValue[] =>
    [...(counts[filterNames.indexOf(name)] ?? [])]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || compareText(a.value, b.value))
      .slice(0, mostFacetValues)
  return {
    namespace: facet('namespace'),
    state: facet('state'),
    finding: facet('finding'),
    severity: facet('severity'),
    protocol: facet('protocol'),
    issuer: facet('issuer'),
    kind: facet('kind'),
    key: facet('key'),
    owner: facet('owner'),
    consumer: facet('consumer'),
    policy: facet('policy'),
  }
}

const severityRank: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, notice: 2 }
const never = Number.POSITIVE_INFINITY

/** What is sorted by: numbers, or text by code units, which is quick and the same everywhere. */
const sortKeys: Readonly<Record<SortName, (judged: JudgedItem) => number | string>> = {
  expires: ({ item }) => item.facts?.notAfter ?? never,
  renews: ({ item }) => item.management?.renewalTime ?? never,
  name: ({ item }) => item.name,
  namespace: ({ item }) => item.namespace,
  issuer: ({ item }) => (item.issuerRef === '' ? item.issuerName : item.issuerRef),
  state: ({ item }) => item.state,
  key: ({ item }) => item.key,
  severity: ({ severity }) => (severity === undefined ? never : severityRank[severity]),
}

/** Equals stand by their end, then by identity, so that pages never overlap. */
function firstOf(found: readonly JudgedItem[], { sort, descending }: Query, count: number): readonly JudgedItem[] {
  const keyOf = sortKeys[sort]
  const direction = descending ? -1 : 1
  const keyed = found.map((judged) => ({ judged, key: keyOf(judged), end: judged.item.facts?.notAfter ?? never }))
  const ordered = smallest(
    keyed,
    count,
    (a, b) =>
      direction * compare(a.key, b.key) || compare(a.end, b.end) || compareText(a.judged.item.id, b.judged.item.id),
  )
  return ordered.map(({ judged }) => judged)
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'string' || typeof b === 'string') return compareText(String(a), String(b))
  // Two that never end are equal; their difference is no number.
  return a === b ? 0 : a - b
}

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)
