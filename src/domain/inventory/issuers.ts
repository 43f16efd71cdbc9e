/** Issuers as the inventory shows them: how they are, what of theirs expires, and how their certificates do. */
import type { Issuer } from '../../api/issuer.ts'
import type { BudgetLimits } from '../budget/ledger.ts'
import { nextOpenTime, readWindows } from '../windows.ts'
import type { OpenTime } from '../windows.ts'
import { fromRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { JudgedItem } from './query.ts'

export interface IssuerHealth {
  readonly kind: 'Issuer' | 'ClusterIssuer'
  /** Empty for a ClusterIssuer. */
  readonly namespace: string
  readonly name: string
  readonly protocol: string | undefined
  /** `unknown`: not looked at yet. */
  readonly health: 'ready' | 'failing' | 'unknown'
  readonly reason: string | undefined
  readonly message: string | undefined
  /** Since when it has been so. */
  readonly since: Instant | undefined
  readonly lastProbe: Instant | undefined
  readonly credentials: readonly { readonly name: string; readonly notAfter: Instant }[]
  /** Certificates that name it, of those that the person may see. */
  readonly certificates: number
  /** Of those, how many cannot be had or renewed. */
  readonly failing: number
  /** Of those, how many are under a CA of it that was replaced. */
  readonly replaced: number
  /** Of those, how many wait for its budget. */
  readonly waiting: number
  /** Its renewal window that is open, or opens next. */
  readonly window: OpenTime | undefined
  readonly budget: Budget | undefined
  /** Sentences of its other conditions: a CA that changes, a bundle or windows that are wrong. */
  readonly notes: readonly string[]
}

export interface Budget {
  readonly limits: BudgetLimits
  /** How many certificates were asked for, as far as Certificates and Secrets tell. */
  readonly asked: Asked
}

/** Within the last hour and the last day. */
export type Asked = Readonly<Record<keyof BudgetLimits, number>>

type Kind = IssuerHealth['kind']

/** How many certificates an issuer has, and how they stand. */
export interface Load {
  readonly certificates: number
  readonly failing: number
  readonly replaced: number
  readonly waiting: number
}

/** @returns loads by {@link loadKey} */
export function loadsOf(judged: readonly JudgedItem[]): ReadonlyMap<string, Load> {
  const loads = new Map<string, { -readonly [K in keyof Load]: Load[K] }>()
  for (const { item, findings } of judged) {
    if (item.management === undefined) continue
    const key = loadKey(item.management.issuer, item.namespace)
    const load = loads.get(key) ?? { ...noLoad }
    load.certificates += 1
    if (item.management.failure !== undefined || item.state === 'failing') load.failing += 1
    if (findings.includes('replacedCA')) load.replaced += 1
    if (item.management.waits?.reason === 'BudgetSpent') load.waiting += 1
    loads.set(key, load)
  }
  return loads
}

/** @param namespace - of the Certificate, which is that of the Issuer; a ClusterIssuer has none */
export const loadKey = ({ kind, name }: { kind: string; name: string }, namespace: string): string =>
  `${kind}/${kind === 'ClusterIssuer' ? '' : namespace}/${name}`

/** What is known beside the issuers themselves, by {@link loadKey}. */
export interface Surroundings {
  /** See {@link loadsOf}. */
  readonly loads: ReadonlyMap<string, Load>
  /** Of issuers that have a budget. */
  readonly asked: ReadonlyMap<string, Asked>
  readonly now: Instant
}

export function issuerHealth(
  kind: Kind,
  { metadata, spec, status }: Issuer,
  { loads, asked, now }: Surroundings,
): IssuerHealth {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const namespace = kind === 'ClusterIssuer' ? '' : (metadata.namespace ?? '')
  const key = loadKey({ kind, name: metadata.name }, namespace)
  const spent = asked.get(key)
  return {
    kind,
    namespace,
    name: metadata.name,
    protocol: status?.protocol,
    health: ready?.status === 'True' ? 'ready' : ready?.status === 'False' ? 'failing' : 'unknown',
    reason: ready?.reason,
    message: ready?.message,
    since: moment(ready?.lastTransitionTime),
    lastProbe: moment(status?.lastProbeTime),
    credentials: (status?.credentials ?? []).flatMap(({ name, notAfter }) => {
      const at = moment(notAfter)
      return at === undefined ? [] : [{ name, notAfter: at }]
    }),
    ...(loads.get(key) ?? noLoad),
    window: windowOf(spec, now),
    budget: spent && { limits: limitsOf(spec), asked: spent },
    notes: notesOf(status),
  }
}

const noLoad: Load = { certificates: 0, failing: 0, replaced: 0, waiting: 0 }

function windowOf({ renewalWindows = [] }: Issuer['spec'], now: Instant): OpenTime | undefined {
  const windows = readWindows('spec.renewalWindows', renewalWindows)
  return windows.ok ? nextOpenTime(windows.value, now) : undefined
}

/** @returns the budget that the spec gives; both undefined where it gives none */
export const limitsOf = ({ limits = {} }: Issuer['spec']): BudgetLimits => ({
  perHour: limits.certificatesPerHour,
  perDay: limits.certificatesPerDay,
})

/** A bundle that is published is as it should be; the others are there only while there is something to tell. */
const notesOf = (status: Issuer['status']): readonly string[] =>
  (status?.conditions ?? [])
    .filter(
      ({ type, status: holds }) =>
        type === 'CAChange' || type === 'WindowsIgnored' || (type === 'TrustBundle' && holds === 'False'),
    )
    .map(({ message }) => message)

const moment = (text: string | undefined): Instant | undefined => (text === undefined ? undefined : fromRfc3339(text))
