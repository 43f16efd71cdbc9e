/**
 * One reconcile of one order to revoke: observe, decide, act, reduce, write. Revocation is idempotent at every CA, so nothing
 * needs to be stored before the CA is asked; what was found is stored first, so that the order never changes its target.
 */
import { parseRevocation } from '../../api/revocation.ts'
import type { CertificateRevocation, RevocationTarget } from '../../api/revocation.ts'
import type { Certificate } from '../../api/certificate.ts'
import type { IssuerRef } from '../../api/meta.ts'
import { decideRevocation } from '../../domain/revocation/decide.ts'
import type { RevocationStep } from '../../domain/revocation/decide.ts'
import { reduceRevocation } from '../../domain/revocation/reduce.ts'
import type { RevocationNext, RevocationResult } from '../../domain/revocation/reduce.ts'
import type { RevocationSnapshot, RevokingIssuer } from '../../domain/revocation/snapshot.ts'
import { fault } from '../../domain/fault.ts'
import type { RevokeOutcome } from '../../enroll/enroller.ts'
import { KubeError } from '../../kube/errors.ts'
import { regardingOf } from '../../kube/events.ts'
import type { EventRecorder } from '../../kube/events.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { Verdict } from '../../runtime/worker.ts'
import type { Clock } from '../../std/clock.ts'
import type { Logger } from '../../std/log.ts'
import { seconds, plus } from '../../std/time.ts'
import type { ContextMaker } from '../context.ts'
import { issuerKeyOf } from '../issuer/live.ts'
import type { IssuerKey, IssuerSession, LiveIssuers } from '../issuer/live.ts'
import { annotations } from '../names.ts'
import { projectRevocation } from './revocations.ts'
import type { RevocationProjection } from './revocations.ts'
import type { Targets } from './target.ts'

export interface RevocationControllerParts {
  readonly revocations: Store<RevocationProjection>
  readonly resource: Resource<CertificateRevocation>
  readonly certificates: Resource<Certificate>
  readonly targets: Targets
  readonly live: LiveIssuers
  readonly issuerExists: (key: IssuerKey) => boolean
  readonly contexts: ContextMaker
  readonly events: Pick<EventRecorder, 'record'>
  /** Has an order looked at again, by its `namespace/name`. */
  readonly again: (key: string) => boolean
  readonly clock: Clock
  readonly log: Logger
}

/** An issuer that was not probed yet is known soon. */
const probeWait = seconds(5)

interface Observed {
  readonly order: CertificateRevocation
  readonly snapshot: RevocationSnapshot
  readonly issuerKey: IssuerKey | undefined
}

export class RevocationController {
  readonly #parts: RevocationControllerParts

  constructor(parts: RevocationControllerParts) {
    this.#parts = parts
  }

