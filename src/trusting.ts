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
import type { Link } from './domain/authority/rollover.ts'
import { firstServed } from './kube/discovery.ts'
import { Resource } from './kube/resource.ts'
import type { Transport } from './kube/transport.ts'
import type { Clock } from './std/clock.ts'

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

/** What lies in the Secrets of Certificates, and was issued by an issuer; it may be another than the one they name now. */
function* leavesOf({ certificates, secrets }: CacheSet, key: IssuerKey): Generator<readonly Link[]> {
  for (const { object } of certificates.values()) {
    const { namespace = '' } = object.metadata
    const secret = secrets.get(`${namespace}/${object.spec.secretName}`)
    if (secret?.role !== 'certificate' || secret.view.certificate.kind !== 'ok') continue
    const ref = secret.view.marks.issuerRef
    if (ref !== undefined && issuerKeyOf(ref, namespace) === key) yield [secret.view.certificate.facts, ...secret.chain]
  }
}
