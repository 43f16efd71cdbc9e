/** Makes the controllers and wires what wakes them. Part of the composition root. */
import { setMaxListeners } from 'node:events'
import { readsPolicies, servesClusterIssuers } from './caches.ts'
import type { CacheSet, Resources } from './caches.ts'
import { ingressController, wakeClaimants } from './claiming.ts'
import type { Config } from './config.ts'
import { secretsOf } from './controllers/certificate/certificates.ts'
import type { Budgets } from './controllers/certificate/budgets.ts'
import type { CertificateProjection } from './controllers/certificate/certificates.ts'
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
import { LiveIssuers, issuerKeyOf } from './controllers/issuer/live.ts'
import { SessionMaker } from './controllers/issuer/session.ts'
import type { HttpMaker } from './controllers/issuer/session.ts'
import type { EventRecorder } from './kube/events.ts'
import type { Transport } from './kube/transport.ts'
import type { Metrics } from './obs/metrics.ts'
import { WorkQueue } from './runtime/queue.ts'
import { runWorkers } from './runtime/worker.ts'
import type { Work } from './runtime/worker.ts'
import type { Clock } from './std/clock.ts'
import { policyReader, policyReconciler, wakeJudged } from './judging.ts'
import { makeBudgets, makePacingReader } from './pacing.ts'
import { challengeParts, wakeSweeper } from './routing.ts'
import { trustKeeper } from './trusting.ts'
import { enqueueRevocations, revoking, wakeRevocations } from './revoking.ts'
import type { Supersede } from './controllers/certificate/publish.ts'
import type { Logger } from './std/log.ts'
import type { WorkMeter } from './std/meters.ts'

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
}

export interface ControllerSet {
  readonly live: LiveIssuers
  /** Works until the signal is aborted; to let work under way finish, drain first. */
  run(signal: AbortSignal): Promise<void>
  drain(): Promise<void>
}

/** Everything that acts. Made anew each time this replica becomes the leader, so that nothing survives a lost Lease. */
export function makeControllers(parts: ControllerParts): ControllerSet {
  const { config, caches, clock, surroundingsOf } = parts
  const { queues, meters } = makeQueues(parts)
  const live = new LiveIssuers()
  const { boards, sweeper } = challengeParts(parts, queues.challenge)
  const contexts = new ContextMaker({ clock, log: parts.log, boards, secrets: parts.resources.secrets, surroundingsOf })
  const revocation = revoking({ ...parts, live, contexts, queue: queues.revocation })
  const budgets = makeBudgets({ ...parts, queue: queues.certificate })
  const certificate = certificateController(parts, { live, contexts, queues, budgets, ...revocation })
  const issuer = issuerController(parts, { live, contexts, queue: queues.issuer })
  const ingress = ingressController(parts)
  const reconcile: Record<keyof Queues, Work['reconcile']> = {
    certificate: (key, signal) => certificate.reconcile(key, signal),
    issuer: (key, signal) => issuer.reconcile(key, signal),
    ingress: (key, signal) => ingress.reconcile(key, signal),
    revocation: (key, signal) => revocation.reconcile(key, signal),
    challenge: (key, signal) => sweeper.reconcile(key, signal),
    policy: policyReconciler(parts),
  }
  const unsubscribe = subscribeAll(caches, { live, queues })
  const common = { workers: config.workers, deadline: config.reconcileDeadline, clock, log: parts.log }
  const work = kinds.map((kind) => {
    return { ...common, queue: queues[kind], meter: meters[kind], reconcile: reconcile[kind] }
  })
  return {
    live,
    run: async (signal) => {
      // Every worker listens to it.
      setMaxListeners(0, signal)
      enqueueEverything(caches, queues)
      await Promise.all(work.map((one) => runWorkers({ ...one, signal })))
      await issuer.close()
      budgets.close()
    },
    drain: async () => {
      unsubscribe()
      await Promise.all(kinds.map((kind) => queues[kind].drain()))
    },
  }
}

function makeQueues({ config, clock, metrics }: ControllerParts): {
  readonly queues: Queues
  readonly meters: Record<keyof Queues, WorkMeter>
} {
  const backoff = { first: config.retryFirst, longest: config.retryLongest }
  const meters = {
    certificate: metrics.work('certificate'),
    issuer: metrics.work('issuer'),
    ingress: metrics.work('ingress'),
    revocation: metrics.work('revocation'),
    challenge: metrics.work('challenge'),
    policy: metrics.work('policy'),
  }
  const queues = {
    certificate: new WorkQueue({ clock, backoff, meter: meters.certificate }),
    issuer: new WorkQueue({ clock, backoff, meter: meters.issuer }),
    ingress: new WorkQueue({ clock, backoff, meter: meters.ingress }),
    revocation: new WorkQueue({ clock, backoff, meter: meters.revocation }),
    challenge: new WorkQueue({ clock, backoff, meter: meters.challenge }),
    policy: new WorkQueue({ clock, backoff, meter: meters.policy }),
  }
  for (const kind of kinds) metrics.watchQueue(kind, () => queues[kind].depth)
  return { queues, meters }
}

