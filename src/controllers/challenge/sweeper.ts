/** Sweeps up behind challenges, namespace by namespace. */
import type { Verdict } from '../../runtime/worker.ts'
import type { Clock } from '../../std/clock.ts'
import { plus, seconds } from '../../std/time.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'
import type { ChallengeRoutes } from './routes.ts'
import { routedTokens } from './targets.ts'

/** The key that has every namespace looked at in which something is left. */
export const everywhere = '*'

/** While challenges are under way, it is looked this often whether they are over: our own writes wake nobody. */
const interval = seconds(2)

export interface SweeperParts {
  readonly routes: Pick<ChallengeRoutes, 'sweep' | 'leftovers'>
  /** Has a namespace swept soon. */
  readonly wake: (namespace: string) => void
  readonly clock: Pick<Clock, 'now'>
}

export class ChallengeSweeper {
  readonly #parts: SweeperParts

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  /** @param key - a namespace, or {@link everywhere} */
  async reconcile(key: string, signal: AbortSignal): Promise<Verdict> {
    const { routes, wake, clock } = this.#parts
    if (key === everywhere) {
      for (const namespace of await routes.leftovers(signal)) wake(namespace)
      return { kind: 'done' }
    }
    const state = await routes.sweep(key, signal)
    return state === 'needed' ? { kind: 'wakeAt', at: plus(clock.now(), interval) } : { kind: 'done' }
  }
}

/** Whether something that was put up for the Certificate is no longer needed. */
export function leavesSomething(
  before: CertificateProjection | undefined,
  after: CertificateProjection | undefined,
): boolean {
  if (before?.object.status?.enrollment?.ticket?.answers === undefined) return false
  const still = new Set(after === undefined ? [] : routedTokens(after.object))
  return routedTokens(before.object).some((token) => !still.has(token))
}