  /** @param key - `namespace/name` of the CertificateRevocation */
  async reconcile(key: string, signal: AbortSignal): Promise<Verdict> {
    const { clock, revocations } = this.#parts
    const object = revocations.get(key)?.object
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return { kind: 'done' }
    const parsed = parseRevocation(object)
    if (!parsed.ok) return this.#complain(object, parsed.error)
    const observed = this.#observe(parsed.value)
    if (observed === undefined) return { kind: 'wakeAt', at: plus(clock.now(), probeWait) }
    const step = decideRevocation(observed.snapshot, clock.now())
    if (step.kind === 'remove') return this.#remove(observed.order, signal)
    const result = await this.#act(key, { observed, step }, signal)
    if (result === 'queued') return { kind: 'done' }
    return this.#finish(key, observed.order, {
      next: reduceRevocation(observed.snapshot, { step, result }, clock.now()),
      // What comes next hangs on the status just written: the revocation itself, or how long the order is kept.
      goesOn: result.kind === 'found' || result.kind === 'revoked',
      signal,
    })
  }

  /** The API server has let through what this version cannot read: a newer version wrote it. */
  #complain(object: CertificateRevocation, message: string): Verdict {
    this.#parts.events.record({ regarding: regardingOf(object), type: 'Warning', reason: 'InvalidSpec', message })
    return { kind: 'done' }
  }

  /** @returns undefined while the issuer has not been probed by this process */
  #observe(order: CertificateRevocation): Observed | undefined {
    const { metadata, spec, status = {} } = order
    const { name, namespace = '', uid = '', generation = 0 } = metadata
    const { target } = status
    const ref = spec.issuerRef ?? target?.issuerRef
    const issuer = ref === undefined ? undefined : this.#issuer(ref, namespace)
    if (issuer === 'unknown') return undefined
    const holder = target === undefined ? undefined : this.#parts.targets.holderOf(namespace, target)
    return {
      order,
      snapshot: { name, uid, generation, spec, status, target, holder, issuer },
      issuerKey: ref && issuerKeyOf(ref, namespace),
    }
  }

  #issuer(ref: IssuerRef, namespace: string): RevokingIssuer | 'unknown' {
    const { live, issuerExists } = this.#parts
    const key = issuerKeyOf(ref, namespace)
    if (!issuerExists(key))
      return {
        kind: 'absent',
        ref,
        message: `there is no ${ref.kind} ${ref.name}; make it, or name another in spec.issuerRef`,
      }
    const state = live.state(key)
    if (state === undefined) return 'unknown'
    if (state.kind === 'notReady') return { kind: 'notReady', ref, message: state.message }
    const { enroller } = state.session
    const { protocol, revokesOnce } = enroller
    return { kind: 'ready', ref, protocol, revokes: enroller.revoke !== undefined, revokesOnce }
  }

  async #act(
    key: string,
    { observed, step }: { observed: Observed; step: RevocationStep },
    signal: AbortSignal,
  ): Promise<RevocationResult | 'queued'> {
    switch (step.kind) {
      case 'find': {
        const found = await this.#parts.targets.find(observed.order, signal)
        return found.ok ? { kind: 'found', target: found.value } : { kind: 'notFound', message: found.error }
      }
      case 'reissue':
        await this.#reissue(observed.order, step, signal)
        return { kind: 'reissuing' }
      case 'revoke':
        return this.#revoke(key, observed, signal)
      default:
        return { kind: 'nothing' }
    }
  }

  #reissue(
    { metadata }: CertificateRevocation,
    { certificateName, token }: Extract<RevocationStep, { kind: 'reissue' }>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const ref = { namespace: metadata.namespace ?? '', name: certificateName }
    return this.#parts.certificates.mergePatch(
      ref,
      { metadata: { annotations: { [annotations.renew]: token } } },
      signal,
    )
  }

  /** Asks the CA, through the same gate as every other call to it. */
  async #revoke(key: string, observed: Observed, signal: AbortSignal): Promise<RevocationResult | 'queued'> {
    const { live, again } = this.#parts
    const session = observed.issuerKey === undefined ? undefined : live.session(observed.issuerKey)
    const { target } = observed.snapshot
    if (session === undefined || target === undefined) return { kind: 'nothing' }
    const gate = session.gate.enter(`revocation/${key}`, () => again(key))
    if (gate.kind === 'wait') return 'queued'
    try {
      return await this.#ask(session, { order: observed.order, target }, signal)
    } finally {
      gate.leave()
    }
  }

  async #ask(
    session: IssuerSession,
    { order, target }: { order: CertificateRevocation; target: RevocationTarget },
    signal: AbortSignal,
  ): Promise<RevocationResult> {
    const { contexts, targets, log } = this.#parts
    const certificate = await targets.revocable(order, target, signal)
    if (!certificate.ok) return { kind: 'failed', fault: fault('RequestUnsupported', certificate.error) }
    const reason = order.spec.reason ?? 'unspecified'
    const outcome = await session.enroller.revoke?.(certificate.value, reason, contexts.contextFor(session, signal))
    if (outcome === undefined) return { kind: 'nothing' }
    log.info('asked for a revocation', { serialNumber: target.serialNumber, reason, outcome: outcome.kind })
    return resultOf(outcome)
  }

  async #finish(
    key: string,
    order: CertificateRevocation,
    { next, goesOn, signal }: { next: RevocationNext; goesOn: boolean; signal: AbortSignal },
  ): Promise<Verdict> {
    const { clock, events, revocations, resource } = this.#parts
    if (JSON.stringify(next.status) !== JSON.stringify(order.status)) {
      const { apiVersion, kind, metadata } = order
      const { name, namespace = '', resourceVersion } = metadata
      const ref = { name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
      try {
        const written = await resource.applyStatus({ apiVersion, kind, metadata: ref, status: next.status }, signal)
        revocations.overlay(key, projectRevocation(written))
      } catch (error) {
        if (error instanceof KubeError && error.reason === 'notFound') return { kind: 'done' }
        // What somebody else wrote meanwhile comes with the watch; revoking twice is revoking once.
        if (error instanceof KubeError && error.reason === 'conflict') return { kind: 'retry' }
        throw error
      }
    }
    for (const event of next.events) events.record({ regarding: regardingOf(order), ...event })
    if (goesOn) return { kind: 'wakeAt', at: clock.now() }
    return next.wakeAt === undefined ? { kind: 'done' } : { kind: 'wakeAt', at: next.wakeAt }
  }

  async #remove({ metadata }: CertificateRevocation, signal: AbortSignal): Promise<Verdict> {
    const { name, namespace = '', uid } = metadata
    await this.#parts.resource.delete({ name, namespace }, uid === undefined ? {} : { uid }, signal)
    return { kind: 'done' }
  }
}

function resultOf(outcome: RevokeOutcome): RevocationResult {
  switch (outcome.kind) {
    case 'revoked':
      return { kind: 'revoked' }
    case 'pending':
      return { kind: 'pending', wakeAt: outcome.wakeAt }
    case 'deferred':
      return { kind: 'failed', fault: outcome.fault, wakeAt: outcome.wakeAt }
    case 'refused':
      return { kind: 'failed', fault: outcome.fault }
  }
}
