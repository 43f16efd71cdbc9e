/** Carries out what `domain/hold.ts` asks for: an enrollment that shows something outside the cluster is never dropped unseen. */
import type { Certificate } from '../../api/certificate.ts'
import { enrollmentFinalizer, holdOf } from '../../domain/hold.ts'
import type { Verdict } from '../../runtime/worker.ts'
import type { Clock } from '../../std/clock.ts'
import type { Logger } from '../../std/log.ts'
import { fromRfc3339, minutes, plus, seconds } from '../../std/time.ts'
import type { ContextMaker } from '../context.ts'
import type { IssuerSession } from '../issuer/live.ts'
import { changeFinalizer } from './finalizers.ts'
import type { FinalizerChange, FinalizerParts } from './finalizers.ts'

export interface EnrollmentHoldParts extends FinalizerParts {
  readonly contexts: ContextMaker
  readonly clock: Clock
  readonly log: Logger
}

/** How long a deletion waits for an issuer that is not there: then what is shown stays. */
const patience = minutes(2)
const lookAgain = seconds(2)

export class EnrollmentHold {
  readonly #parts: EnrollmentHoldParts

  constructor(parts: EnrollmentHoldParts) {
    this.#parts = parts
  }

  /**
   * @param session - of the issuer that the enrollment is at, if it is there
   * @returns undefined when nothing is to be done here: everything else may go on
   */
  async settle(
    certificate: Certificate,
    session: IssuerSession | undefined,
    signal: AbortSignal,
  ): Promise<Verdict | undefined> {
    switch (holdOf(certificate)) {
      case 'nothing':
        return undefined
      case 'hold':
        return this.#change(certificate, 'add', signal)
      case 'release':
        return this.#change(certificate, 'remove', signal)
      case 'farewell':
        return this.#farewell(certificate, session, signal)
    }
  }

  async #farewell(certificate: Certificate, session: IssuerSession | undefined, signal: AbortSignal): Promise<Verdict> {
    const { clock, contexts, log } = this.#parts
    const ticket = certificate.status?.enrollment?.ticket
    if (session !== undefined && ticket !== undefined) {
      await session.enroller.abandon?.(ticket, contexts.contextFor(session, signal, certificate))
      return this.#change(certificate, 'remove', signal)
    }
    const since = fromRfc3339(certificate.metadata.deletionTimestamp ?? '')
    if (since !== undefined && clock.now() < plus(since, patience))
      return { kind: 'wakeAt', at: plus(clock.now(), lookAgain) }
    const { name, namespace } = certificate.metadata
    log.warn('an enrollment was dropped without its issuer: what it shows outside the cluster stays', {
      namespace,
      name,
    })
    return this.#change(certificate, 'remove', signal)
  }

  /** Looked at again at once: the change of a finalizer is no news that wakes anybody. */
  async #change(certificate: Certificate, kind: FinalizerChange['kind'], signal: AbortSignal): Promise<Verdict> {
    const change = { finalizer: enrollmentFinalizer, kind }
    const changed = await changeFinalizer(this.#parts, { certificate, change }, signal)
    return changed.kind === 'done' ? { kind: 'wakeAt', at: this.#parts.clock.now() } : changed
  }
}
