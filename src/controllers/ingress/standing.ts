/** Our condition in the status of Gateways and sets of listeners, beside those of whoever serves them. */
import type { KubeObject } from '../../api/meta.ts'
import type { Claimant } from '../../domain/ingress/claimant.ts'
import { conditionType, isUntold } from '../../domain/ingress/standing.ts'
import type { ToldStanding } from '../../domain/ingress/standing.ts'
import { KubeError } from '../../kube/errors.ts'
import type { KindRef, Resource } from '../../kube/resource.ts'
import type { Clock } from '../../std/clock.ts'
import type { Logger } from '../../std/log.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Claimants } from './claimants.ts'
import { placeOf } from './kinds.ts'
import { Pace } from './pace.ts'
import { projectClaimant } from './projection.ts'

export interface StandingParts {
  readonly claimants: Claimants
  readonly resourceOf: (kind: KindRef) => Pick<Resource<KubeObject>, 'applyStatus'>
  readonly clock: Clock
  readonly log: Logger
}

/** The object has too many conditions already, the operator may not write them, or it is gone: the Events have to do. */
const untellable = new Set(['invalid', 'forbidden', 'notFound', 'conflict'])

export class Standings {
  readonly #parts: StandingParts
  readonly #pace: Pace
  /** By uid: what was written last, so that it can be told whether others took it away. */
  readonly #written = new Map<string, string>()
  #isRefused = false

  constructor(parts: StandingParts) {
    this.#parts = parts
    this.#pace = new Pace(parts.clock, (object) =>
      parts.log.warn('the condition perennial.dev/Accepted is taken away each time it is written', { object }),
    )
  }

  /** @returns when to come again, where others take away what was said */
  async tell(claimant: Claimant, verdict: ToldStanding | undefined, signal: AbortSignal): Promise<Instant | undefined> {
    const { uid, namespace, name, kind } = claimant
    if (!isUntold(claimant, verdict)) return undefined
    const words = JSON.stringify([verdict, claimant.standing?.generation])
    if (this.#written.get(uid) === words) {
      const until = this.#pace.mayMend(uid, `${kind} ${namespace}/${name}`)
      if (until !== undefined) return until
    } else this.#pace.forget(uid)
    try {
      await this.#write(claimant, verdict, signal)
      this.#written.set(uid, words)
    } catch (error) {
      if (!(error instanceof KubeError) || !untellable.has(error.reason)) throw error
      // Told once, for a missing permission is to be seen; the rest would say the same.
      this.#parts.log[this.#isRefused ? 'debug' : 'warn']('a condition could not be written', {
        kind,
        namespace,
        name,
        error,
      })
      this.#isRefused = true
    }
    return undefined
  }

  async #write(claimant: Claimant, verdict: ToldStanding | undefined, signal: AbortSignal): Promise<void> {
    const { claimants, resourceOf } = this.#parts
    const { apiVersion, kind, namespace, name } = claimant
    const place = placeOf(claimant)
    if (place === undefined) return
    // An empty list takes ours away and leaves those of others; an empty status would become null, which no schema allows.
    const conditions = verdict === undefined ? [] : [this.#condition(claimant, verdict)]
    const object = { apiVersion, kind, metadata: { namespace, name }, status: { conditions } }
    const written = await resourceOf(place.ref).applyStatus(object, signal)
    claimants.stores[place.family].put(`${namespace}/${name}`, projectClaimant(place.family, written))
  }

  #condition({ standing }: Claimant, verdict: ToldStanding): object {
    const said = standing?.said
    const since = said?.status === verdict.status ? said.lastTransitionTime : undefined
    return {
      type: conditionType,
      ...verdict,
      observedGeneration: standing?.generation ?? 0,
      lastTransitionTime: since ?? toRfc3339(this.#parts.clock.now()),
    }
  }
}
