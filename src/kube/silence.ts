import type { Clock } from '../std/clock.ts'
import { milliseconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { KubeError } from './errors.ts'

/** A signal that ends with its parent, or when nothing was heard for too long. */
export interface Listening {
  readonly signal: AbortSignal
  /** Something arrived. Cheap: a busy watch calls it for each of its lines. */
  heard(): void
  /** Frees the timer and the parent's listener. Must be called when the listening is over. */
  end(): void
}

/** @param input - silence for longer than `length` ends the signal with a KubeError as its reason */
export function listenFor(input: {
  readonly clock: Clock
  readonly length: Duration
  readonly parent: AbortSignal
}): Listening {
  const { clock, length, parent } = input
  const controller = new AbortController()
  let last = clock.monotonic()
  // One timer for many lines: when it fires and something was heard meanwhile, it is set for what is left.
  const look = (): void => {
    const left = milliseconds(last + length - clock.monotonic())
    if (left > 0) cancel = clock.after(left, look)
    else controller.abort(new KubeError('timeout', `the watch was silent for ${length / 1000} s`))
  }
  let cancel = clock.after(length, look)
  const follow = (): void => controller.abort(parent.reason)
  parent.addEventListener('abort', follow, { once: true })
  if (parent.aborted) follow()
  return {
    signal: controller.signal,
    heard: () => {
      last = clock.monotonic()
    },
    end: () => {
      cancel()
      parent.removeEventListener('abort', follow)
    },
  }
}
