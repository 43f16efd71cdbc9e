/**
 * Ingresses, Gateways and routes in the caches. Clusters have these kinds or not, and may get them at any time: what is not
 * there is looked for again and again. Part of the composition root.
 */
import type { Claimants } from './controllers/ingress/claimants.ts'
import { claimantKinds, trafficKinds } from './controllers/ingress/kinds.ts'
import type { TrafficKind } from './controllers/ingress/kinds.ts'
import { projectClaimant, projectRoute } from './controllers/ingress/projection.ts'
import { firstServed, servedVersions } from './kube/discovery.ts'
import { pause } from './kube/pause.ts'
import { reflect } from './kube/reflector.ts'
import { Resource } from './kube/resource.ts'
import type { KindRef } from './kube/resource.ts'
import type { Transport } from './kube/transport.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'
import type { Duration } from './std/time.ts'

export interface Following {
  readonly transport: Transport
  readonly claimants: Claimants
  /** Empty: all. */
  readonly namespaces: readonly string[]
  /** How often kinds that are not there are looked for. */
  readonly interval: Duration
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly signal: AbortSignal
}

/** Lists and watches until the signal is aborted. Never rejects. */
export async function followTraffic(following: Following): Promise<void> {
  const { interval, clock, log, signal } = following
  const missing = new Set<TrafficKind>([...claimantKinds, 'HTTPRoute'])
  const loops: Promise<void>[] = []
  while (!signal.aborted && missing.size > 0) {
    for (const [kind, found] of await look([...missing], following)) {
      const { group, version } = found
      log.info('looking after a kind that the cluster has', { kind: found.kind, group, version })
      missing.delete(kind)
      loops.push(reflectKind(kind, found, following))
    }
    await pause(clock, interval, signal)
  }
  await Promise.all(loops)
}

type Found = readonly [TrafficKind, KindRef]

/** One request says which groups there are; kinds are asked for only in those. */
async function look(kinds: readonly TrafficKind[], following: Following): Promise<readonly Found[]> {
  const { transport, claimants, log, signal } = following
  try {
    const versions = await servedVersions(transport, signal)
    const found: Found[] = []
    for (const kind of kinds) {
      const candidates = trafficKinds[kind].filter(({ group, version }) => versions.has(`${group}/${version}`))
      const served = await firstServed(transport, candidates, signal)
      if (kind === 'HTTPRoute') claimants.hasRoutes = served !== undefined
      if (served !== undefined) found.push([kind, served])
    }
    return found
  } catch (error) {
    if (!signal.aborted) log.debug('which kinds the cluster has could not be asked', { error })
    return []
  }
}

function reflectKind(kind: TrafficKind, found: KindRef, following: Following): Promise<void> {
  const { transport, claimants, namespaces, clock, log, random, signal } = following
  const scope = namespaces.length === 0 ? {} : { namespaces }
  const common = { ...scope, resource: new Resource(transport, found), clock, log, random, signal }
  if (kind === 'HTTPRoute') return reflect({ ...common, store: claimants.routes, project: projectRoute })
  return reflect({ ...common, store: claimants.stores[kind], project: (object) => projectClaimant(kind, object) })
}
