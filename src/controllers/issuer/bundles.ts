/**
 * Publishes the roots of a CA where relying parties find them: a ConfigMap, and a ClusterTrustBundle where the cluster has the
 * kind. What lies there and is not ours stays as it is.
 */
import { isDeepStrictEqual } from 'node:util'
import type { IssuerSpec, IssuerStatus } from '../../api/issuer.ts'
import type { KubeObject } from '../../api/meta.ts'
import { KubeError } from '../../kube/errors.ts'
import type { ObjectRef, Resource } from '../../kube/resource.ts'
import { annotations, labels } from '../names.ts'
import type { AnyIssuer } from './issuers.ts'

/** A core/v1 ConfigMap or a certificates.k8s.io ClusterTrustBundle. */
export interface BundleObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: { readonly signerName?: string; readonly trustBundle?: string }
}

export interface BundleParts {
  readonly configMaps: Resource<BundleObject>
  /** @returns undefined where the cluster does not have the kind */
  readonly clusterTrustBundles: (signal: AbortSignal) => Promise<Resource<BundleObject> | undefined>
  /** Where what belongs to ClusterIssuers lies. */
  readonly clusterNamespace: string
}

export interface Published {
  /** What is published where, for the status. */
  readonly status: IssuerStatus['trustBundle']
  /**
   * Everything that the spec asks for, and this cluster can have, has these roots. Where the spec asks for ClusterTrustBundles alone,
   * and the cluster has no such kind, that is nothing: no pod can have mounted one, so nobody is to be waited for.
   */
  readonly isComplete: boolean
  /** They are now where they were not before, for all that the status knows. */
  readonly isElsewhere: boolean
  readonly problems: readonly Problem[]
}

export interface Problem {
  readonly reason: 'BundleTaken' | 'BundleRefused' | 'NoClusterTrustBundles'
  readonly message: string
}

/** What pods name to mount it, and what RBAC speaks of. */
const signerNameOf = (issuer: string): string => `clusterissuers.perennial.dev/${issuer}`
const clusterTrustBundleName = (issuer: string): string => `clusterissuers.perennial.dev:${issuer}:ca`

interface Place {
  readonly resource: Resource<BundleObject>
  readonly wanted: BundleObject
}

export class TrustBundles {
  readonly #parts: BundleParts

  constructor(parts: BundleParts) {
    this.#parts = parts
  }

  /**
   * @param pem - the roots; empty: what is published stays as it is
   * @returns how far it went; what failed for a moment only is thrown, and tried again
   */
  async publish(issuer: AnyIssuer, pem: readonly string[], signal: AbortSignal): Promise<Published> {
    const problems: Problem[] = []
    const written: string[] = []
    const wishes = this.#wishes(issuer, pem.join(''))
    for (const wish of wishes) {
      const place = await wish(signal)
      const problem =
        'reason' in place ? place : pem.length === 0 ? undefined : await this.#settle(place, issuer, signal)
      if (problem !== undefined) problems.push(problem)
      else if (pem.length > 0 && 'wanted' in place) written.push(`${place.wanted.kind}/${place.wanted.metadata.name}`)
    }
    const status = statusOf(issuer, { written, certificates: pem.length })
    await this.#withdraw(issuer, signal)
    const isDone = problems.every(({ reason }) => reason === 'NoClusterTrustBundles')
    const before = issuer.status?.trustBundle
    const places = [`ConfigMap/${before?.configMap}`, `ClusterTrustBundle/${before?.clusterTrustBundle}`]
    // A status of before entries were noted says nothing of the entry.
    const isOtherEntry =
      before?.configMapKey !== undefined && before.configMapKey !== (status?.configMapKey ?? before.configMapKey)
    return {
      status,
      isComplete: isDone && wishes.length > 0 && pem.length > 0,
      isElsewhere: isOtherEntry || written.some((one) => !places.includes(one)),
      problems,
    }
  }

