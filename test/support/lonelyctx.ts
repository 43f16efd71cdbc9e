import type { Ctx } from '../../src/enroll/enroller.ts'
import { silentLogger } from '../../src/std/log.ts'
import type { Instant } from '../../src/std/time.ts'
import { noSurroundings } from './surroundings.ts'

/** The outside world of a protocol that needs none: whoever calls out is told so. */
export function lonelyCtx(now: Instant): Ctx {
  return {
    now: () => now,
    told: () => undefined,
    http: { send: () => Promise.reject(new Error('no network here')) },
    signal: new AbortController().signal,
    log: silentLogger,
    board: {
      typesFor: () => [],
      present: () => Promise.reject(new Error('no board here')),
      remove: () => Promise.resolve(),
    },
    vault: {
      load: () => Promise.resolve(undefined),
      create: (_name, data) => Promise.resolve(data),
      swap: () => Promise.resolve(false),
    },
    surroundings: noSurroundings,
  }
}
