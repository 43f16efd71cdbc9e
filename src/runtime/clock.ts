import type { Cancel, Clock } from '../std/clock.ts'
import type { Duration, Instant } from '../std/time.ts'

/** setTimeout fires at once for anything longer, because it keeps the delay in 32 bits. */
const longestTimeout = 2 ** 31 - 1

/** The machine's time. The only place in Perennial where timers are made and the wall clock is read. */
export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  monotonic: () => performance.now() as Duration,
  after: (delay, callback) => sleepUntil(performance.now() + delay, callback),
}

/** Sleeps in chunks, and again for the fraction of a millisecond by which Node's timers may fire early. */
function sleepUntil(due: number, callback: () => void): Cancel {
  let timer: NodeJS.Timeout
  const sleep = (): void => {
    const left = Math.max(0, Math.ceil(due - performance.now()))
    timer = setTimeout(wake, Math.min(left, longestTimeout))
  }
  const wake = (): void => (due - performance.now() > 0 ? sleep() : callback())
  sleep()
  return () => clearTimeout(timer)
}

/** Chance, for what must differ between replicas (reconnects, watch lengths). Never for what must be the same: that is hashed. */
export const random = (): number => Math.random()