  #wishes(issuer: AnyIssuer, pem: string): readonly ((signal: AbortSignal) => Promise<Place | Problem>)[] {
    const { configMap, clusterTrustBundle } = issuer.spec.trustBundle ?? {}
    return [
      ...(configMap === undefined ? [] : [() => Promise.resolve(this.#configMap(issuer, configMap, pem))]),
      ...(clusterTrustBundle === true ? [(signal: AbortSignal) => this.#clusterBundle(issuer, pem, signal)] : []),
    ]
  }

  #configMap(issuer: AnyIssuer, { name, key = usualKey }: ConfigMapWish, pem: string): Place {
    const metadata = { ...metadataFor(issuer), namespace: this.#namespaceOf(issuer), name }
    const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [key]: pem } }
    return { resource: this.#parts.configMaps, wanted }
  }

  async #clusterBundle(issuer: AnyIssuer, pem: string, signal: AbortSignal): Promise<Place | Problem> {
    if (issuer.metadata.namespace !== undefined)
      return {
        reason: 'BundleRefused',
        message:
          'a ClusterTrustBundle counts in every namespace, so that only a ClusterIssuer publishes one; use spec.trustBundle.configMap, or make this a ClusterIssuer',
      }
    const resource = await this.#parts.clusterTrustBundles(signal)
    if (resource === undefined) return kindMissing(issuer)
    const { name } = issuer.metadata
    const { group, version, kind } = resource.kind
    const metadata = { ...metadataFor(issuer), name: clusterTrustBundleName(name) }
    const spec = { signerName: signerNameOf(name), trustBundle: pem }
    return { resource, wanted: { apiVersion: `${group}/${version}`, kind, metadata, spec } }
  }

  async #settle({ resource, wanted }: Place, issuer: AnyIssuer, signal: AbortSignal): Promise<Problem | undefined> {
    const ref = refOf(wanted)
    try {
      const found = await resource.get(ref, signal)
      if (found === undefined) await resource.create(wanted, signal)
      else if (!isOurs(found, issuer)) return takenBy(wanted)
      else if (!isSame(found, wanted)) await resource.mergePatch(ref, patchOf(found, wanted), signal)
      return undefined
    } catch (error) {
      const isFinal = error instanceof KubeError && (error.reason === 'forbidden' || error.reason === 'invalid')
      if (!isFinal) throw error
      return { reason: 'BundleRefused', message: `${sayWhere(wanted)} cannot be written: ${error.message}` }
    }
  }

  /** What was published and is wanted no more, or elsewhere. */
  async #withdraw(issuer: AnyIssuer, signal: AbortSignal): Promise<void> {
    const { configMap, clusterTrustBundle } = issuer.status?.trustBundle ?? {}
    const { trustBundle } = issuer.spec
    const ref = { namespace: this.#namespaceOf(issuer), name: configMap ?? '' }
    if (configMap !== undefined && configMap !== trustBundle?.configMap?.name)
      await this.#remove(this.#parts.configMaps, { ref, issuer }, signal)
    if (clusterTrustBundle === undefined || trustBundle?.clusterTrustBundle === true) return
    const resource = await this.#parts.clusterTrustBundles(signal)
    if (resource !== undefined) await this.#remove(resource, { ref: { name: clusterTrustBundle }, issuer }, signal)
  }

  async #remove(
    resource: Resource<BundleObject>,
    { ref, issuer }: { readonly ref: ObjectRef; readonly issuer: AnyIssuer },
    signal: AbortSignal,
  ): Promise<void> {
    const found = await resource.get(ref, signal)
    if (found === undefined || !isOurs(found, issuer)) return
    const { uid, resourceVersion } = found.metadata
    await resource.delete(
      ref,
      { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      signal,
    )
  }

  #namespaceOf({ metadata }: AnyIssuer): string {
    return metadata.namespace ?? this.#parts.clusterNamespace
  }
}

const usualKey = 'ca.crt'
type ConfigMapWish = NonNullable<NonNullable<IssuerSpec['trustBundle']>['configMap']>

