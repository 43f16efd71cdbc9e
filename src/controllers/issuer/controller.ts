/**
 * One reconcile of one Issuer: read its spec and its Secrets, build the enroller when either changed, ask the CA a question of
 * its own protocol, and say how it went. Repeated on a schedule, and at once when an enrollment found the issuer at fault.
 */
import { parseIssuer } from '../../api/issuer.ts'
import type { IssuerSpec, IssuerStatus } from '../../api/issuer.ts'
import type { Secret } from '../../api/meta.ts'
import { fault } from '../../domain/fault.ts'
import { openFault } from '../../domain/health.ts'
import type { Circuit } from '../../domain/health.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Readiness } from '../../enroll/enroller.ts'
import { KubeError } from '../../kube/errors.ts'
import type { EventRecorder } from '../../kube/events.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { WorkQueue } from '../../runtime/queue.ts'
import type { Verdict } from '../../runtime/worker.ts'
import type { Clock } from '../../std/clock.ts'
import { fractionOf } from '../../std/fraction.ts'
import type { Logger } from '../../std/log.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { clampDuration, minutes, plus, scale, seconds } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import type { ContextMaker } from '../context.ts'
import { loadCredentials } from './credentials.ts'
import { projectIssuer, storeKey } from './issuers.ts'
import type { AnyIssuer, IssuerProjection } from './issuers.ts'
import { vouchedRoots } from './authorities.ts'
import { eventsOf } from './events.ts'
import type { IssuerKey, IssuerSession, IssuerState, LiveIssuers } from './live.ts'
import { sameExceptProbeTime } from './samestatus.ts'
import type { SessionMaker } from './session.ts'
import { issuerStatus } from './status.ts'
import type { Trust, TrustKeeper } from './trust.ts'

export interface IssuerControllerParts {
  readonly issuers: Store<IssuerProjection>
  readonly clusterIssuers: Store<IssuerProjection>
  readonly issuerResource: Resource<AnyIssuer>
  readonly clusterIssuerResource: Resource<AnyIssuer>
  readonly secrets: Resource<Secret>
  readonly live: LiveIssuers
  readonly sessions: SessionMaker
  readonly contexts: ContextMaker
  readonly trust: TrustKeeper
  readonly events: EventRecorder
  readonly queue: WorkQueue
  readonly clock: Clock
  readonly log: Logger
  /** Where the Secrets of ClusterIssuers lie. */
  readonly clusterSecretNamespace: string
  readonly probeInterval: Duration
  /** Whether it is this replica that says how the issuer is; others may probe it for themselves. Default: it is. */
  readonly tells?: ((key: IssuerKey) => boolean) | undefined
}

const firstRetry = seconds(5)
const longestRetry = minutes(5)

export class IssuerController {
  readonly #parts: IssuerControllerParts
  /** Probes that failed in a row, for the back-off. */
  readonly #failures = new Map<IssuerKey, number>()

  constructor(parts: IssuerControllerParts) {
    this.#parts = parts
  }

  /** @param key - see {@link IssuerKey} */
  async reconcile(key: IssuerKey, signal: AbortSignal): Promise<Verdict> {
    const object = this.#find(key)
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      await this.#forget(key)
      return { kind: 'done' }
    }
    const before = this.#parts.live.state(key)?.session
    const session = await this.#session(key, { object, before }, signal)
    const outage = session.ok ? this.#parts.live.outage(key, session.value, this.#parts.clock.now()) : undefined
    if (outage !== undefined) return this.#leaveAlone(key, { object, outage }, signal)
    const found = session.ok ? await this.#probe(session.value, signal) : notReady(session.error)
    const trust = await this.#parts.trust.keep(key, { object, readiness: found }, signal)
    const { readiness } = trust
    const isReady = readiness.kind === 'ready'
    this.#failures.set(key, isReady ? 0 : (this.#failures.get(key) ?? 0) + 1)
    await this.#writeStatus(key, { object, trust }, signal)
    if (isReady) this.#parts.live.tryAgain(key, this.#parts.clock.now())
    const pointing = { secrets: this.#secretsOf(object), rollover: trust.rollover }
    this.#publish(key, { session: session.ok ? session.value : undefined, ...pointing }, readiness)
    if (!session.ok || session.value !== before) await this.#retire(before)
    return { kind: 'wakeAt', at: this.#nextProbe(key, object, readiness) }
  }

  /** Ends every session: connections are closed, whoever waits at a gate is let go. */
  async close(): Promise<void> {
    for (const key of this.#parts.live.keys()) await this.#forget(key)
  }

  #find(key: IssuerKey): AnyIssuer | undefined {
    const { cluster, key: name } = storeKey(key)
    return (cluster ? this.#parts.clusterIssuers : this.#parts.issuers).get(name)?.object
  }

  async #forget(key: IssuerKey): Promise<void> {
    const state = this.#parts.live.state(key)
    this.#parts.live.remove(key)
    this.#failures.delete(key)
    await state?.session?.http.close()
    state?.session?.gate.close()
  }

  /** The session for this generation and these credentials: the one there is, or a new one. */
  async #session(
    key: IssuerKey,
    { object, before }: { readonly object: AnyIssuer; readonly before: IssuerSession | undefined },
    signal: AbortSignal,
  ): Promise<Result<IssuerSession, Fault>> {
    const parsed = parseIssuer(object)
    if (!parsed.ok) return err(fault('Misconfigured', parsed.error))
    const namespace = object.metadata.namespace ?? this.#parts.clusterSecretNamespace
    const needs = this.#parts.sessions.needs(parsed.value.spec)
    if (!needs.ok) return needs
    const loaded = await loadCredentials(needs.value, { secrets: this.#parts.secrets, namespace }, signal)
    if (!loaded.ok) return loaded
    const uid = object.metadata.uid ?? ''
    const identity = `${uid}/${object.metadata.generation}/${loaded.value.version}`
    if (before?.identity === identity) return ok(before)
    return this.#parts.sessions.make(parsed.value.spec, {
      identity,
      uid,
      generation: object.metadata.generation ?? 0,
      namespace,
      scope: object.metadata.namespace === undefined ? 'Cluster' : 'Namespaced',
      credentials: loaded.value.credentials,
      vouched: () => this.#vouched(key),
    })
  }

