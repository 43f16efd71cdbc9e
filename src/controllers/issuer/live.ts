/**
 * The issuers as this process knows them: which are ready, and the enroller to speak through. Filled by the issuer
 * controller, read by the certificate controller. Nothing here is stored: a new process probes every issuer again.
 */
import { isDeepStrictEqual } from 'node:util'
import type { IssuerRef } from '../../api/meta.ts'
import type { Rollover } from '../../domain/authority/rollover.ts'
import { afterExchange, closedCircuit, isAnswer, onTrial, openFault, pauseAfter } from '../../domain/health.ts'
import type { Circuit, Pause } from '../../domain/health.ts'
import type { Result } from '../../domain/outcome.ts'
import type { IssuerView } from '../../domain/snapshot.ts'
import type { Enroller, VouchedRoot } from '../../enroll/enroller.ts'
import type { HttpClient } from '../../net/http.ts'
import type { Gate } from '../../runtime/gate.ts'
import type { Instant } from '../../std/time.ts'

/** `Issuer/<namespace>/<name>` or `ClusterIssuer/<name>`. */
export type IssuerKey = string

export const issuerKeyOf = (ref: Pick<IssuerRef, 'kind' | 'name'>, namespace: string): IssuerKey =>
  ref.kind === 'ClusterIssuer' ? `ClusterIssuer/${ref.name}` : `Issuer/${namespace}/${ref.name}`

export type IssuerScope = 'Namespaced' | 'Cluster'

/** One generation of one issuer with one set of credentials. */
export interface IssuerSession {
  /** Changes when the spec or a credential changes. */
  readonly identity: string
  readonly uid: string
  readonly generation: number
  readonly enroller: Enroller
  readonly http: HttpClient & { close(): Promise<void> }
  readonly gate: Gate
  /** Where Secrets that the issuer makes for itself lie. */
  readonly secretNamespace: string
  /** Whether it serves one namespace or the cluster. */
  readonly scope: IssuerScope
  /** Roots of the CA that the issuer's status has, at the moment of the call. */
  readonly vouched?: () => readonly VouchedRoot[]
}

export type IssuerState =
  | (Pointing & { readonly kind: 'ready'; readonly session: IssuerSession; readonly since: Instant })
  | (Pointing & {
      readonly kind: 'notReady'
      readonly message: string
      readonly session?: IssuerSession | undefined
      readonly since: Instant
    })

interface Pointing {
  /** `namespace/name` of the Secrets its spec points at, there or not. */
  readonly secrets: readonly string[]
  /** While its CA changes: what certificates follow. */
  readonly rollover?: Rollover | undefined
}

/** One exchange with a CA. `begins`: something new was asked for. */
export interface Exchanged {
  readonly result: Result
  readonly begins: boolean
}

/** Whatever has mended it. A CA in this process has no server that all who wait could overwhelm. */
function meetOneByOne(session: IssuerSession | undefined): void {
  if (session?.enroller.traits.inProcess === false) session.gate.narrow()
}

const quotaOf = (key: IssuerKey, { enroller }: IssuerSession): string => enroller.quota?.() ?? key

export class LiveIssuers {
  readonly #circuits = new Map<IssuerKey, Circuit>()
  /** By whom limits apply to: issuers that share an account share its pause. */
  readonly #pauses = new Map<string, Pause>()
  readonly #states = new Map<IssuerKey, IssuerState>()
  readonly #listeners = new Set<(key: IssuerKey) => void>()

