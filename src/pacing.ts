/** Makes what paces requests to issuers, and shows it in the metrics. Part of the composition root. */
import type { CacheSet } from './caches.ts'
import { Budgets } from './controllers/certificate/budgets.ts'
import type { BudgetedIssuer, Customer } from './controllers/certificate/budgets.ts'
import { storeKey } from './controllers/issuer/issuers.ts'
import type { AnyIssuer } from './controllers/issuer/issuers.ts'
import type { IssuerKey } from './controllers/issuer/live.ts'
import type { Metrics } from './obs/metrics.ts'
import type { WorkQueue } from './runtime/queue.ts'
import type { Clock } from './std/clock.ts'

export interface PacingParts {
  readonly caches: CacheSet
  readonly queue: WorkQueue
  readonly metrics: Metrics
  readonly clock: Clock
}

export function makeBudgets({ caches, queue, metrics, clock }: PacingParts): Budgets {
  const budgets = new Budgets({
    issuerOf: (key) => budgetedIssuer(findIssuer(caches, key)),
    customersOf: (key) => customersOf(caches, key),
    wake: (key) => queue.add(key, 'due'),
    clock,
  })
  metrics.watchBudgets(() => budgets.waiting())
  return budgets
}

function findIssuer(caches: CacheSet, key: IssuerKey): AnyIssuer | undefined {
  const { cluster, key: name } = storeKey(key)
  return (cluster ? caches.clusterIssuers : caches.issuers).get(name)?.object
}

function budgetedIssuer(issuer: AnyIssuer | undefined): BudgetedIssuer | undefined {
  const { certificatesPerHour: perHour, certificatesPerDay: perDay } = issuer?.spec.limits ?? {}
  if (issuer === undefined || (perHour === undefined && perDay === undefined)) return undefined
  const { kind, metadata } = issuer
  const ref = {
    kind: kind === 'ClusterIssuer' ? ('ClusterIssuer' as const) : ('Issuer' as const),
    name: metadata.name,
    group: 'perennial.dev',
  }
  return { ref, uid: metadata.uid ?? '', limits: { perHour, perDay } }
}

function* customersOf({ certificates, secrets }: CacheSet, issuer: IssuerKey): Generator<Customer> {
  for (const key of certificates.byIndex('issuer', issuer)) {
    const certificate = certificates.get(key)?.object
    if (certificate === undefined) continue
    const secret = secrets.get(`${certificate.metadata.namespace}/${certificate.spec.secretName}`)
    yield { key, certificate, marks: secret?.role === 'certificate' ? secret.view.marks : undefined }
  }
}
