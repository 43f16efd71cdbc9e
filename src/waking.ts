/** What has keys put into queues. Part of the composition root. Keys only: a reconcile looks at everything anew. */
import type { CacheSet } from './caches.ts'
import { wakeClaimants } from './claiming.ts'
import { secretsOf } from './controllers/certificate/certificates.ts'
import type { CertificateProjection } from './controllers/certificate/certificates.ts'
import { everywhere } from './controllers/challenge/sweeper.ts'
import { issuerKeyOf } from './controllers/issuer/live.ts'
import type { LiveIssuers } from './controllers/issuer/live.ts'
import { wakeJudged } from './judging.ts'
import { enqueueRevocations, wakeRevocations } from './revoking.ts'
import { wakeSweeper } from './routing.ts'
import type { WorkQueue } from './runtime/queue.ts'
import type { Adders, Kind } from './sharing.ts'

export type Queues = Readonly<Record<Kind, WorkQueue>>

/** @returns what ends it */
export function subscribeAll(caches: CacheSet, { live, queues }: { live: LiveIssuers; queues: Queues }): () => void {
  const wakeBy = (index: string, value: string): void => {
    for (const key of caches.certificates.byIndex(index, value)) queues.certificate.add(key)
  }
  const ends = [
    caches.certificates.subscribe((key, before) => {
      queues.certificate.add(key)
      // Who shares a Secret with it, or did, may have won or lost it.
      for (const secret of claimsOf(before, caches.certificates.get(key))) wakeBy('secret', secret)
    }),
    caches.secrets.subscribe((key) => {
      wakeBy('secret', key)
      const secret = caches.secrets.get(key)
      if (secret?.role === 'next-key') queues.certificate.add(`${key.split('/')[0]}/${secret.certificateName}`)
      wakeIssuersUsing(key, { live, queue: queues.issuer })
    }),
    caches.issuers.subscribe((key) => queues.issuer.add(`Issuer/${key}`)),
    caches.clusterIssuers.subscribe((key) => queues.issuer.add(`ClusterIssuer/${key}`)),
    live.subscribe((key) => wakeBy('issuer', key)),
    wakeClaimants(caches, queues.ingress),
    wakeRevocations(caches, live, queues.revocation),
    wakeSweeper(caches, queues.challenge),
    wakeJudged(caches, queues),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** The Secrets that a Certificate named before and names now. */
function claimsOf(...versions: readonly (CertificateProjection | undefined)[]): ReadonlySet<string> {
  return new Set(versions.flatMap((version) => (version === undefined ? [] : secretsOf(version))))
}

/** A CA whose certificate is a Certificate of ours is looked at again as soon as its Secret changes. */
export function wakeIssuersUsing(secret: string, { live, queue }: { live: LiveIssuers; queue: WorkQueue }): void {
  for (const issuer of live.using(secret)) queue.add(issuer)
}

/** For a process that has just begun to act. */
export function enqueueEverything(caches: CacheSet, queues: Adders): void {
  for (const { object } of caches.issuers.values())
    queues.issuer.add(issuerKeyOf({ kind: 'Issuer', name: object.metadata.name }, object.metadata.namespace ?? ''))
  for (const { object } of caches.clusterIssuers.values())
    queues.issuer.add(issuerKeyOf({ kind: 'ClusterIssuer', name: object.metadata.name }, ''))
  for (const key of caches.certificates.keys()) queues.certificate.add(key, 'resync')
  for (const key of caches.claimants.keys()) queues.ingress.add(key, 'resync')
  enqueueRevocations(caches, queues.revocation)
  for (const name of caches.policies.keys()) queues.policy.add(name, 'resync')
  queues.challenge.add(everywhere)
}
