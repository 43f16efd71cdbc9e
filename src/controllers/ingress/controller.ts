/**
 * One reconcile of one Ingress, Gateway or set of listeners: see which Certificates it wants, decide, write those that differ,
 * and say on the object itself what cannot be done and why.
 */
import { parseCertificate } from '../../api/certificate.ts'
import { apiVersion } from '../../api/meta.ts'
import type { Claimant, Complaint } from '../../domain/ingress/claimant.ts'
import { decideCertificates } from '../../domain/ingress/decide.ts'
import type { IngressStep, Surroundings } from '../../domain/ingress/decide.ts'
import { claims, wantedBy } from '../../domain/ingress/wanted.ts'
import type { Habits } from '../../domain/ingress/wanted.ts'
import { mostTold, standingFor, stopsSomething } from '../../domain/ingress/standing.ts'
import { KubeError } from '../../kube/errors.ts'
import type { EventRecorder, RecordedEvent } from '../../kube/events.ts'
import type { Verdict } from '../../runtime/worker.ts'
import type { Clock } from '../../std/clock.ts'
import type { JsonObject } from '../../std/json.ts'
import { earliest, minutes, plus, seconds } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { hashOf } from './certificates.ts'
import type { ClaimedCertificates } from './certificates.ts'
import type { Claimants } from './claimants.ts'
import type { ClaimantKey } from './kinds.ts'
import type { Present } from './present.ts'
import type { Standings } from './standing.ts'

export interface IngressControllerParts {
  readonly claimants: Claimants
  readonly certificates: ClaimedCertificates
  readonly standings: Standings
  readonly present: Present
  readonly events: Pick<EventRecorder, 'record'>
  readonly clock: Clock
  readonly habits: Omit<Habits, 'check'>
}

/** Routes are listed soon after the kind is found. */
const routesWait = seconds(1)
/** What an admission policy refuses may be allowed later, and nobody tells when. */
const refusedWait = minutes(5)

/** Events are forgotten after an hour, unless a cluster is set otherwise: what still is wrong is told again before. */
const remindAfter = minutes(50)

/** What came of one step. */
interface Act {
  readonly retries?: true
  readonly wakeAt?: Instant
  readonly complaint?: Complaint
}

/** What is to be done for one object, by what it says. */
interface Decided extends ReturnType<typeof decideCertificates> {
  readonly claimant: Claimant
  readonly wanted: ReturnType<typeof wantedBy>
}

const told = {
  create: 'CertificateCreated',
  update: 'CertificateUpdated',
  mend: 'CertificateUpdated',
  remove: 'CertificateDeleted',
} as const
const done = { create: 'Made', update: 'Changed', mend: 'Mended', remove: 'Deleted' } as const

export class IngressController {
  readonly #parts: IngressControllerParts
  readonly #habits: Habits

  constructor(parts: IngressControllerParts) {
    this.#parts = parts
    this.#habits = { ...parts.habits, check: checkSpec }
  }

  async reconcile(key: ClaimantKey, signal: AbortSignal): Promise<Verdict> {
    const { claimants, clock } = this.#parts
    const known = claimants.get(key)
    if (known !== undefined && readsRoutes(known) && !claimants.routesAreKnown)
      return { kind: 'wakeAt', at: plus(clock.now(), routesWait) }
    const decided = await this.#decide(known, signal)
    // What belongs to an object that is gone is collected by the cluster itself.
    if (decided === undefined) return { kind: 'done' }
    const { claimant, wanted, steps, complaints } = decided
    for (const complaint of complaints.slice(0, mostTold)) this.#tell(claimant, { type: 'Warning', ...complaint })
    const acts: Act[] = []
    for (const step of steps) acts.push(await this.#act(step, claimant, signal))
    const all = [...complaints, ...acts.flatMap(({ complaint }) => complaint ?? [])]
    const again = await this.#parts.standings.tell(claimant, standingFor(wanted, all), signal)
    if (acts.some(({ retries }) => retries === true)) return { kind: 'retry' }
    const reminder = all.some(stopsSomething) ? plus(clock.now(), remindAfter) : undefined
    const times = [again, reminder, ...acts.map(({ wakeAt }) => wakeAt)].filter((time) => time !== undefined)
    const [first, ...rest] = times
    return first === undefined ? { kind: 'done' } : { kind: 'wakeAt', at: earliest(first, ...rest) }
  }

  /**
   * Caches of two kinds are of two moments: the one of Ingresses may not know yet why a Certificate is there that the other knows.
   * So nothing is taken away for what an object said; it is asked what it says.
   */
  async #decide(known: Claimant | undefined, signal: AbortSignal): Promise<Decided | undefined> {
    const decided = this.#decideFor(known)
    if (decided?.steps.some(({ kind }) => kind === 'remove') !== true) return decided
    return this.#decideFor(await this.#parts.present(decided.claimant, signal))
  }

  #decideFor(claimant: Claimant | undefined): Decided | undefined {
    if (claimant === undefined || claimant.isEnding) return undefined
    const wanted = wantedBy(claimant, this.#parts.claimants.routesOf(claimant), this.#habits)
    return { claimant, wanted, ...decideCertificates(claimant, wanted, this.#around(claimant)) }
  }

  #around(claimant: Claimant): Surroundings {
    const { certificates, claimants } = this.#parts
    const { namespace } = claimant
    return {
      find: (name) => certificates.find(`${namespace}/${name}`),
      owned: certificates.having('controller', `${namespace}/${claimant.uid}`),
      writersOf: (secretName) => certificates.having('secret', `${namespace}/${secretName}`),
      rivalsFor: (secretName) =>
        claimants
          .naming(`${namespace}/${secretName}`)
          .flatMap((key) => claimants.get(key) ?? [])
          .filter((one) => one.uid !== claimant.uid && claims(one, secretName, this.#habits)),
      hashOf,
    }
  }

  async #act(step: IngressStep, claimant: Claimant, signal: AbortSignal): Promise<Act> {
    const name = step.kind === 'remove' ? step.name : step.wanted.name
    try {
      const acted = await this.#parts.certificates.act(step, claimant, signal)
      if (acted.kind === 'later') return { wakeAt: acted.at }
      const message = `${done[step.kind]} the Certificate ${name}.`
      if (acted.kind === 'done') this.#tell(claimant, { type: 'Normal', reason: told[step.kind], message })
      return {}
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      if (error.reason === 'conflict') return { retries: true }
      if (error.reason !== 'invalid' && error.reason !== 'forbidden') throw error
      const complaint = refused(name, error)
      this.#tell(claimant, { type: 'Warning', ...complaint })
      return { complaint, wakeAt: plus(this.#parts.clock.now(), refusedWait) }
    }
  }

  #tell({ apiVersion: version, kind, namespace, name, uid }: Claimant, event: Omit<RecordedEvent, 'regarding'>): void {
    this.#parts.events.record({ regarding: { apiVersion: version, kind, namespace, name, uid }, ...event })
  }
}

const refused = (name: string, { message }: KubeError): Complaint => ({
  reason: 'CertificateRefused',
  message: `The API server does not take the Certificate ${name}: ${message}`,
})

const readsRoutes = ({ entries, annotations }: Claimant): boolean =>
  Object.keys(annotations).length > 0 &&
  entries.some(({ hosts, routesFrom }) => hosts.length === 0 && routesFrom !== undefined)

function checkSpec(spec: JsonObject): string | undefined {
  const parsed = parseCertificate({ apiVersion, kind: 'Certificate', metadata: { name: 'wanted' }, spec })
  return parsed.ok ? undefined : parsed.error
}
