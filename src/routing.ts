/** Makes what leads challenges to their answers, and wires what wakes it. Part of the composition root. */
import type { CacheSet } from './caches.ts'
import type { Config } from './config.ts'
import { ChallengeBoards } from './controllers/challenge/board.ts'
import type { BoardParts } from './controllers/challenge/board.ts'
import { ChallengeBackend } from './controllers/challenge/backend.ts'
import { backendKind, ingressClassKind, ingressKind, routeKinds, sliceKind } from './controllers/challenge/objects.ts'
import type { HttpRoute } from './controllers/challenge/objects.ts'
import { ChallengeRoutes } from './controllers/challenge/routes.ts'
import { ChallengeSweeper, leavesSomething } from './controllers/challenge/sweeper.ts'
import { fieldManager } from './controllers/names.ts'
import { firstServed } from './kube/discovery.ts'
import { Resource } from './kube/resource.ts'
import type { Transport } from './kube/transport.ts'
import type { WorkQueue } from './runtime/queue.ts'
import type { Clock } from './std/clock.ts'
import { seconds } from './std/time.ts'

export interface ChallengeParts extends RoutingParts {
  readonly looks: BoardParts['looks']
}

/** @param queue - of namespaces to be swept */
export function challengeParts(
  parts: ChallengeParts,
  queue: WorkQueue,
): { readonly boards: ChallengeBoards; readonly sweeper: ChallengeSweeper } {
  const { clock, looks } = parts
  const routes = challengeRoutesOf(parts, queue)
  return {
    boards: new ChallengeBoards({ clock, looks, ensure: (owner, signal) => routes.ensure(owner, signal) }),
    sweeper: new ChallengeSweeper({ routes, wake: (namespace) => queue.add(namespace), clock }),
  }
}

export interface RoutingParts {
  readonly config: Pick<Config, 'namespaces' | 'http01Service' | 'clusterResourceNamespace' | 'shards'>
  readonly transport: Transport
  readonly caches: Pick<CacheSet, 'certificates'>
  readonly clock: Clock
}

/** Longer than a watch is late in a cluster that is well. */
const leeway = seconds(15)

function challengeRoutesOf(
  { config, transport, caches: { certificates }, clock }: RoutingParts,
  queue: WorkQueue,
): ChallengeRoutes {
  return new ChallengeRoutes({
    ingresses: new Resource(transport, ingressKind, fieldManager),
    ingressClasses: new Resource(transport, ingressClassKind, fieldManager),
    routes: httpRoutes(transport),
    backend: new ChallengeBackend({
      services: new Resource(transport, backendKind, fieldManager),
      slices: new Resource(transport, sliceKind, fieldManager),
      responder: { namespace: config.clusterResourceNamespace, name: config.http01Service },
    }),
    certificatesIn: function* (namespace) {
      for (const { object } of certificates.values()) if (object.metadata.namespace === namespace) yield object
    },
    wakeSweeper: (namespace) => queue.add(namespace),
    namespaces: config.namespaces,
    // Alone, this process has put up everything itself, and knows of it.
    leeway: config.shards > 1 ? leeway : seconds(0),
    clock,
  })
}

/** Clusters get the Gateway API while we run: what is not there is looked for again. */
function httpRoutes(transport: Transport): (signal: AbortSignal) => Promise<Resource<HttpRoute> | undefined> {
  let found: Resource<HttpRoute> | undefined
  return async (signal) => {
    if (found !== undefined) return found
    const kind = await firstServed(transport, routeKinds, signal)
    if (kind !== undefined) found = new Resource(transport, kind, fieldManager)
    return found
  }
}

/** What an enrollment put up is swept up when it is over. */
export function wakeSweeper({ certificates }: RoutingParts['caches'], queue: WorkQueue): () => void {
  return certificates.witness((key, before) => {
    if (leavesSomething(before, certificates.get(key))) queue.add(key.split('/')[0] ?? '')
  })
}
