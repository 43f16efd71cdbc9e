/** Makes the controllers and wires what wakes them. Part of the composition root. */
import { setMaxListeners } from 'node:events'
import { readsPolicies, servesClusterIssuers } from './caches.ts'
import type { CacheSet, Resources } from './caches.ts'
import { ingressController } from './claiming.ts'
import type { Config } from './config.ts'
import type { Budgets } from './controllers/certificate/budgets.ts'
import { CertificateController } from './controllers/certificate/controller.ts'
import { IssuanceLog } from './controllers/certificate/issuance.ts'
import { Keyring } from './controllers/certificate/keyring.ts'
import { Publisher } from './controllers/certificate/publish.ts'
import { CertificateSecrets } from './controllers/certificate/secrets.ts'
import type { BoardParts } from './controllers/challenge/board.ts'
import { ContextMaker } from './controllers/context.ts'
import type { ContextParts } from './controllers/context.ts'
import { IssuerController } from './controllers/issuer/controller.ts'
import { storeKey } from './controllers/issuer/issuers.ts'
import { LiveIssuers } from './controllers/issuer/live.ts'
import { SessionMaker } from './controllers/issuer/session.ts'
import type { HttpMaker } from './controllers/issuer/session.ts'
import type { EventRecorder } from './kube/events.ts'
import type { Transport } from './kube/transport.ts'
import type { Metrics } from './obs/metrics.ts'
import type { HeldShards, ShardWatcher } from './runtime/ownership.ts'
import { WorkQueue } from './runtime/queue.ts'
import { runWorkers } from './runtime/worker.ts'
import type { Work } from './runtime/worker.ts'
import type { Clock } from './std/clock.ts'
import { policyReader, policyReconciler } from './judging.ts'
import { makeBudgets, makePacingReader } from './pacing.ts'
import { challengeParts } from './routing.ts'
import { NeededIssuers, admission, kinds, onlyOf } from './sharing.ts'
import type { Kind } from './sharing.ts'
import { revoking } from './revoking.ts'
import { trustKeeper } from './trusting.ts'
import type { Supersede } from './controllers/certificate/publish.ts'
import type { Logger } from './std/log.ts'
import type { WorkMeter } from './std/meters.ts'
import { enqueueEverything, subscribeAll, wakeIssuersUsing } from './waking.ts'
import type { Queues } from './waking.ts'

export interface ControllerParts {
  readonly config: Config
  readonly resources: Resources
  readonly caches: CacheSet
  readonly events: EventRecorder
  readonly metrics: Metrics
  readonly http: HttpMaker
  /** The challenges that are answered here, and how the answers are looked at from outside. */
  readonly looks: BoardParts['looks']
  readonly transport: Transport
  readonly surroundingsOf: ContextParts['surroundingsOf']
  readonly clock: Clock
  readonly log: Logger
  /** The shards that this replica holds; undefined: it shares with nobody. */
  readonly shards: HeldShards | undefined
}

export interface ControllerSet extends ShardWatcher {
  readonly live: LiveIssuers
  /** Works until the signal is aborted; to let work under way finish, drain first. */
  run(signal: AbortSignal): Promise<void>
  drain(): Promise<void>
}

/** Everything that acts. Made anew each time this replica becomes the leader, so that nothing survives a lost Lease. */
export function makeControllers(parts: ControllerParts): ControllerSet {
  const { caches, clock, surroundingsOf } = parts
  const needed = new NeededIssuers()
  const { queues, meters } = makeQueues(parts, needed)
  const issuerExists = finder(parts, needed, queues)
  const live = new LiveIssuers()
  const { boards, sweeper } = challengeParts(parts, queues.challenge)
  const contexts = new ContextMaker({ clock, log: parts.log, boards, secrets: parts.resources.secrets, surroundingsOf })
  const revocation = revoking({ ...parts, live, contexts, queue: queues.revocation, issuerExists })
  const budgets = makeBudgets({ ...parts, queue: queues.certificate })
  const certificate = certificateController(parts, { live, contexts, queues, issuerExists, budgets, ...revocation })
  const issuer = issuerController(parts, { live, contexts, queue: queues.issuer })
  const ingress = ingressController(parts)
  const reconcile: Record<Kind, Work['reconcile']> = {
    certificate: (key, signal) => certificate.reconcile(key, signal),
    issuer: (key, signal) => issuer.reconcile(key, signal),
    ingress: (key, signal) => ingress.reconcile(key, signal),
    revocation: (key, signal) => revocation.reconcile(key, signal),
    challenge: (key, signal) => sweeper.reconcile(key, signal),
    policy: policyReconciler(parts),
  }
  const unsubscribe = subscribeAll(caches, { live, queues })
  return {
    live,
    ...handover(parts, { queues, budgets, certificate }),
    run: async (signal) => {
      enqueueEverything(caches, queues)
      await runAll(parts, { queues, meters, reconcile }, signal)
      await issuer.close()
      budgets.close()
    },
    drain: async () => {
      unsubscribe()
      await Promise.all(kinds.map((kind) => queues[kind].drain()))
    },
  }
}

