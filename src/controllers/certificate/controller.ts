/**
 * One reconcile of one Certificate: observe, decide, act, reduce, write. Everything that is thought lies in `domain/`;
 * everything that is done lies in `act.ts`; this file is the order in which it happens.
 */
import type { Certificate } from '../../api/certificate.ts'
import { claimOf, waitingStep } from '../../domain/budget/claim.ts'
import { decide } from '../../domain/decide.ts'
import type { Step } from '../../domain/decide.ts'
import { reduce } from '../../domain/reduce.ts'
import type { Next, Result } from '../../domain/outcome.ts'
import { KubeError } from '../../kube/errors.ts'
import type { KubeReason } from '../../kube/errors.ts'
import { regardingOf } from '../../kube/events.ts'
import type { EventRecorder } from '../../kube/events.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Entry } from '../../runtime/gate.ts'
import type { WorkQueue } from '../../runtime/queue.ts'
import type { Verdict } from '../../runtime/worker.ts'
import type { Clock } from '../../std/clock.ts'
import type { Logger } from '../../std/log.ts'
import { plus, seconds } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { ContextMaker } from '../context.ts'
import { issuerKeyOf } from '../issuer/live.ts'
import type { IssuerSession } from '../issuer/live.ts'
import { act, unexpected } from './act.ts'
import type { Action, Actors } from './act.ts'
import type { Budgets } from './budgets.ts'
import { EnrollmentHold } from './hold.ts'
import type { IssuanceLog } from './issuance.ts'
import { observe } from './observe.ts'
import type { Caches, Observation } from './observe.ts'
import { isSeenLate } from './sight.ts'
import { CertificateStatuses } from './statuses.ts'

export interface CertificateControllerParts {
  readonly caches: Caches
  readonly actors: Actors
  readonly certificates: Resource<Certificate>
  readonly contexts: ContextMaker
  readonly events: EventRecorder
  readonly queue: WorkQueue
  readonly clock: Clock
  readonly log: Logger
  readonly issuance: IssuanceLog
  readonly budgets: Budgets
  /** The issuer turned out to be at fault: have it looked at again. */
  readonly recheckIssuer: (key: string) => void
}

interface Telling {
  readonly certificate: Certificate
  readonly next: Next
  readonly isStale: boolean
}

/** Until a status is written again that somebody else's changes got in the way of. */
const breath = seconds(1)

/** Troubles of the API server that pass. A write that is refused for good must not hold up the next renewal. */
const passing: ReadonlySet<KubeReason> = new Set(['tooManyRequests', 'timeout', 'unreachable', 'unreadable', 'server'])

export class CertificateController {
  readonly #parts: CertificateControllerParts
  /** See `Snapshot.hold`. */
  readonly #holds = new Map<string, Instant>()
  readonly #untold = new Map<string, Telling>()
  readonly #statuses: CertificateStatuses
  readonly #hold: EnrollmentHold

  constructor(parts: CertificateControllerParts) {
    this.#parts = parts
    this.#statuses = new CertificateStatuses(parts.certificates, parts.caches.certificates)
    this.#hold = new EnrollmentHold({ ...parts, store: parts.caches.certificates })
  }