const kinds = ['certificate', 'issuer', 'ingress', 'revocation', 'challenge', 'policy'] as const

type Queues = Readonly<Record<(typeof kinds)[number], WorkQueue>>

interface Around {
  readonly live: LiveIssuers
  readonly contexts: ContextMaker
  readonly queues: Queues
  readonly budgets: Budgets
  readonly supersede: Supersede
}

function certificateController(
  { config, resources, caches, events, metrics, clock, log }: ControllerParts,
  { live, contexts, queues, budgets, supersede }: Around,
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
      issuerExists: (key) => {
        const { cluster, key: name } = storeKey(key)
        return (cluster ? caches.clusterIssuers : caches.issuers).get(name) !== undefined
      },
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
  { config, resources, caches, events, http, transport, clock, log }: ControllerParts,
  { live, contexts, queue }: { live: LiveIssuers; contexts: ContextMaker; queue: WorkQueue },
): IssuerController {
  return new IssuerController({
    issuers: caches.issuers,
    clusterIssuers: caches.clusterIssuers,
    issuerResource: resources.issuers,
    clusterIssuerResource: resources.clusterIssuers,
    secrets: resources.secrets,
    live,
    sessions: new SessionMaker({ clock, http, concurrency: config.issuerConcurrency }),
    contexts,
    trust: trustKeeper({ config, caches, transport, clock }),
    events,
    queue,
    clock,
    log,
    clusterSecretNamespace: config.clusterResourceNamespace,
    probeInterval: config.issuerProbeInterval,
  })
}

/** What wakes what. Keys only: a reconcile looks at everything anew. */
function subscribeAll(caches: CacheSet, { live, queues }: { live: LiveIssuers; queues: Queues }): () => void {
  const wakeBy = (index: string, value: string): void => {
    for (const key of caches.certificates.byIndex(index, value)) queues.certificate.add(key)
  }
  const ends = [
    caches.certificates.subscribe((key, before) => {
      queues.certificate.add(key)
      // Who shares a Secret with it, or did, may have won or lost it.
      for (const secret of claimsOf(before, caches.certificates.get(key))) wakeBy('secret', secret)
    }),
    caches.secrets.subscribe((key) => {
      wakeBy('secret', key)
      const secret = caches.secrets.get(key)
      if (secret?.role === 'next-key') queues.certificate.add(`${key.split('/')[0]}/${secret.certificateName}`)
      wakeIssuersUsing(key, { live, queue: queues.issuer })
    }),
    caches.issuers.subscribe((key) => queues.issuer.add(`Issuer/${key}`)),
    caches.clusterIssuers.subscribe((key) => queues.issuer.add(`ClusterIssuer/${key}`)),
    live.subscribe((key) => wakeBy('issuer', key)),
    wakeClaimants(caches, queues.ingress),
    wakeRevocations(caches, live, queues.revocation),
    wakeSweeper(caches, queues.challenge),
    wakeJudged(caches, queues),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** The Secrets that a Certificate named before and names now. */
function claimsOf(...versions: readonly (CertificateProjection | undefined)[]): ReadonlySet<string> {
  return new Set(versions.flatMap((version) => (version === undefined ? [] : secretsOf(version))))
}

/** A CA whose certificate is a Certificate of ours is looked at again as soon as its Secret changes. */
function wakeIssuersUsing(secret: string, { live, queue }: { live: LiveIssuers; queue: WorkQueue }): void {
  for (const issuer of live.using(secret)) queue.add(issuer)
}

function enqueueEverything(caches: CacheSet, queues: Queues): void {
  for (const { object } of caches.issuers.values())
    queues.issuer.add(issuerKeyOf({ kind: 'Issuer', name: object.metadata.name }, object.metadata.namespace ?? ''))
  for (const { object } of caches.clusterIssuers.values())
    queues.issuer.add(issuerKeyOf({ kind: 'ClusterIssuer', name: object.metadata.name }, ''))
  for (const key of caches.certificates.keys()) queues.certificate.add(key, 'resync')
  for (const key of caches.claimants.keys()) queues.ingress.add(key, 'resync')
  enqueueRevocations(caches, queues.revocation)
  for (const name of caches.policies.keys()) queues.policy.add(name, 'resync')
}
