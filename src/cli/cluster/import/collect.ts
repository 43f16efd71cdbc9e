/** Reads what an import is planned from. Private keys that come with Secrets are dropped at once. */
import type { KubeObject, Secret } from '../../../api/meta.ts'
import { KubeError } from '../../../kube/errors.ts'
import type { KindRef } from '../../../kube/resource.ts'
import { ifAllowed, listAll } from '../cluster.ts'
import type { Cluster } from '../cluster.ts'
import { foreignKinds, ourKey, secretKey } from './foreign.ts'
import type { Findings, ForeignCertificate, ForeignObject } from './foreign.ts'

export interface Scope {
  /** Undefined: every namespace. */
  readonly namespace: string | undefined
  /** Where Secrets of ClusterIssuers lie for cert-manager, and here. */
  readonly fromNamespace: string
  readonly toNamespace: string
}

/** @throws KubeError for what the person may not read and the plan cannot do without */
export async function collect(cluster: Cluster, scope: Scope, signal: AbortSignal): Promise<Findings> {
  const here = scope.namespace === undefined ? {} : { namespace: scope.namespace }
  const all = <T extends KubeObject>(kind: KindRef, where: { readonly namespace?: string }): Promise<readonly T[]> =>
    listAll<T>(cluster.resource<T>(kind), where, signal)
  const unknown: string[] = []
  const theirs = async <T extends KubeObject>(kind: KindRef, where: { readonly namespace?: string }) => {
    const found = await unlessUnknown(all<T>(kind, where))
    if (found === undefined) unknown.push(kind.kind)
    return found ?? []
  }
  const [certificates, issuers, clusterIssuers] = await Promise.all([
    theirs<ForeignCertificate>(foreignKinds.certificates, here),
    theirs<ForeignObject>(foreignKinds.issuers, here),
    theirs<ForeignObject>(foreignKinds.clusterIssuers, {}),
  ])
  const [ingresses, gateways] = await Promise.all([
    all<KubeObject>(foreignKinds.ingresses, here),
    ifInstalled(all<KubeObject>(foreignKinds.gateways, here)),
  ])
  const ours = await Promise.all([
    listAll(cluster.certificates, here, signal),
    listAll(cluster.issuers, here, signal),
    listAll(cluster.clusterIssuers, {}, signal),
  ])
  return {
    certificates,
    issuers,
    clusterIssuers,
    claimants: [...ingresses, ...gateways],
    secrets: await secretsOf(cluster, { certificates, scope }, signal),
    ours: new Map(ours.flat().map((object) => [ourKey(object), object])),
    unknown: unknown.toSorted(),
    running: await running(cluster, signal),
  }
}

/** Somebody has removed some of cert-manager's kinds, or all of them: what is left can still be taken over. */
async function unlessUnknown<T>(read: Promise<readonly T[]>): Promise<readonly T[] | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof KubeError && error.reason === 'notFound') return undefined
    throw error
  }
}

async function ifInstalled<T>(read: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await read
  } catch (error) {
    if (error instanceof KubeError && (error.reason === 'notFound' || error.reason === 'forbidden')) return []
    throw error
  }
}

async function secretsOf(
  cluster: Cluster,
  { certificates, scope }: { readonly certificates: readonly ForeignCertificate[]; readonly scope: Scope },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Secret>> {
  const found = new Map<string, Secret>()
  const keep = ({ data, ...secret }: Secret): void => {
    const certificate = data?.['tls.crt']
    const kept = certificate === undefined ? {} : { data: { 'tls.crt': certificate } }
    found.set(secretKey(secret.metadata.namespace ?? '', secret.metadata.name), { ...secret, ...kept })
  }
  for (const { metadata, spec } of certificates) {
    const secret = await cluster.secrets.get({ namespace: metadata.namespace ?? '', name: spec.secretName }, signal)
    if (secret !== undefined) keep(secret)
  }
  for (const namespace of new Set([scope.fromNamespace, scope.toNamespace]))
    for (const secret of await listAll(cluster.secrets, { namespace }, signal)) keep(secret)
  return found
}

interface Deployment extends KubeObject {
  readonly spec?: { readonly replicas?: number }
}

/** cert-manager's controllers, by the label that its chart and its manifests give them. */
async function running(cluster: Cluster, signal: AbortSignal): Promise<readonly string[]> {
  const labelSelector = 'app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller'
  const deployments = cluster.resource<Deployment>(foreignKinds.deployments)
  const found = await ifAllowed(listAll(deployments, { labelSelector }, signal))
  if ('forbidden' in found) return []
  return found
    .filter(({ spec }) => (spec?.replicas ?? 1) > 0)
    .map(({ metadata }) => secretKey(metadata.namespace ?? '', metadata.name))
}
