/** Ways to a fake SCEP service: from inside the process, and over a socket. */
import type { IncomingMessage } from 'node:http'
import type { HttpClient } from '../../../src/net/http.ts'
import { parseRetryAfter } from '../../../src/net/retryafter.ts'
import type { Instant } from '../../../src/std/time.ts'
import { serveHttp } from '../servers.ts'
import type { LocalServer } from '../servers.ts'
import type { FakeReply, FakeRequest, FakeScep } from './fake.ts'

/** An HttpClient that reaches the fake without a socket. */
export function httpTo(fake: FakeScep, now: () => Instant): HttpClient {
  return {
    send: async ({ method, url, body, headers = {} }) => {
      const { pathname, search } = new URL(url)
      const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array())
      const length = method === 'POST' ? { 'content-length': String(bytes.length) } : {}
      const request: FakeRequest = {
        method,
        target: pathname + search,
        headers: { ...headers, ...length },
        body: bytes,
      }
      return { ok: true, value: responseOf(await fake.handle(request), now()) }
    },
  }
}

function responseOf(
  { status, type = 'text/plain', headers = {}, body }: FakeReply,
  now: Instant,
): Extract<Awaited<ReturnType<HttpClient['send']>>, { ok: true }>['value'] {
  const all = new Map(Object.entries({ 'content-type': type, ...headers }))
  const retryAfter = parseRetryAfter(headers['retry-after'] ?? '', now)
  return {
    status,
    headers: all,
    all: new Map([...all].map(([name, value]) => [name, [value]])),
    body: typeof body === 'string' ? Buffer.from(body) : body,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

/** For clients that are programs of their own. */
export function serveScep(fake: FakeScep): Promise<LocalServer> {
  return serveHttp((request, response) => {
    void bodyOf(request).then(async (body) => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
      )
      const reply = await fake.handle({ method: request.method ?? '', target: request.url ?? '', headers, body })
      response.writeHead(reply.status, { 'content-type': reply.type ?? 'text/plain', ...reply.headers })
      response.end(reply.body)
    })
  })
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of request) parts.push(part as Uint8Array)
  return Buffer.concat(parts)
}
