/** What the API server has now, beside what the cache has heard. */
import type { KubeObject } from '../../api/meta.ts'
import type { Claimant } from '../../domain/ingress/claimant.ts'
import type { KindRef, Resource } from '../../kube/resource.ts'
import { placeOf } from './kinds.ts'
import { projectClaimant } from './projection.ts'

/** @returns undefined when it is gone, or another has its name */
export type Present = (claimant: Claimant, signal: AbortSignal) => Promise<Claimant | undefined>

/** It is listed by its name: a role that may list and watch need not be allowed to get. */
export const presentIn =
  (resourceOf: (kind: KindRef) => Pick<Resource<KubeObject>, 'pages'>): Present =>
  async (claimant, signal) => {
    const { namespace, name, uid } = claimant
    const place = placeOf(claimant)
    if (place === undefined) return claimant
    for await (const page of resourceOf(place.ref).pages(
      { namespace, fieldSelector: `metadata.name=${name}` },
      signal,
    )) {
      const object = page.items.find(({ metadata }) => metadata.uid === uid)
      if (object !== undefined) return projectClaimant(place.family, object).claimant
    }
    return undefined
  }
