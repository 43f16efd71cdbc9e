/**
 * Ingresses, Gateways and routes in the caches. Clusters have these kinds or not, and may get them at any time: what is not
 * there, or no longer, is looked for again and again. Part of the composition root.
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
  const { interval, clock, signal } = following
  const missing = new Set<TrafficKind>([...claimantKinds, 'HTTPRoute'])
  const loops = new Set<Promise<void>>()
  while (!signal.aborted) {
    for (const [kind, found] of await look([...missing], following)) {
      missing.delete(kind)
      const loop = followKind(kind, found, following).then(() => {
        loops.delete(loop)
        missing.add(kind)
      })
      loops.add(loop)
    }
    await pause(clock, interval, signal)
  }
  await Promise.all(loops)
}

/**
 * Until the signal is aborted, or the cluster no longer has the kind. What is known of its objects stays: the next list of the
 * kind, in whatever version it comes back, says which of them are gone.
 */
async function followKind(kind: TrafficKind, found: KindRef, following: Following): Promise<void> {
  const { log } = following
  const what = { kind: found.kind, group: found.group, version: found.version }
  const gone = new AbortController()
  const signal = AbortSignal.any([following.signal, gone.signal])
  log.info('looking after a kind that the cluster has', what)
  await reflectKind(kind, found, { ...following, signal, unknown: () => gone.abort() })
  if (!following.signal.aborted) log.info('the cluster no longer has a kind; it is looked for again', what)
}

type Found = readonly [TrafficKind, KindRef]

/** One request says which groups there are; kinds are asked for only in those. */
async function look(kinds: readonly TrafficKind[], following: Following): Promise<readonly Found[]> {
  const { transport, claimants, log, signal } = following
  if (kinds.length === 0) return []
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

function reflectKind(
  kind: TrafficKind,
  found: KindRef,
  following: Following & { readonly unknown: () => void },
): Promise<void> {
  const { transport, claimants, namespaces, clock, log, random, signal, unknown } = following
  const scope = namespaces.length === 0 ? {} : { namespaces }
  const common = { ...scope, resource: new Resource(transport, found), clock, log, random, signal, unknown }
  if (kind === 'HTTPRoute') return reflect({ ...common, store: claimants.routes, project: projectRoute })
  return reflect({ ...common, store: claimants.stores[kind], project: (object) => projectClaimant(kind, object) })
}
