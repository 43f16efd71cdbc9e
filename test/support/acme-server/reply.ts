import type { ToldProblem } from './troubles.ts'

export interface FakeRequest {
  readonly method: string
  readonly url: string
  readonly contentType: string
  readonly body: string
}

export interface FakeReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function reply(
  status: number,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): FakeReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

/** RFC 7807 with ACME's types (RFC 8555 section 6.7). */
export function problem({ status, type, retryAfter, withoutStatus, withoutBody }: ToldProblem): FakeReply {
  const headers = {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  }
  if (withoutBody === true) return reply(status, '', headers)
  const document = { type: `urn:ietf:params:acme:error:${type}`, detail: `the fake CA says ${type}` }
  return reply(status, withoutStatus === true ? document : { ...document, status }, headers)
}

export const malformed = (): FakeReply => problem({ status: 400, type: 'malformed' })
export const notFound = (): FakeReply => problem({ status: 404, type: 'malformed' })
