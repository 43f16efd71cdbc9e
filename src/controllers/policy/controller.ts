/** Tells of each policy whether it is applied as it is written, and how many Certificates it selects and does not allow. */
import type { Certificate } from '../../api/certificate.ts'
import type { CertificatePolicy, PolicyStatus } from '../../api/policy.ts'
import { rivalsOf, surelyMeet } from '../../domain/policy/conflicts.ts'
import { selects } from '../../domain/policy/select.ts'
import { standingOf } from '../../domain/policy/standing.ts'
import type { Standing } from '../../domain/policy/standing.ts'
import { KubeError } from '../../kube/errors.ts'
import { regardingOf } from '../../kube/events.ts'
import type { EventRecorder } from '../../kube/events.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Verdict } from '../../runtime/worker.ts'
import type { Clock } from '../../std/clock.ts'
import { plus, seconds } from '../../std/time.ts'
import { projectPolicy } from './policies.ts'
import type { PolicyProjection } from './policies.ts'
import type { CachedPolicies, PolicyStores } from './reader.ts'

export interface PolicyControllerParts {
  readonly stores: PolicyStores
  readonly reader: CachedPolicies
  readonly certificates: () => Iterable<Certificate>
  readonly resource: Pick<Resource<CertificatePolicy>, 'applyStatus'>
  readonly events: Pick<EventRecorder, 'record'>
  readonly clock: Clock
}

/** Counting looks at every Certificate: now and then, and not for each of them. */
const recount = seconds(15)

export class PolicyController {
  readonly #parts: PolicyControllerParts

  constructor(parts: PolicyControllerParts) {
    this.#parts = parts
  }

  /** @param name - of the CertificatePolicy */
  async reconcile(name: string, signal: AbortSignal): Promise<Verdict> {
    const { stores, clock } = this.#parts
    const projection = stores.policies.get(name)
    if (projection === undefined || projection.object.metadata.deletionTimestamp !== undefined) return { kind: 'done' }
    const { object, policy } = projection
    const { generation = 0 } = object.metadata
    const status = standingOf({ policy, generation, before: object.status, ...this.#count(policy) }, clock.now())
    await this.#write(object, status, signal)
    return { kind: 'wakeAt', at: plus(clock.now(), recount) }
  }

  /** One look at every Certificate, however many policies there are: rivals are looked for among those that it selects. */
  #count(policy: PolicyProjection['policy']): Pick<Standing, 'selected' | 'violating' | 'opponents'> {
    let selected = 0
    let violating = 0
    if (!policy.ok) return { selected, violating, opponents: [] }
    const { reader, certificates } = this.#parts
    const rivals = rivalsOf(policy.value, reader.understood())
    const met = new Set(rivals.filter((rival) => surelyMeet(policy.value, rival)))
    for (const certificate of certificates()) {
      const applicant = reader.applicantOf(certificate)
      if (applicant === undefined || !selects(policy.value, applicant)) continue
      selected += 1
      const { violations = [] } = certificate.status?.policy ?? {}
      if (violations.some((violation) => violation.policy === policy.value.name)) violating += 1
      for (const rival of rivals) if (!met.has(rival) && selects(rival, applicant)) met.add(rival)
    }
    return { selected, violating, opponents: rivals.filter((rival) => met.has(rival)) }
  }

  async #write(object: CertificatePolicy, status: PolicyStatus, signal: AbortSignal): Promise<void> {
    if (JSON.stringify(status) === JSON.stringify(object.status)) return
    const { apiVersion, kind, metadata } = object
    const { resource, stores, events } = this.#parts
    try {
      const written = await resource.applyStatus(
        { apiVersion, kind, metadata: { name: metadata.name }, status },
        signal,
      )
      stores.policies.overlay(metadata.name, projectPolicy(written))
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'notFound') return
      throw error
    }
    const [ready] = status.conditions ?? []
    const [before] = object.status?.conditions ?? []
    if (ready === undefined || ready.status !== 'False' || ready.reason === before?.reason) return
    events.record({ regarding: regardingOf(object), type: 'Warning', reason: ready.reason, message: ready.message })
  }
}