/** Gone with its issuer; who has the bundle mounted keeps what he has read. */
function metadataFor({ apiVersion, kind, metadata }: AnyIssuer) {
  return {
    labels: { [labels.managed]: 'trust-bundle' },
    annotations: { [annotations.issuerName]: metadata.name, [annotations.issuerKind]: kind },
    ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }],
  }
}

function isOurs({ metadata }: BundleObject, { kind, metadata: issuer }: AnyIssuer): boolean {
  return (
    metadata.labels?.[labels.managed] === 'trust-bundle' &&
    metadata.annotations?.[annotations.issuerName] === issuer.name &&
    metadata.annotations?.[annotations.issuerKind] === kind
  )
}

const isSame = (found: BundleObject, wanted: BundleObject): boolean =>
  isDeepStrictEqual({ ...found.data }, { ...wanted.data }) &&
  isDeepStrictEqual({ ...found.spec }, { ...wanted.spec }) &&
  found.metadata.ownerReferences?.[0]?.uid === wanted.metadata.ownerReferences?.[0]?.uid

function patchOf(found: BundleObject, { metadata, data, spec }: BundleObject): object {
  const leftover = Object.keys(found.data ?? {}).filter((key) => data?.[key] === undefined)
  const { labels: marks, annotations: notes, ownerReferences } = metadata
  return {
    metadata: {
      labels: marks,
      annotations: notes,
      ownerReferences,
      resourceVersion: found.metadata.resourceVersion,
    },
    ...(data === undefined ? {} : { data: { ...Object.fromEntries(leftover.map((key) => [key, null])), ...data } }),
    ...(spec === undefined ? {} : { spec }),
  }
}

const refOf = ({ metadata: { namespace, name } }: BundleObject): ObjectRef =>
  namespace === undefined ? { name } : { namespace, name }

const sayWhere = ({ kind, metadata: { namespace, name } }: BundleObject): string =>
  namespace === undefined ? `${kind} ${name}` : `${kind} ${name} in namespace ${namespace}`

const takenBy = (wanted: BundleObject): Problem => ({
  reason: 'BundleTaken',
  message: `${sayWhere(wanted)} is there already and not of this issuer, so it is left alone; name another in spec.trustBundle, or delete it`,
})

function kindMissing({ spec: { trustBundle } }: AnyIssuer): Problem {
  const name = trustBundle?.configMap?.name
  const [follows, cure] =
    name === undefined
      ? [
          'so that the roots of this CA are published nowhere, and re-issue after a change of the CA does not wait for it',
          'use spec.trustBundle.configMap',
        ]
      : [`so that the roots of this CA are published in ConfigMap ${name} alone`, 'leave clusterTrustBundle out']
  const message = `this cluster does not serve ClusterTrustBundles (certificates.k8s.io), ${follows}; have its administrator turn the feature on, or ${cure}`
  return { reason: 'NoClusterTrustBundles', message }
}

/** What is still wanted, and could not be looked at just now, is not forgotten: it is to be removed one day. */
function statusOf(
  { spec: { trustBundle }, status }: AnyIssuer,
  { written, certificates }: { readonly written: readonly string[]; readonly certificates: number },
): IssuerStatus['trustBundle'] {
  if (trustBundle === undefined) return undefined
  const before = status?.trustBundle
  if (certificates === 0) return before
  const nameIn = (kind: string): string | undefined =>
    written.find((one) => one.startsWith(`${kind}/`))?.slice(kind.length + 1)
  const kept = trustBundle.clusterTrustBundle === true ? before?.clusterTrustBundle : undefined
  const [configMap, clusterTrustBundle] = [nameIn('ConfigMap'), nameIn('ClusterTrustBundle') ?? kept]
  if (configMap === undefined && clusterTrustBundle === undefined) return undefined
  return {
    ...(configMap === undefined ? {} : { configMap, configMapKey: trustBundle.configMap?.key ?? usualKey }),
    ...(clusterTrustBundle === undefined ? {} : { clusterTrustBundle }),
    certificates,
  }
}
