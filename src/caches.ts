/** The caches of the process, and the loops that keep them true. Part of the composition root. */
import { certificateKind } from './api/certificate.ts'
import type { Certificate } from './api/certificate.ts'
import { clusterIssuerKind, issuerKind } from './api/issuer.ts'
import type { KubeObject, Secret } from './api/meta.ts'
import { policyKind } from './api/policy.ts'
import type { CertificatePolicy } from './api/policy.ts'
import { revocationKind } from './api/revocation.ts'
import type { CertificateRevocation } from './api/revocation.ts'
import type { Config } from './config.ts'
import { certificateIndexes, projectCertificate } from './controllers/certificate/certificates.ts'
import type { CertificateProjection } from './controllers/certificate/certificates.ts'
import type { SecretProjection } from './controllers/certificate/projection.ts'
import { SecretsInWriting } from './controllers/certificate/writing.ts'
import { Claimants } from './controllers/ingress/claimants.ts'
import { projectIssuer } from './controllers/issuer/issuers.ts'
import type { AnyIssuer, IssuerProjection } from './controllers/issuer/issuers.ts'
import { projectNamespace, projectPolicy } from './controllers/policy/policies.ts'
import type { NamespaceProjection, PolicyProjection } from './controllers/policy/policies.ts'
import { projectRevocation, revocationIndexes } from './controllers/revocation/revocations.ts'
import type { RevocationProjection } from './controllers/revocation/revocations.ts'
import { fieldManager, ingressFieldManager, labels } from './controllers/names.ts'
import { reflect } from './kube/reflector.ts'
import { Resource } from './kube/resource.ts'
import type { KindRef } from './kube/resource.ts'
import { Store } from './kube/store.ts'
import type { Transport } from './kube/transport.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'

const secretKind = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true } as const
const namespaceKind = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false } as const

export interface Resources {
  readonly certificates: Resource<Certificate>
  readonly issuers: Resource<AnyIssuer>
  readonly clusterIssuers: Resource<AnyIssuer>
  readonly secrets: Resource<Secret>
  readonly revocations: Resource<CertificateRevocation>
  readonly policies: Resource<CertificatePolicy>
  readonly namespaces: Resource<KubeObject>
  /** The same Certificates, written by another hand: what Ingresses and Gateways ask for. */
  readonly claimed: Resource<Certificate>
  /** Whoever asks, of any kind that has conditions: only those are written. */
  readonly standingOf: (kind: KindRef) => Resource<KubeObject>
}

export interface CacheSet {
  readonly certificates: Store<CertificateProjection>
  readonly issuers: Store<IssuerProjection>
  readonly clusterIssuers: Store<IssuerProjection>
  readonly secrets: Store<SecretProjection>
  /** Nothing waits for it to be filled: orders are carried out when they are seen. */
  readonly revocations: Store<RevocationProjection>
  readonly policies: Store<PolicyProjection>
  /** What policies select by. */
  readonly namespaces: Store<NamespaceProjection>
  readonly writing: SecretsInWriting
  /** Filled apart from the others, for a cluster may have these kinds or not. */
  readonly claimants: Claimants
}

export function makeResources(transport: Transport): Resources {
  return {
    certificates: new Resource(transport, certificateKind, fieldManager),
    issuers: new Resource(transport, issuerKind, fieldManager),
    clusterIssuers: new Resource(transport, clusterIssuerKind, fieldManager),
    secrets: new Resource(transport, secretKind, fieldManager),
    revocations: new Resource(transport, revocationKind, fieldManager),
    policies: new Resource(transport, policyKind, fieldManager),
    namespaces: new Resource(transport, namespaceKind, fieldManager),
    claimed: new Resource(transport, certificateKind, ingressFieldManager),
    standingOf: (kind) => new Resource(transport, kind, ingressFieldManager),
  }
}

export function makeCaches(log: Logger): CacheSet {
  return {
    certificates: new Store({ indexes: certificateIndexes, log }),
    issuers: new Store({ log }),
    clusterIssuers: new Store({ log }),
    secrets: new Store({ log }),
    revocations: new Store({ indexes: revocationIndexes, log }),
    policies: new Store({ log }),
    namespaces: new Store({ log }),
    writing: new SecretsInWriting(),
    claimants: new Claimants(log),
  }
}

/** What the process was told to look after. */
export interface Realm {
  /** Empty: all. */
  readonly namespaces: readonly string[]
  readonly clusterIssuers: Config['clusterIssuers']
}

/** Roles of some namespaces cannot allow what is of the whole cluster, and a list that is refused would never fill its cache. */
export const servesClusterIssuers = ({ namespaces, clusterIssuers }: Realm): boolean =>
  clusterIssuers === 'auto' ? namespaces.length === 0 : clusterIssuers === 'true'

/** Policies are of the cluster, and so are the namespaces whose labels they look at: roles of some namespaces allow neither. */
export const readsPolicies = ({ namespaces }: Pick<Realm, 'namespaces'>): boolean => namespaces.length === 0

export interface Reflecting {
  readonly resources: Resources
  readonly caches: CacheSet
  readonly realm: Realm
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly signal: AbortSignal
}

/** Lists and watches everything until the signal is aborted. Of Secrets only those that carry our mark are ever received. */
export async function reflectAll(reflecting: Reflecting): Promise<void> {
  const { resources, caches, realm, ...common } = reflecting
  const { namespaces } = realm
  const scope = namespaces.length === 0 ? common : { ...common, namespaces }
  const { clusterIssuers: resource } = resources
  const ofCluster = { ...common, resource, store: caches.clusterIssuers, project: projectIssuer }
  await Promise.all([
    reflect({ ...scope, resource: resources.certificates, store: caches.certificates, project: projectCertificate }),
    reflect({ ...scope, resource: resources.issuers, store: caches.issuers, project: projectIssuer }),
    servesClusterIssuers(realm) ? reflect(ofCluster) : caches.clusterIssuers.markSynced(),
    readsPolicies(realm) ? reflectPolicies(reflecting) : skipPolicies(caches),
    reflect({ ...scope, resource: resources.revocations, store: caches.revocations, project: projectRevocation }),
    reflect({
      ...scope,
      resource: resources.secrets,
      store: caches.secrets,
      project: (secret) => caches.writing.project(secret),
      labelSelector: labels.managed,
    }),
  ])
}

async function reflectPolicies({ resources, caches, realm: _realm, ...common }: Reflecting): Promise<void> {
  const { policies, namespaces } = resources
  await Promise.all([
    reflect({ ...common, resource: policies, store: caches.policies, project: projectPolicy }),
    reflect({ ...common, resource: namespaces, store: caches.namespaces, project: projectNamespace }),
  ])
}

function skipPolicies({ policies, namespaces }: CacheSet): void {
  policies.markSynced()
  namespaces.markSynced()
}

/** Resolves when every cache has been filled once: before policies are known, nothing may be issued. */
export async function synced(caches: CacheSet): Promise<void> {
  const { certificates, issuers, clusterIssuers, secrets, policies, namespaces } = caches
  await Promise.all([certificates, issuers, clusterIssuers, secrets, policies, namespaces].map((store) => store.synced))
}
