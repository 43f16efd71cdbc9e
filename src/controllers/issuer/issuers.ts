import type { Issuer } from '../../api/issuer.ts'
import type { IssuerKey } from './live.ts'

/** Both kinds: they differ in scope only. */
export type AnyIssuer = Issuer

/** An Issuer or ClusterIssuer as the cache keeps it. */
export interface IssuerProjection {
  readonly resourceVersion: string
  readonly object: AnyIssuer
}

/** Drops managed fields and kubectl's copy of the last manifest. */
export function projectIssuer(object: AnyIssuer): IssuerProjection {
  const { managedFields: _fields, annotations = {}, ...metadata } = object.metadata
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...kept } = annotations
  return {
    resourceVersion: metadata.resourceVersion ?? '',
    object: { ...object, metadata: { ...metadata, annotations: kept } },
  }
}

/** The part of an issuer key that its store uses: `namespace/name`, or `name` for a ClusterIssuer. */
export function storeKey(key: IssuerKey): { readonly cluster: boolean; readonly key: string } {
  const slash = key.indexOf('/')
  return { cluster: key.slice(0, slash) === 'ClusterIssuer', key: key.slice(slash + 1) }
}
