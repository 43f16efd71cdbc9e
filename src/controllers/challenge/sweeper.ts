/** Sweeps up behind challenges, namespace by namespace. */
import type { Verdict } from '../../runtime/worker.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'
import type { ChallengeRoutes } from './routes.ts'
import { routedTokens } from './targets.ts'

/** The key that has every namespace looked at in which something is left. */
export const everywhere = '*'

export class ChallengeSweeper {
  readonly #routes: ChallengeRoutes
  readonly #wake: (namespace: string) => void

  /** @param wake - has a namespace swept soon */
  constructor(routes: ChallengeRoutes, wake: (namespace: string) => void) {
    this.#routes = routes
    this.#wake = wake
  }

  /** @param key - a namespace, or {@link everywhere} */
  async reconcile(key: string, signal: AbortSignal): Promise<Verdict> {
    if (key !== everywhere) await this.#routes.sweep(key, signal)
    else for (const namespace of await this.#routes.leftovers(signal)) this.#wake(namespace)
    return { kind: 'done' }
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
