/** From what the API server answered, or did not, to a KubeError. The one place that classifies. */
import { seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { KubeError } from './errors.ts'
import type { KubeReason } from './errors.ts'

/** metav1.Status, as far as it is read. */
interface Status {
  readonly reason?: unknown
  readonly message?: unknown
  readonly details?: { readonly retryAfterSeconds?: unknown }
}

const byStatus: Readonly<Record<number, KubeReason>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
  410: 'gone',
  422: 'invalid',
  429: 'tooManyRequests',
  504: 'timeout',
}

/** How a JSON patch is refused that does not fit what is there: with 422, as what is invalid, but of no object. */
const misfit = 'the server rejected our request due to an error in our request'

/** @param body - usually a metav1.Status as JSON, but proxies answer with what they like */
export function answerError(status: number, body: string, headers: Readonly<Record<string, unknown>> = {}): KubeError {
  const parsed = parseStatus(body)
  const reason =
    parsed.reason === 'AlreadyExists'
      ? 'alreadyExists'
      : parsed.reason === 'Expired'
        ? 'gone'
        : status === 422 && parsed.message === misfit
          ? 'conflict'
          : (byStatus[status] ?? 'server')
  const message = typeof parsed.message === 'string' ? parsed.message : `the API server answered ${status}`
  return new KubeError(reason, message.slice(0, 2000), { status, retryAfter: retryAfter(parsed, headers) })
}

/**
 * Errors of connections and deadlines become KubeErrors; a KubeError passes.
 *
 * @param isLate - whether the request's own deadline ended it
 */
export function toKubeError(error: unknown, path: string, isLate = false): KubeError {
  if (error instanceof KubeError) return error
  const reason: KubeReason = isLate ? 'timeout' : 'unreachable'
  const text = error instanceof Error ? error.message : String(error)
  return new KubeError(reason, `the API server could not be asked for ${path}: ${text}`, { cause: error })
}

function parseStatus(body: string): Status {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function retryAfter(status: Status, headers: Readonly<Record<string, unknown>>): Duration | undefined {
  const header = Number(headers['retry-after'] ?? Number.NaN)
  if (Number.isFinite(header) && header >= 0) return seconds(Math.min(header, 60))
  const detail = status.details?.retryAfterSeconds
  return typeof detail === 'number' && detail >= 0 ? seconds(Math.min(detail, 60)) : undefined
}
