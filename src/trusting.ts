/** Makes what follows a CA that changes. Part of the composition root. */
import type { CacheSet } from './caches.ts'
import type { Config } from './config.ts'
import { TrustBundles } from './controllers/issuer/bundles.ts'
import type { BundleObject } from './controllers/issuer/bundles.ts'
import { issuerKeyOf } from './controllers/issuer/live.ts'
import type { IssuerKey } from './controllers/issuer/live.ts'
import { TrustKeeper } from './controllers/issuer/trust.ts'
import type { TrustParts } from './controllers/issuer/trust.ts'
import { fieldManager } from './controllers/names.ts'
import { reissueKinds } from './domain/authority/reissue.ts'
import type { ReissueKind } from './domain/authority/reissue.ts'
import { reissueOf, replacementOf } from './domain/authority/remaining.ts'
import type { Replacement } from './domain/authority/remaining.ts'
import type { Lead, Link } from './domain/authority/rollover.ts'
import { firstServed } from './kube/discovery.ts'
import { Resource } from './kube/resource.ts'
import type { Transport } from './kube/transport.ts'
import type { IssuerLabel, ReplacedSample } from './obs/meters.ts'
import type { Clock } from './std/clock.ts'
import type { Instant } from './std/time.ts'

const configMapKind = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true } as const

/** The best first. */
const trustBundleKinds = (['v1', 'v1beta1', 'v1alpha1'] as const).map((version) => ({
  group: 'certificates.k8s.io',
  version,
  plural: 'clustertrustbundles',
  kind: 'ClusterTrustBundle',
  namespaced: false,
}))

interface TrustingParts {
  readonly config: Pick<Config, 'clusterResourceNamespace'>
  readonly caches: CacheSet
  readonly transport: Transport
  readonly clock: Clock
  readonly tells: TrustParts['tells']
}

export function trustKeeper({ config, caches, transport, clock, tells }: TrustingParts): TrustKeeper {
  const bundles = new TrustBundles({
    configMaps: new Resource<BundleObject>(transport, configMapKind, fieldManager),
    clusterTrustBundles: async (signal) => {
      const kind = await firstServed(transport, trustBundleKinds, signal)
      return kind && new Resource<BundleObject>(transport, kind, fieldManager)
    },
    clusterNamespace: config.clusterResourceNamespace,
  })
  return new TrustKeeper({ bundles, leavesOf: (key) => leavesOf(caches, key), clock, tells })
}

/** A certificate in a Secret of a Certificate. */
interface Leaf extends Lead {
  /** Who issued it; it may be another issuer than the Certificate names now. */
  readonly issuer: IssuerKey
}

/** What lies in the Secrets of Certificates. */
function* leavesIn({ certificates, secrets }: CacheSet): Generator<Leaf> {
  for (const { object } of certificates.values()) {
    const { namespace = '', uid = '' } = object.metadata
    const secret = secrets.get(`${namespace}/${object.spec.secretName}`)
    if (secret?.role !== 'certificate' || secret.view.certificate.kind !== 'ok') continue
    const { marks, certificate } = secret.view
    if (marks.issuerRef === undefined) continue
    const { facts } = certificate
    const issuer = issuerKeyOf(marks.issuerRef, namespace)
    yield { issuer, uid, issuedAt: marks.issuedAt ?? facts.notBefore, links: [facts, ...secret.chain] }
  }
}

function* leavesOf(caches: CacheSet, key: IssuerKey): Generator<readonly Link[]> {
  for (const { issuer, links } of leavesIn(caches)) if (issuer === key) yield links
}

/** Certificates that are under a replaced CA, by issuer and by what becomes of them; of issuers whose CA was replaced. */
export function* replacedSamples(caches: CacheSet, now: Instant): Generator<ReplacedSample> {
  const changes = new Map(Array.from(changesIn(caches), (change) => [change.key, change]))
  if (changes.size === 0) return
  for (const { issuer, ...lead } of leavesIn(caches)) {
    const change = changes.get(issuer)
    const reissue = change && reissueOf(lead, change.replacement, now)
    if (change !== undefined && reissue !== undefined) change.counts[reissue.kind] += 1
  }
  for (const { label, counts } of changes.values())
    for (const kind of reissueKinds) yield { ...label, reissue: kind, certificates: counts[kind] }
}

interface Change {
  readonly key: IssuerKey
  readonly label: IssuerLabel
  readonly replacement: Replacement
  readonly counts: Record<ReissueKind, number>
}

function* changesIn({ issuers, clusterIssuers }: CacheSet): Generator<Change> {
  for (const { object } of [...issuers.values(), ...clusterIssuers.values()]) {
    const { metadata, spec, status } = object
    const replacement = replacementOf(status?.authorities ?? [], spec)
    if (replacement === undefined) continue
    const { name, namespace = '' } = metadata
    const kind = namespace === '' ? 'ClusterIssuer' : 'Issuer'
    const label = { namespace, name, protocol: status?.protocol ?? 'unknown' }
    const counts = { planned: 0, overdue: 0, atRenewal: 0, kept: 0 }
    yield { key: issuerKeyOf({ kind, name }, namespace), label, replacement, counts }
  }
}