  /** @param key - `namespace/name` of the Certificate */
  async reconcile(key: string, signal: AbortSignal): Promise<Verdict> {
    const { caches, clock } = this.#parts
    const untold = this.#untold.get(key)
    if (untold !== undefined) return this.#tell(key, untold, signal)
    const observation = observe(key, caches, { hold: this.#holds.get(key), now: clock.now() })
    if (observation === undefined) {
      if (caches.certificates.get(key) === undefined) this.#forget(key)
      return { kind: 'done' }
    }
    if (await isSeenLate(observation, this.#parts.actors.secrets, signal)) return { kind: 'retry' }
    const held = await this.#hold.settle(observation.certificate, this.#holderOf(observation), signal)
    if (held !== undefined) return held
    const wanted = decide(observation.snapshot, clock.now())
    const step = this.#inTurn(key, observation, wanted)
    if (step === undefined) return this.#queue(key, { observation, step: wanted, until: undefined }, signal)
    const gate = this.#enterGate(key, observation, step)
    if (gate.kind === 'wait') return this.#queue(key, { observation, step, until: gate.until }, signal)
    try {
      if (beginsAnew(step)) this.#parts.budgets.begun(key, clock.now())
      const result = await this.#act(observation, step, signal)
      const verdict = await this.#finish(key, { observation, step, result }, signal)
      // What has been made ready for a CA is sent before the next is made ready.
      if (isUnsent(result)) gate.stepOut()
      return verdict
    } finally {
      gate.leave()
    }
  }

  /** What is remembered about Certificates that are no longer ours would be out of date when they are again. */
  forgetOthers(isOurs: (key: string) => boolean): void {
    for (const memory of [this.#holds, this.#untold])
      for (const key of memory.keys()) if (!isOurs(key)) memory.delete(key)
  }

  #forget(key: string): void {
    this.#holds.delete(key)
    this.#parts.budgets.leave(key)
  }

  /** Nothing new is begun beyond the budget of the issuer. @returns undefined while it is in line, and soon in turn */
  #inTurn(key: string, { snapshot, issuerKey }: Observation, step: Step): Step | undefined {
    const now = this.#parts.clock.now()
    const claim = claimOf(snapshot, step, now)
    if (claim === undefined) this.#parts.budgets.leave(key)
    const answer = claim === undefined ? undefined : this.#parts.budgets.ask(issuerKey, claim, now)
    if (answer === undefined || answer.turn.kind === 'open') return step
    return waitingStep(snapshot, { turn: answer.turn, limits: answer.limits }, now)
  }

  /** Steps that speak with a CA pass its issuer's gate, so that one slow CA cannot hold every worker. */
  #enterGate(key: string, { issuerKey }: Observation, step: Step): Entry {
    const session = this.#parts.caches.issuers.session(issuerKey)
    if (session === undefined || !speaksWithCa(step)) {
      session?.gate.withdraw(key)
      return ungated
    }
    return session.gate.enter(key, () => this.#parts.queue.add(key, 'due'))
  }

  async #act(observation: Observation, step: Step, signal: AbortSignal): Promise<Result> {
    const { wish } = observation.snapshot.certificate
    if (!wish.ok) return { kind: 'nothing' }
    const { issuers } = this.#parts.caches
    const session = step.kind === 'abandon' ? this.#holderOf(observation) : issuers.session(observation.issuerKey)
    const ctx = this.#parts.contexts.contextFor(session, signal, observation.certificate)
    const action: Action = { step, observation, wish: wish.value, session, ctx }
    const started = this.#parts.clock.monotonic()
    try {
      const result = await act(action, this.#parts.actors)
      this.#record({ step, result, session, observation, started })
      return result
    } catch (error) {
      if (error instanceof KubeError || signal.aborted || !speaksWithCa(step)) throw error
      this.#parts.log.error('step failed unexpectedly', {
        step: step.kind,
        certificate: observation.certificate.metadata.name,
        error,
      })
      return unexpected(error)
    }
  }

  /** The issuer that the enrollment in flight was started at, if it still is what it was then. */
  #holderOf({ snapshot: { certificate } }: Observation): IssuerSession | undefined {
    const { enrollment } = certificate.status
    const ref = enrollment?.issuerRef ?? (certificate.wish.ok ? certificate.wish.value.issuerRef : undefined)
    if (ref === undefined) return undefined
    const session = this.#parts.caches.issuers.session(issuerKeyOf(ref, certificate.namespace))
    return session?.enroller.protocol === enrollment?.protocol ? session : undefined
  }

  #record(done: {
    step: Step
    result: Result
    session: IssuerSession | undefined
    observation: Observation
    started: number
  }): void {
    const { step, result, session, observation } = done
    if (!speaksWithCa(step) || session === undefined) return
    const { clock } = this.#parts
    this.#parts.issuance.record({
      result,
      session,
      observation,
      took: clock.monotonic() - done.started,
      now: clock.now(),
    })
    const { issuers } = this.#parts.caches
    const begins = asksAnew(step, observation.certificate)
    if (issuers.exchanged(observation.issuerKey, { result, begins }, clock.now()) === 'tripped')
      this.#parts.issuance.tripped({ session, observation })
    if ((result.kind === 'failed' && result.how === 'blocked') || issuers.isOpen(observation.issuerKey))
      this.#parts.recheckIssuer(observation.issuerKey)
  }

  async #finish(
    key: string,
    { observation, step, result }: { observation: Observation; step: Step; result: Result },
    signal: AbortSignal,
  ): Promise<Verdict> {
    const { clock } = this.#parts
    const next = reduce(observation.snapshot, { step, result }, clock.now())
    if (next.hold === undefined) this.#holds.delete(key)
    else this.#holds.set(key, next.hold)
    return this.#tell(key, { certificate: observation.certificate, next, isStale: result.kind === 'stale' }, signal)
  }

  /** What could not be told for the moment is told before anything else is done: the CA must not be asked again meanwhile. */
  async #tell(key: string, telling: Telling, signal: AbortSignal): Promise<Verdict> {
    const { certificate, next, isStale } = telling
    this.#untold.set(key, telling)
    try {
      const written =
        next.status === undefined ? 'written' : await this.#statuses.write(certificate, next.status, signal)
      if (written === 'contended') return { kind: 'wakeAt', at: plus(this.#parts.clock.now(), breath) }
      this.#untold.delete(key)
      if (written === 'stale') return { kind: 'retry' }
    } catch (error) {
      if (!(error instanceof KubeError) || !passing.has(error.reason)) this.#untold.delete(key)
      throw error
    }
    for (const event of next.events) this.#parts.events.record({ regarding: regardingOf(certificate), ...event })
    return isStale ? { kind: 'retry' } : this.#verdict(next)
  }

  /** In line at the issuer's gate: nothing is done, but a certificate that expires meanwhile is told to have expired. */
  async #queue(
    key: string,
    { observation, step, until }: { observation: Observation; step: Step; until: Instant | undefined },
    signal: AbortSignal,
  ): Promise<Verdict> {
    const next = reduce(observation.snapshot, { step, result: { kind: 'queued' } }, this.#parts.clock.now())
    const verdict = await this.#tell(key, { certificate: observation.certificate, next, isStale: false }, signal)
    if (until === undefined || (verdict.kind === 'wakeAt' && verdict.at < until)) return verdict
    return { kind: 'wakeAt', at: until }
  }

  #verdict({ then }: Next): Verdict {
    switch (then.kind) {
      case 'again':
        return { kind: 'wakeAt', at: this.#parts.clock.now() }
      case 'at':
        return { kind: 'wakeAt', at: then.at }
      case 'rest':
        return { kind: 'done' }
    }
  }
}

const beginsAnew = (step: Step): boolean => step.kind === 'enroll' || step.kind === 'renew'
/** A request that lay ready asks for something new when it is sent. */
const asksAnew = (step: Step, { status }: Certificate): boolean =>
  beginsAnew(step) || (step.kind === 'poll' && status?.enrollment?.askedAt === undefined)
const isUnsent = (result: Result): boolean => result.kind === 'pending' && result.unsent === true
const ungated: Entry = { kind: 'entered', leave: () => undefined, stepOut: () => undefined }
const speaksWithCa = (step: Step): boolean => beginsAnew(step) || step.kind === 'poll' || step.kind === 'advise'
