/** How much of their budgets issuers have given, read from Certificates and Secrets as a new leader reads it, on every replica. */
import type { Issuer } from '../../api/issuer.ts'
import { group } from '../../api/meta.ts'
import type { IssuerRef } from '../../api/meta.ts'
import { spentBy } from '../../domain/budget/recall.ts'
import { limitsOf, loadKey } from '../../domain/inventory/issuers.ts'
import type { Asked } from '../../domain/inventory/issuers.ts'
import type { AllIssuers } from '../../domain/inventory/replaced.ts'
import type { Store } from '../../kube/store.ts'
import { between, hours } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'
import type { SecretProjection } from '../certificate/projection.ts'

interface Stores {
  readonly certificates: Store<CertificateProjection>
  readonly secrets: Store<SecretProjection>
}

interface Counted {
  readonly ref: IssuerRef
  readonly uid: string
  readonly asked: { perHour: number; perDay: number }
}

/** @returns of issuers that have a budget, by kind, namespace and name as `loadKey` puts them */
export function askedOf(
  { certificates, secrets }: Stores,
  { issuers, clusterIssuers }: AllIssuers,
  now: Instant,
): ReadonlyMap<string, Asked> {
  const counted = new Map([...budgeted('Issuer', issuers), ...budgeted('ClusterIssuer', clusterIssuers)])
  if (counted.size === 0) return new Map()
  for (const { object } of certificates.values()) {
    const { metadata, spec, status = {} } = object
    const { namespace = '' } = metadata
    for (const ref of [spec.issuerRef, ...(spec.fallbackIssuerRefs ?? [])]) {
      const issuer = counted.get(loadKey(ref, namespace))
      if (issuer === undefined) continue
      const secret = secrets.get(`${namespace}/${spec.secretName}`)
      const marks = secret?.role === 'certificate' ? secret.view.marks : undefined
      for (const { at } of spentBy({ status, marks }, issuer)) count(issuer.asked, at, now)
    }
  }
  return new Map(Array.from(counted, ([key, { asked }]) => [key, asked]))
}

function* budgeted(kind: 'Issuer' | 'ClusterIssuer', issuers: Iterable<Issuer>): Generator<[string, Counted]> {
  for (const { metadata, spec } of issuers) {
    const { perHour, perDay } = limitsOf(spec)
    if (perHour === undefined && perDay === undefined) continue
    const { name, namespace = '', uid = '' } = metadata
    yield [loadKey({ kind, name }, namespace), { ref: { kind, name, group }, uid, asked: { perHour: 0, perDay: 0 } }]
  }
}

function count(asked: Counted['asked'], at: Instant, now: Instant): void {
  const ago = between(at, now)
  if (ago < 0) return
  if (ago < hours(1)) asked.perHour += 1
  if (ago < hours(24)) asked.perDay += 1
}
