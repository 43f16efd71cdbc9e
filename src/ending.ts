/** How the work of a replica ends. Part of the composition root. */
import { LeaseLost } from './kube/lease.ts'
import type { Clock } from './std/clock.ts'
import type { Duration } from './std/time.ts'

/** What {@link workUntil} has end. */
export interface Endable {
  /** Works until the signal is aborted; to let work under way finish, drain first. */
  run(signal: AbortSignal): Promise<void>
  drain(): Promise<void>
}

export interface Until {
  /** What work under way gets to finish. */
  readonly grace: Duration
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Works until the signal is aborted. Who is told to stop finishes what he has begun; whose Lease is lost does not, because the
 * next one has begun it anew: what he would write is out of date, and what he would ask of a CA is asked twice.
 */
export async function workUntil(work: Endable, { grace, clock, signal }: Until): Promise<void> {
  const hard = new AbortController()
  const running = work.run(hard.signal)
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  if (signal.reason instanceof LeaseLost) hard.abort()
  const cancel = clock.after(grace, () => hard.abort())
  await work.drain()
  cancel()
  await running
}
