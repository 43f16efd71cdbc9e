import type { Clock } from '../std/clock.ts'
import type { Duration } from '../std/time.ts'

/** Resolves after `length`, or as soon as the signal is aborted. Leaves no timer and no listener behind. */
export function pause(clock: Clock, length: Duration, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(length, end)
    signal.addEventListener('abort', end, { once: true })
  })
}
