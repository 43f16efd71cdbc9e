import type { Duration } from '../std/time.ts'

export type KubeReason =
  | 'notFound'
  | 'alreadyExists'
  | 'conflict'
  | 'gone'
  | 'forbidden'
  | 'unauthorized'
  | 'invalid'
  | 'tooManyRequests'
  | 'timeout'
  | 'unreachable'
  | 'unreadable'
  | 'server'

/** What the API server answered when it did not do what was asked. */
export class KubeError extends Error {
  readonly reason: KubeReason
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly retryAfter: Duration | undefined

  constructor(
    reason: KubeReason,
    message: string,
    more: { status?: number; retryAfter?: Duration | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause })
    this.name = 'KubeError'
    this.reason = reason
    this.status = more.status ?? 0
    this.retryAfter = more.retryAfter
  }
}
