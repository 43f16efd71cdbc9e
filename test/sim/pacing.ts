/** Windows and budget of the first issuer, as one life of the operator keeps them: by the very class that the operator uses. */
import { Budgets } from '../../src/controllers/certificate/budgets.ts'
import type { Customer } from '../../src/controllers/certificate/budgets.ts'
import { claimOf, waitingStep } from '../../src/domain/budget/claim.ts'
import type { BudgetLimits } from '../../src/domain/budget/ledger.ts'
import type { Step } from '../../src/domain/decide.ts'
import type { PacingView, Snapshot } from '../../src/domain/snapshot.ts'
import type { RenewalWindow } from '../../src/domain/windows.ts'
import type { Store } from '../../src/kube/store.ts'
import type { Cancel } from '../../src/std/clock.ts'
import { ok } from '../../src/std/result.ts'
import { milliseconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import type { CertificateObject, SecretObject } from './objects.ts'

export interface Pace {
  readonly limits?: BudgetLimits
  readonly windows?: readonly RenewalWindow[]
}

export interface PacingParts {
  readonly pace: Pace
  readonly issuer: string
  readonly certificates: Store<CertificateObject>
  readonly secrets: Store<SecretObject>
  readonly now: () => Instant
  readonly later: (wait: Duration, run: () => void) => Cancel
  readonly wake: (name: string) => void
}

/** All Certificates of the simulation live in one namespace. */
const prefix = 'sim/'

export class Pacing {
  readonly #parts: PacingParts
  readonly #budgets: Budgets

  constructor(parts: PacingParts) {
    this.#parts = parts
    const { issuer: name, pace, now, later } = parts
    const ref = { kind: 'Issuer', name, group: 'perennial.dev' } as const
    const { limits } = pace
    this.#budgets = new Budgets({
      issuerOf: (key) => (limits === undefined || key !== name ? undefined : { ref, uid: name, limits }),
      customersOf: () => this.#customers(),
      wake: (key) => parts.wake(key.slice(prefix.length)),
      clock: { now, monotonic: () => milliseconds(now()), after: later },
    })
  }

  view(now: Instant): PacingView {
    const { pace, issuer } = this.#parts
    return { windows: ok(pace.windows ?? []), pressedUntil: this.#budgets.pressedUntil(issuer, now) }
  }

  /** @returns undefined while it stands in line and will be in turn soon */
  inTurn(snapshot: Snapshot, step: Step, now: Instant): Step | undefined {
    const claim = claimOf(snapshot, step, now)
    const key = `${prefix}${snapshot.certificate.name}`
    if (claim === undefined) this.#budgets.leave(key)
    const answer = claim === undefined ? undefined : this.#budgets.ask(snapshot.choice.ref.name, claim, now)
    const isOpen = answer === undefined || answer.turn.kind === 'open'
    if (isOpen && (step.kind === 'enroll' || step.kind === 'renew')) this.#budgets.begun(key, now)
    if (answer === undefined || answer.turn.kind === 'open') return step
    return waitingStep(snapshot, { turn: answer.turn, limits: answer.limits }, now)
  }

  *#customers(): Generator<Customer> {
    for (const { name, spec, status } of this.#parts.certificates.values()) {
      const secret = this.#parts.secrets.get(spec.secretName)
      const marks = secret?.role === 'certificate' ? secret.marks : undefined
      const metadata = { name, namespace: 'sim' }
      const certificate = { apiVersion: 'perennial.dev/v1', kind: 'Certificate', metadata, spec, status }
      yield { key: `${prefix}${name}`, certificate, marks }
    }
  }
}
