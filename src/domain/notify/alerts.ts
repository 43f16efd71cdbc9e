/** What of the inventory is worth telling somebody, a sentence for each certificate. */
import { between, days, toRfc3339 } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import type { InventoryItem, Management, Violation } from '../inventory/item.ts'

export type AlertSeverity = 'critical' | 'warning'

/** What is wrong, worst first: of one certificate only the worst is told. */
export type AlertKind = 'Expired' | 'Expiring' | 'Failing' | 'Denied'

export interface Alert {
  /** A certificate has one alert at a time. `namespace/name`; of what was found `namespace/kind/name`, and `/entry` where there is one. */
  readonly key: string
  readonly kind: AlertKind
  readonly severity: AlertSeverity
  readonly namespace: string
  readonly name: string
  readonly owner: string | undefined
  /** `Issuer/name` or `ClusterIssuer/name`; of what was found, who signed it. */
  readonly issuer: string
  readonly notAfter: Instant | undefined
  readonly message: string
}

/** Shares of the lifetime that are left, between 0 and 1. */
export interface Thresholds {
  readonly warning: number
  readonly critical: number
}

/** Two renewals have been missed; and hardly any time is left. */
export const usualThresholds: Thresholds = { warning: 1 / 6, critical: 1 / 20 }

/** @returns alerts of those that Perennial manages and of those that it only knows of, in their order */
export function alertsOf(items: Iterable<InventoryItem>, thresholds: Thresholds, now: Instant): readonly Alert[] {
  return Array.from(items).flatMap((item) => alertOf(item, thresholds, now) ?? [])
}

function alertOf(item: InventoryItem, thresholds: Thresholds, now: Instant): Alert | undefined {
  const { management, facts, namespace, name, owner, issuerRef, issuerName } = item
  const isFound = management === undefined
  const told = isFound
    ? ofFound(item, thresholds, now)
    : (ofTime(item, thresholds, now) ?? ofFailure(item) ?? ofPolicy(item))
  if (told === undefined) return undefined
  const key = isFound ? foundKey(item) : `${namespace}/${name}`
  return { key, namespace, name, owner, issuer: isFound ? issuerName : issuerRef, notAfter: facts?.notAfter, ...told }
}

const foundKey = ({ namespace, kind, name, entry }: InventoryItem): string =>
  [namespace, kind, name, ...(entry === '' ? [] : [entry])].join('/')

/** Whether an alert is about what lies in objects of that kind, and nobody manages. */
export const isInKind = (key: string, kind: string): boolean => key.split('/')[1] === kind && key.split('/').length > 2

/** So that a root of ten years is no trouble for twenty months. */
const longestNotice = days(30)

/** Nobody is known to renew it: it is told of like the others, and never as the worst, for perhaps nobody uses it. */
function ofFound(item: InventoryItem, thresholds: Thresholds, now: Instant): Found | undefined {
  const { facts } = item
  if (facts === undefined || between(now, facts.notAfter) > longestNotice) return undefined
  const told = ofTime(item, thresholds, now)
  return told && { ...told, severity: 'warning', message: `${told.message} Perennial does not look after it.` }
}

type Found = Pick<Alert, 'kind' | 'severity' | 'message'>

function ofTime({ facts, management }: InventoryItem, thresholds: Thresholds, now: Instant): Found | undefined {
  if (facts === undefined) return undefined
  const { notBefore, notAfter } = facts
  const why = management?.failure === undefined ? '' : ` Its renewal fails: ${management.failure.message}`
  if (now >= notAfter)
    return { kind: 'Expired', severity: 'critical', message: `It expired at ${toRfc3339(notAfter)}.${why}` }
  const share = between(now, notAfter) / between(notBefore, notAfter)
  if (share > thresholds.warning) return undefined
  const message = `It expires in ${lengthOf(between(now, notAfter))}, at ${toRfc3339(notAfter)}.${why}`
  return { kind: 'Expiring', severity: share > thresholds.critical ? 'warning' : 'critical', message }
}

/** While the old certificate is good there is time; where there is none, somebody waits for it. */
function ofFailure({ facts, state, management }: InventoryItem): Found | undefined {
  const failure = management?.failure
  if (failure === undefined && state !== 'failing') return undefined
  const message = failure?.message ?? management?.message ?? 'It is not ready.'
  const isDenied = failure === undefined ? enforced(management) !== undefined : failure.code === 'PolicyDenied'
  const kind = isDenied ? 'Denied' : 'Failing'
  return { kind, severity: facts === undefined ? 'critical' : 'warning', message }
}

function ofPolicy({ management }: InventoryItem): Found | undefined {
  const denied = enforced(management)
  return denied && { kind: 'Denied', severity: 'warning', message: `Policy ${denied.policy}: ${denied.message}` }
}

const enforced = (management: Management | undefined): Violation | undefined =>
  management?.violations.find(({ mode }) => mode === 'Enforce')

/** @returns in the largest unit that says enough, for example `3 days` */
export function lengthOf(time: Duration): string {
  const units = [
    ['day', days(1)],
    ['hour', days(1 / 24)],
    ['minute', days(1 / 1440)],
  ] as const
  const [unit, size] = units.find(([, length]) => time >= length) ?? (['minute', days(1 / 1440)] as const)
  const count = Math.max(1, Math.floor(time / size))
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
