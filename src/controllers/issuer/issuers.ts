import type { Issuer } from '../../api/issuer.ts'
import { keptObject } from '../../kube/kept.ts'
import type { IssuerKey } from './live.ts'

/** Both kinds: they differ in scope only. */
export type AnyIssuer = Issuer

/** An Issuer or ClusterIssuer as the cache keeps it. */
export interface IssuerProjection {
  readonly resourceVersion: string
  readonly object: AnyIssuer
}

export const projectIssuer = (object: AnyIssuer): IssuerProjection => ({
  resourceVersion: object.metadata.resourceVersion ?? '',
  object: keptObject(object),
})

/** The part of an issuer key that its store uses: `namespace/name`, or `name` for a ClusterIssuer. */
export function storeKey(key: IssuerKey): { readonly cluster: boolean; readonly key: string } {
  const slash = key.indexOf('/')
  return { cluster: key.slice(0, slash) === 'ClusterIssuer', key: key.slice(slash + 1) }
}
