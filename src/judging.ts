/** Makes what judges Certificates by policies, and wires what wakes it. Part of the composition root. */
import type { CacheSet, Resources } from './caches.ts'
import type { PolicyReader } from './controllers/certificate/judging.ts'
import { PolicyController } from './controllers/policy/controller.ts'
import { CachedPolicies } from './controllers/policy/reader.ts'
import type { EventRecorder } from './kube/events.ts'
import type { PolicySample } from './obs/meters.ts'
import type { WorkQueue } from './runtime/queue.ts'
import type { Work } from './runtime/worker.ts'
import type { Clock } from './std/clock.ts'

/** Where policies are not read there are none in the cache, and every Certificate is allowed. */
export const policyReader = (caches: CacheSet, isRead: boolean): PolicyReader =>
  isRead ? new CachedPolicies(caches) : { policiesFor: () => nobodysPolicies }

const nobodysPolicies = { applicant: { namespaceLabels: {}, labels: {}, issuers: [] }, policies: [] } as const

export function policyReconciler({
  caches,
  resources,
  events,
  clock,
}: {
  readonly caches: CacheSet
  readonly resources: Resources
  readonly events: EventRecorder
  readonly clock: Clock
}): Work['reconcile'] {
  const controller = new PolicyController({
    stores: caches,
    reader: new CachedPolicies(caches),
    certificates: () => objectsOf(caches),
    resource: resources.policies,
    events,
    clock,
  })
  return (name, signal) => controller.reconcile(name, signal)
}

function* objectsOf({ certificates }: CacheSet) {
  for (const { object } of certificates.values()) yield object
}

/** A changed policy, or changed labels of a namespace, have Certificates judged anew: all of them, or those of the namespace. */
export function wakeJudged(
  caches: CacheSet,
  { certificate, policy }: { readonly certificate: WorkQueue; readonly policy: WorkQueue },
): () => void {
  const ends = [
    caches.policies.subscribe((name) => {
      policy.add(name)
      for (const key of caches.certificates.keys()) certificate.add(key)
    }),
    caches.namespaces.subscribe((name, before) => {
      if (JSON.stringify(before?.labels) === JSON.stringify(caches.namespaces.get(name)?.labels)) return
      for (const key of caches.certificates.keys()) if (key.startsWith(`${name}/`)) certificate.add(key)
    }),
  ]
  return () => ends.forEach((end) => end())
}

/** How many Certificates do not keep each rule of each policy: as many series as there are rules that are broken. */
export function* policySamples({ certificates }: CacheSet): Generator<PolicySample> {
  const counts = new Map<string, { sample: Omit<PolicySample, 'certificates'>; certificates: number }>()
  for (const { object } of certificates.values()) {
    const broken = new Map(
      (object.status?.policy?.violations ?? []).map((one) => [`${one.policy}/${one.mode}/${one.rule}`, one]),
    )
    for (const [key, { policy, mode, rule }] of broken) {
      const known = counts.get(key) ?? { sample: { policy, mode, rule }, certificates: 0 }
      counts.set(key, { ...known, certificates: known.certificates + 1 })
    }
  }
  for (const { sample, certificates: count } of counts.values()) yield { ...sample, certificates: count }
}