interface Working {
  readonly queues: Queues
  readonly meters: Record<Kind, WorkMeter>
  readonly reconcile: Record<Kind, Work['reconcile']>
}

async function runAll(
  { config, clock, log }: ControllerParts,
  { queues, meters, reconcile }: Working,
  signal: AbortSignal,
): Promise<void> {
  // Every worker listens to it.
  setMaxListeners(0, signal)
  const common = { workers: config.workers, deadline: config.reconcileDeadline, clock, log, signal }
  await Promise.all(
    kinds.map((kind) =>
      runWorkers({ ...common, queue: queues[kind], meter: meters[kind], reconcile: reconcile[kind] }),
    ),
  )
}

interface Handed {
  readonly queues: Queues
  readonly budgets: Budgets
  readonly certificate: CertificateController
}

/** What happens when a shard comes or goes. */
function handover({ caches, config, shards }: ControllerParts, { queues, budgets, certificate }: Handed): ShardWatcher {
  return {
    gained: (shard) => {
      budgets.reopen()
      enqueueEverything(caches, onlyOf(shard, queues, config.shards))
    },
    lost: async () => {
      await Promise.all(kinds.map((kind) => queues[kind].yieldUp()))
      budgets.reopen()
      certificate.forgetOthers((key) => shards?.owns(key) !== false)
    },
  }
}

/** Whether an issuer exists. Asked by whoever needs one, whereupon a replica that shares work has it probed for itself. */
function finder(
  { caches, shards }: ControllerParts,
  needed: NeededIssuers,
  { issuer }: Queues,
): (key: string) => boolean {
  return (key) => {
    const { cluster, key: name } = storeKey(key)
    const exists = (cluster ? caches.clusterIssuers : caches.issuers).get(name) !== undefined
    if (shards !== undefined && exists && needed.add(key)) issuer.add(key)
    return exists
  }
}

function makeQueues(
  { config, clock, metrics, shards }: ControllerParts,
  needed: NeededIssuers,
): { readonly queues: Queues; readonly meters: Record<Kind, WorkMeter> } {
  const backoff = { first: config.retryFirst, longest: config.retryLongest }
  const meters = forEach((kind) => metrics.work(kind))
  const queues = forEach((kind) => {
    const admits = shards && admission(kind, shards, needed)
    return new WorkQueue({ clock, backoff, meter: meters[kind], admits })
  })
  for (const kind of kinds) metrics.watchQueue(kind, () => queues[kind].depth)
  return { queues, meters }
}

function forEach<T>(make: (kind: Kind) => T): Record<Kind, T> {
  return {
    certificate: make('certificate'),
    issuer: make('issuer'),
    ingress: make('ingress'),
    revocation: make('revocation'),
    challenge: make('challenge'),
    policy: make('policy'),
  }
}

interface CertificateNeeds {
  readonly live: LiveIssuers
  readonly contexts: ContextMaker
  readonly queues: Queues
  readonly budgets: Budgets
  readonly supersede: Supersede
  readonly issuerExists: (key: string) => boolean
}

function certificateController(
  { config, resources, caches, events, metrics, clock, log }: ControllerParts,
  { live, contexts, queues, budgets, supersede, issuerExists }: CertificateNeeds,
): CertificateController {
  const secrets = new CertificateSecrets({
    secrets: resources.secrets,
    store: caches.secrets,
    writing: caches.writing,
    written: (key) => wakeIssuersUsing(key, { live, queue: queues.issuer }),
  })
  return new CertificateController({
    caches: {
      certificates: caches.certificates,
      secrets: caches.secrets,
      issuers: live,
      issuerExists,
      servesClusterIssuers: servesClusterIssuers(config),
      policies: policyReader(caches, readsPolicies(config)),
      pacing: makePacingReader(caches, budgets),
    },
    budgets,
    actors: { secrets, publisher: new Publisher(secrets, clock, supersede), keyring: new Keyring() },
    certificates: resources.certificates,
    contexts,
    events,
    queue: queues.certificate,
    clock,
    log,
    issuance: new IssuanceLog(metrics.issuance, log),
    recheckIssuer: (key) => queues.issuer.add(key),
  })
}

function issuerController(
  { config, resources, caches, events, http, transport, clock, log, shards }: ControllerParts,
  { live, contexts, queue }: { live: LiveIssuers; contexts: ContextMaker; queue: WorkQueue },
): IssuerController {
  // Others probe it too, each for itself.
  const tells = shards && ((key: string): boolean => shards.owns(key))
  return new IssuerController({
    issuers: caches.issuers,
    clusterIssuers: caches.clusterIssuers,
    issuerResource: resources.issuers,
    clusterIssuerResource: resources.clusterIssuers,
    secrets: resources.secrets,
    live,
    sessions: new SessionMaker({
      clock,
      http,
      concurrency: config.issuerConcurrency,
      share: shards && (() => shards.share),
    }),
    contexts,
    trust: trustKeeper({ config, caches, transport, clock, tells }),
    events,
    queue,
    clock,
    log,
    clusterSecretNamespace: config.clusterResourceNamespace,
    probeInterval: config.issuerProbeInterval,
    tells,
  })
}
