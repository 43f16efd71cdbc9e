/**
 * The issuers as this process knows them: which are ready, and the enroller to speak through. Filled by the issuer
 * controller, read by the certificate controller. Nothing here is stored: a new process probes every issuer again.
 */
import type { IssuerRef } from '../../api/meta.ts'
import type { IssuerView } from '../../domain/snapshot.ts'
import type { Enroller } from '../../enroll/enroller.ts'
import type { HttpClient } from '../../net/http.ts'
import type { Gate } from '../../runtime/gate.ts'
import type { Instant } from '../../std/time.ts'

/** `Issuer/<namespace>/<name>` or `ClusterIssuer/<name>`. */
export type IssuerKey = string

export const issuerKeyOf = (ref: Pick<IssuerRef, 'kind' | 'name'>, namespace: string): IssuerKey =>
  ref.kind === 'ClusterIssuer' ? `ClusterIssuer/${ref.name}` : `Issuer/${namespace}/${ref.name}`

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
}

export class LiveIssuers {
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
    if (before?.kind !== state.kind || before.session?.identity !== state.session?.identity) this.#tell(key)
  }

  remove(key: IssuerKey): void {
    if (this.#states.delete(key)) this.#tell(key)
  }

  /** The issuers whose spec points at a Secret. */
  using(secret: string): readonly IssuerKey[] {
    return [...this.#states].filter(([, state]) => state.secrets.includes(secret)).map(([key]) => key)
  }

  session(key: IssuerKey): IssuerSession | undefined {
    const state = this.#states.get(key)
    return state?.kind === 'ready' ? state.session : undefined
  }

  /** How `decide` sees the issuer; undefined while it has not been probed by this process. */
  view(key: IssuerKey): IssuerView | undefined {
    const state = this.#states.get(key)
    if (state === undefined) return undefined
    if (state.kind === 'notReady') return { kind: 'notReady', message: state.message, since: state.since }
    const { session, since } = state
    return {
      kind: 'ready',
      protocol: session.enroller.protocol,
      uid: session.uid,
      generation: session.generation,
      inProcess: session.enroller.traits.inProcess,
      renewsWithCurrent: session.enroller.traits.renewsWithCurrent,
      advises: session.enroller.advise !== undefined,
      readySince: since,
    }
  }

  #tell(key: IssuerKey): void {
    for (const listener of this.#listeners) listener(key)
  }
}
