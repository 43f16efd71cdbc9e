import type { Duration, Instant } from './time.ts'

/** Stops a timer. Calling it again, or after the timer fired, does nothing. */
export type Cancel = () => void

/**
 * Time as everyone but `runtime/clock.ts` sees it. Handed in, never ambient, so that tests and the simulation own it.
 */
export interface Clock {
  /** Wall-clock time. May jump when the machine's clock is set. */
  now(): Instant
  /** Time since an arbitrary start that never jumps. For deadlines and lease arithmetic. */
  monotonic(): Duration
  /** Runs `callback` once after `delay`, however long (a bare setTimeout fires early beyond 24.8 days). */
  after(delay: Duration, callback: () => void): Cancel
}