  /** Called with the key of every issuer whose readiness or generation changed. */
  subscribe(listener: (key: IssuerKey) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  state(key: IssuerKey): IssuerState | undefined {
    return this.#states.get(key)
  }

  keys(): readonly IssuerKey[] {
    return [...this.#states.keys()]
  }

  set(key: IssuerKey, state: IssuerState): void {
    const before = this.#states.get(key)
    this.#states.set(key, state)
    const isOther = before?.session?.identity !== state.session?.identity
    const wasInTrouble = before?.kind === 'notReady' || this.#circuits.has(key)
    if (wasInTrouble && (isOther || state.kind !== before?.kind)) meetOneByOne(state.session)
    if (isOther) this.#circuits.delete(key)
    const isSame = before?.kind === state.kind && !isOther
    if (!isSame || !isDeepStrictEqual(before?.rollover, state.rollover)) this.#tell(key)
  }

  /** What certificates of the issuer follow while its CA changes. */
  rollover(key: IssuerKey): Rollover | undefined {
    return this.#states.get(key)?.rollover
  }

  remove(key: IssuerKey): void {
    this.#circuits.delete(key)
    this.#pauses.delete(key)
    if (this.#states.delete(key)) this.#tell(key)
  }

  /** The issuers whose spec points at a Secret. */
  using(secret: string): readonly IssuerKey[] {
    return [...this.#states].filter(([, state]) => state.secrets.includes(secret)).map(([key]) => key)
  }

  session(key: IssuerKey): IssuerSession | undefined {
    const state = this.#states.get(key)
    return state?.kind === 'ready' && !this.isOpen(key) ? state.session : undefined
  }

  /** How `decide` sees the issuer; undefined while it has not been probed by this process. */
  view(key: IssuerKey): IssuerView | undefined {
    const state = this.#states.get(key)
    if (state === undefined) return undefined
    if (state.kind === 'notReady') return { kind: 'notReady', message: state.message, since: state.since }
    const circuit = this.#circuits.get(key)
    if (circuit?.state === 'open')
      return { kind: 'notReady', message: openFault(circuit).message, since: circuit.since }
    const { session, since } = state
    const pause = this.#pauses.get(quotaOf(key, session))
    return {
      kind: 'ready',
      protocol: session.enroller.protocol,
      uid: session.uid,
      generation: session.generation,
      inProcess: session.enroller.traits.inProcess,
      renewsWithCurrent: session.enroller.traits.renewsWithCurrent,
      advises: session.enroller.advise !== undefined,
      readySince: since,
      ...(pause === undefined ? {} : { pause }),
    }
  }

  /**
   * Notes how an exchange with the CA went, and lets those who wait for the issuer know when that changes anything for them.
   *
   * @returns whether the issuer is left alone from now on
   */
  exchanged(key: IssuerKey, { result, begins }: Exchanged, now: Instant): 'tripped' | undefined {
    const state = this.#states.get(key)
    if (state?.session === undefined) return undefined
    const { session } = state
    const before = this.#circuits.get(key) ?? closedCircuit(now)
    const circuit = afterExchange(before, result, now)
    if (circuit.state === 'closed' && circuit.faults === 0) this.#circuits.delete(key)
    else this.#circuits.set(key, circuit)
    const quota = quotaOf(key, session)
    if (begins) this.#notePause(quota, result, now)
    if (circuit.state !== 'closed' || this.#pauses.has(quota)) session.gate.narrow()
    else if (isAnswer(result)) session.gate.widen()
    const hasClosed = circuit.state === 'closed' && before.state !== 'closed'
    if (hasClosed && state.kind === 'ready') this.#states.set(key, { ...state, since: now })
    const hasTripped = circuit.state === 'open' && before.state !== 'open'
    if (hasClosed || hasTripped) this.#tell(key)
    return hasTripped ? 'tripped' : undefined
  }

  /** It is kept until the CA has been asked again with success. */
  #notePause(quota: string, result: Result, now: Instant): void {
    const pause = pauseAfter(this.#pauses.get(quota), result, now)
    if (pause === undefined) this.#pauses.delete(quota)
    else this.#pauses.set(quota, pause)
  }

  isOpen(key: IssuerKey): boolean {
    return this.#circuits.get(key)?.state === 'open'
  }

  /** @returns what is wrong while the circuit is open and its time is not up; from then on the issuer is on trial */
  outage(key: IssuerKey, session: IssuerSession, now: Instant): Circuit | undefined {
    const circuit = this.#circuits.get(key)
    // Another spec or other credentials deserve another look.
    if (this.#states.get(key)?.session?.identity !== session.identity) return undefined
    return circuit?.state === 'open' && now < circuit.until ? circuit : undefined
  }

  /** The issuer has answered a probe: from now on Certificates try, one at a time until one succeeds. */
  tryAgain(key: IssuerKey, now: Instant): void {
    const circuit = this.#circuits.get(key)
    if (circuit?.state !== 'open') return
    this.#circuits.set(key, onTrial(circuit, now))
    this.#states.get(key)?.session?.gate.narrow()
    this.#tell(key)
  }

  #tell(key: IssuerKey): void {
    for (const listener of this.#listeners) listener(key)
  }
}
