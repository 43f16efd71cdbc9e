/** What an ACME server answered, read as far as all replies are alike. */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { HttpFailure, HttpResponse } from '../../net/http.ts'
import type { Result } from '../../std/result.ts'
import type { Instant } from '../../std/time.ts'
import { problemFault, readProblem } from './problem.ts'
import type { Problem } from './problem.ts'

export interface AcmeReply {
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: Instant | undefined
  /** `Link` headers by relation. */
  readonly links: ReadonlyMap<string, readonly string[]>
  readonly body: Uint8Array
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown
}

export interface AcmeFailure {
  readonly fault: Fault
  readonly retryAfter: Instant | undefined
  /** Absent when no answer came, or none that can be read. */
  readonly problem: Problem | undefined
  /** Of a conflict (RFC 8555 section 7.3.5): the account that has the key already. */
  readonly location?: string | undefined
}

export type Answer<T = AcmeReply> = Result<T, AcmeFailure>

export const isSuccess = ({ status }: HttpResponse): boolean => status >= 200 && status < 300

/** @param url - of the request: what `Location` and `Link` are relative to */
export function readReply(url: string, response: HttpResponse): AcmeReply {
  return {
    status: response.status,
    location: resolve(response.headers.get('location'), url),
    retryAfter: response.retryAfter,
    links: readLinks(response.all.get('link') ?? [], url),
    body: response.body,
    json: parseJson(response),
  }
}

/** A failure that the CA told. */
export function refusal(response: HttpResponse, url?: string): AcmeFailure {
  const problem = readProblem(response.status, response.body)
  const location = url === undefined ? undefined : resolve(response.headers.get('location'), url)
  return { fault: problemFault(problem), retryAfter: response.retryAfter, problem, location }
}

/** A failure that the CA did not tell: of its own making, or of ours. */
export const failure = (cause: Fault): AcmeFailure => ({ fault: cause, retryAfter: undefined, problem: undefined })

/** A reply that cannot be understood. */
export const malformed = (message: string): AcmeFailure => failure(fault('ReplyMalformed', message))

/** No reply at all. */
export function unanswered({ kind, message }: HttpFailure): AcmeFailure {
  switch (kind) {
    case 'unreachable':
    case 'aborted':
      return failure(fault('Unreachable', message))
    case 'timedOut':
      return failure(fault('TimedOut', message))
    case 'tls':
      return failure(fault('TlsFailed', message))
    case 'tooLarge':
    case 'malformed':
      return failure(fault('ReplyMalformed', message))
    case 'forbiddenAddress':
      return failure(fault('Misconfigured', message))
  }
}

function parseJson({ body, headers }: HttpResponse): unknown {
  if (body.length === 0 || headers.get('content-type')?.includes('pem') === true) return undefined
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

/** ACME is spoken over HTTPS only (RFC 8555 section 6.1). */
function resolve(target: string | undefined, base: string): string | undefined {
  if (target === undefined || target.length > 2048 || !URL.canParse(target, base)) return undefined
  const { href, protocol } = new URL(target, base)
  return protocol === 'https:' ? href : undefined
}

/** RFC 8288, as far as ACME uses it: `<url>;rel="relation"`. */
function readLinks(values: readonly string[], base: string): ReadonlyMap<string, readonly string[]> {
  const links = new Map<string, string[]>()
  for (const value of values.flatMap((line) => line.split(/,(?=\s*<)/)).slice(0, 50)) {
    const match = /^\s*<([^>]{1,2048})>\s*;.{0,200}?\brel="?([a-z-]{1,40})"?/i.exec(value)
    const target = resolve(match?.[1], base)
    const relation = match?.[2]?.toLowerCase()
    if (target === undefined || relation === undefined) continue
    links.set(relation, [...(links.get(relation) ?? []), target])
  }
  return links
}
