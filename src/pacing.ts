/** Makes what paces requests to issuers, and shows it in the metrics. Part of the composition root. */
import { parseIssuer } from './api/issuer.ts'
import type { Issuer } from './api/issuer.ts'
import { group } from './api/meta.ts'
import type { CacheSet } from './caches.ts'
import { Budgets } from './controllers/certificate/budgets.ts'
import type { BudgetedIssuer, Customer } from './controllers/certificate/budgets.ts'
import { pacingReader } from './controllers/certificate/pacing.ts'
import type { PacingReader } from './controllers/certificate/pacing.ts'
import { storeKey } from './controllers/issuer/issuers.ts'
import type { AnyIssuer } from './controllers/issuer/issuers.ts'
import type { IssuerKey } from './controllers/issuer/live.ts'
import type { Metrics } from './obs/metrics.ts'
import type { HeldShards } from './runtime/ownership.ts'
import type { WorkQueue } from './runtime/queue.ts'
import type { Clock } from './std/clock.ts'

export interface PacingParts {
  readonly caches: CacheSet
  readonly queue: WorkQueue
  readonly metrics: Metrics
  readonly clock: Clock
  readonly shards: HeldShards | undefined
}

/** A process that shares the work has its share of each budget, and its own Certificates as customers. */
export function makeBudgets({ caches, queue, metrics, clock, shards }: PacingParts): Budgets {
  const part = (limit: number | undefined): number | undefined =>
    limit === undefined ? undefined : Math.max(1, Math.floor(limit * (shards?.share ?? 1)))
  const budgets = new Budgets({
    issuerOf: (key) => budgetedIssuer(findIssuer(caches, key), part),
    customersOf: (key) => customersOf(caches, key, (certificate) => shards?.owns(certificate) !== false),
    wake: (key) => queue.add(key, 'due'),
    clock,
  })
  metrics.watchBudgets({ waiting: () => budgets.waiting(), short: () => budgets.short() })
  return budgets
}

export const makePacingReader = (caches: CacheSet, budgets: Budgets): PacingReader =>
  pacingReader(budgets, (key) => findIssuer(caches, key)?.spec)

/** Issuers as they were read last: every Certificate asks for its own. */
const readings = new WeakMap<AnyIssuer, { readonly issuer: Issuer | undefined }>()

/** @returns undefined for one that is not there, or that cannot be understood and is not ready for that */
function findIssuer(caches: CacheSet, key: IssuerKey): Issuer | undefined {
  const { cluster, key: name } = storeKey(key)
  const object = (cluster ? caches.clusterIssuers : caches.issuers).get(name)?.object
  if (object === undefined) return undefined
  const known = readings.get(object)
  if (known !== undefined) return known.issuer
  const parsed = parseIssuer(object)
  const issuer = parsed.ok ? parsed.value : undefined
  readings.set(object, { issuer })
  return issuer
}

function budgetedIssuer(
  issuer: Issuer | undefined,
  part: (limit: number | undefined) => number | undefined,
): BudgetedIssuer | undefined {
  const { certificatesPerHour, certificatesPerDay } = issuer?.spec.limits ?? {}
  const [perHour, perDay] = [part(certificatesPerHour), part(certificatesPerDay)]
  if (issuer === undefined || (perHour === undefined && perDay === undefined)) return undefined
  const { kind, metadata } = issuer
  const ref = {
    kind: kind === 'ClusterIssuer' ? ('ClusterIssuer' as const) : ('Issuer' as const),
    name: metadata.name,
    group,
  }
  return { ref, uid: metadata.uid ?? '', limits: { perHour, perDay } }
}

function* customersOf(
  { certificates, secrets }: CacheSet,
  issuer: IssuerKey,
  isOurs: (certificate: string) => boolean,
): Generator<Customer> {
  for (const key of certificates.byIndex('issuer', issuer)) {
    if (!isOurs(key)) continue
    const certificate = certificates.get(key)?.object
    if (certificate === undefined) continue
    const secret = secrets.get(`${certificate.metadata.namespace}/${certificate.spec.secretName}`)
    yield { key, certificate, marks: secret?.role === 'certificate' ? secret.view.marks : undefined }
  }
}
