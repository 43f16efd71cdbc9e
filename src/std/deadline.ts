import type { Clock } from './clock.ts'
import type { Duration } from './time.ts'

/** A signal that ends with its parent or at its deadline, whichever comes first. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Whether the deadline, not the parent, ended the signal. */
  passed(): boolean
  /** Frees the timer and the parent's listener. Must be called when the work is over. */
  end(): void
}

/**
 * @param input - `length` counts from now on the clock's timers; `sentence` becomes the message of the abort reason
 */
export function startDeadline(input: {
  readonly clock: Clock
  readonly length: Duration
  readonly sentence: string
  readonly parent?: AbortSignal | undefined
}): Deadline {
  const { clock, length, sentence, parent } = input
  const controller = new AbortController()
  let passed = false
  const cancel = clock.after(length, () => {
    if (controller.signal.aborted) return
    passed = true
    controller.abort(new Error(sentence))
  })
  const follow = (): void => controller.abort(parent?.reason)
  parent?.addEventListener('abort', follow, { once: true })
  if (parent?.aborted === true) follow()
  const end = (): void => {
    cancel()
    parent?.removeEventListener('abort', follow)
  }
  return { signal: controller.signal, passed: () => passed, end }
}
