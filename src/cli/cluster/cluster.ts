/** A cluster as the tool sees it: the person's own rights, and the kinds that it reads. */
import { certificateKind } from '../../api/certificate.ts'
import type { Certificate } from '../../api/certificate.ts'
import { clusterIssuerKind, issuerKind } from '../../api/issuer.ts'
import type { Issuer } from '../../api/issuer.ts'
import type { KubeObject, Secret } from '../../api/meta.ts'
import { revocationKind } from '../../api/revocation.ts'
import type { CertificateRevocation } from '../../api/revocation.ts'
import { KubeError } from '../../kube/errors.ts'
import { loadIdentity } from '../../kube/identity.ts'
import { Resource } from '../../kube/resource.ts'
import type { KindRef, Selection } from '../../kube/resource.ts'
import { Transport } from '../../kube/transport.ts'
import type { Clock } from '../../std/clock.ts'
import type { Logger } from '../../std/log.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { version } from '../../version.ts'
import type { ClusterOptions } from './options.ts'

/** A core/v1 Event, as far as it is shown. */
export interface ClusterEvent extends KubeObject {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly lastTimestamp?: string
  readonly eventTime?: string
  readonly count?: number
}

const core = { group: '', version: 'v1', namespaced: true } as const

export interface Cluster {
  readonly namespace: string
  readonly certificates: Resource<Certificate>
  readonly issuers: Resource<Issuer>
  readonly clusterIssuers: Resource<Issuer>
  readonly revocations: Resource<CertificateRevocation>
  readonly secrets: Resource<Secret>
  readonly events: Resource<ClusterEvent>
  /** Any other kind. */
  resource<T extends KubeObject>(kind: KindRef): Resource<T>
  close(): Promise<void>
}

const nobodyCounts = { answered: () => undefined }

export async function openCluster(
  { kubeconfig, context, namespace }: ClusterOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<Result<Cluster, string>> {
  const identity = await loadIdentity({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    clock,
  })
  if (!identity.ok) return err(identity.error)
  const userAgent = `kubectl-perennial/${version}`
  const transport = new Transport({ identity: identity.value, clock, log, meter: nobodyCounts, userAgent })
  const manager = 'kubectl-perennial'
  return ok({
    namespace: namespace ?? identity.value.namespace ?? 'default',
    certificates: new Resource(transport, certificateKind, manager),
    issuers: new Resource(transport, issuerKind, manager),
    clusterIssuers: new Resource(transport, clusterIssuerKind, manager),
    revocations: new Resource(transport, revocationKind, manager),
    secrets: new Resource(transport, { ...core, plural: 'secrets', kind: 'Secret' }, manager),
    events: new Resource(transport, { ...core, plural: 'events', kind: 'Event' }, manager),
    resource: (kind) => new Resource(transport, kind, manager),
    close: () => transport.close(),
  })
}

/** Everything of a kind, page by page. */
export async function listAll<T extends KubeObject>(
  resource: Resource<T>,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const found: T[] = []
  for await (const { items } of resource.pages(selection, signal)) found.push(...items)
  return found
}

/** What a person may not see is said, not hidden. */
export async function ifAllowed<T>(read: Promise<T>): Promise<T | { readonly forbidden: string }> {
  try {
    return await read
  } catch (error) {
    if (error instanceof KubeError && error.reason === 'forbidden') return { forbidden: error.message }
    throw error
  }
}