  #vouched(key: IssuerKey): ReturnType<typeof vouchedRoots> {
    const object = this.#find(key)
    return object === undefined ? [] : vouchedRoots(object)
  }

  /** Ends a session that was replaced; exchanges under way end by themselves. */
  async #retire(session: IssuerSession | undefined): Promise<void> {
    session?.gate.close()
    await session?.http.close()
  }

  /** An issuer that has just failed again and again is not even probed for a while, however well it would answer. */
  async #leaveAlone(
    key: IssuerKey,
    { object, outage }: { readonly object: AnyIssuer; readonly outage: Circuit },
    signal: AbortSignal,
  ): Promise<Verdict> {
    const trust = await this.#parts.trust.keep(key, { object, readiness: notReady(openFault(outage)) }, signal)
    await this.#writeStatus(key, { object, trust }, signal)
    return { kind: 'wakeAt', at: outage.until }
  }

  async #probe(session: IssuerSession, signal: AbortSignal): Promise<Readiness> {
    try {
      return await session.enroller.prepare(this.#parts.contexts.contextFor(session, signal))
    } catch (error) {
      if (signal.aborted || error instanceof KubeError) throw error
      this.#parts.log.error('probe failed unexpectedly', { protocol: session.enroller.protocol, error })
      return notReady(fault('Internal', "something unexpected happened while probing; Perennial's log has the details"))
    }
  }

  /** The Secrets that the spec points at: a change of one that is in the cache has the issuer probed at once. */
  #secretsOf({ metadata, spec }: AnyIssuer): readonly string[] {
    const namespace = metadata.namespace ?? this.#parts.clusterSecretNamespace
    const needs = this.#parts.sessions.needs(spec)
    return needs.ok ? needs.value.map((need) => `${namespace}/${need.secretName}`) : []
  }

  #publish(
    key: IssuerKey,
    { session, ...pointing }: Pick<IssuerState, 'secrets' | 'rollover'> & { session: IssuerSession | undefined },
    readiness: Readiness,
  ): void {
    const { live, clock } = this.#parts
    const before = live.state(key)
    if (readiness.kind === 'notReady')
      return live.set(key, {
        kind: 'notReady',
        message: readiness.fault.message,
        session,
        ...pointing,
        since: before?.kind === 'notReady' ? before.since : clock.now(),
      })
    if (session === undefined) throw new Error('ready without a session')
    const isSame = before?.kind === 'ready' && before.session.identity === session.identity
    live.set(key, { kind: 'ready', session, ...pointing, since: isSame ? before.since : clock.now() })
  }

  #nextProbe(key: IssuerKey, object: AnyIssuer, readiness: Readiness): Instant {
    const now = this.#parts.clock.now()
    const jitter = 1 + fractionOf(`${object.metadata.uid}/${object.metadata.generation}`) / 10
    if (readiness.kind === 'ready')
      return readiness.probeAgainAt ?? plus(now, scale(this.#interval(object.spec), jitter))
    const failures = Math.min(this.#failures.get(key) ?? 1, 20)
    const wait = clampDuration(scale(firstRetry, 2 ** (failures - 1)), firstRetry, longestRetry)
    return plus(now, scale(wait, jitter))
  }

  #interval(spec: IssuerSpec): Duration {
    return this.#parts.sessions.probeInterval(spec) ?? this.#parts.probeInterval
  }

  async #writeStatus(
    key: IssuerKey,
    { object, trust }: { object: AnyIssuer; trust: Trust },
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#parts.tells?.(key) === false) return
    const status = issuerStatus(object.status, {
      readiness: trust.readiness,
      trust,
      spec: object.spec,
      generation: object.metadata.generation ?? 0,
      at: this.#parts.clock.now(),
    })
    if (sameExceptProbeTime(object.status, status)) return
    for (const event of eventsOf(object, trust)) this.#parts.events.record(event)
    await this.#apply(key, { object, status }, signal)
  }

  async #apply(
    key: IssuerKey,
    { object, status }: { object: AnyIssuer; status: IssuerStatus },
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster, key: name } = storeKey(key)
    const resource = cluster ? this.#parts.clusterIssuerResource : this.#parts.issuerResource
    const store = cluster ? this.#parts.clusterIssuers : this.#parts.issuers
    const { namespace, resourceVersion } = object.metadata
    const version = resourceVersion === undefined ? {} : { resourceVersion }
    const metadata = { name: object.metadata.name, ...(namespace === undefined ? {} : { namespace }), ...version }
    try {
      await store.writing(name, async () => {
        const updated = await resource.applyStatus({ ...object, metadata, status }, signal)
        store.overlay(name, projectIssuer(updated))
      })
    } catch (error) {
      // A version that is newer than ours comes with the watch, and has the issuer looked at again.
      const isNews = error instanceof KubeError && (error.reason === 'notFound' || error.reason === 'conflict')
      if (!isNews) throw error
    }
  }
}

const notReady = (problem: Fault): Readiness => ({ kind: 'notReady', fault: problem })
