/** Ways to reach the fake CA: as an HTTP client that stays in this process, and as a server on the loopback interface. */
import type { IncomingMessage } from 'node:http'
import type { HttpClient, HttpResponse } from '../../../src/net/http.ts'
import { parseRetryAfter } from '../../../src/net/retryafter.ts'
import type { Instant } from '../../../src/std/time.ts'
import { serveHttp } from '../servers.ts'
import { FakeAcme } from './fake.ts'
import type { FakeAcmeOptions } from './fake.ts'

/** @param now - the time by which `Retry-After` is read */
export function httpTo(fake: FakeAcme, now: () => Instant): HttpClient {
  return {
    send: async ({ method, url, headers: asked = {}, body = '' }) => {
      const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
      const reply = await fake.handle({ method, url, contentType: asked['content-type'] ?? '', body: text })
      const headers = new Map(Object.entries(reply.headers))
      const patience = headers.get('retry-after')
      const retryAfter = patience === undefined ? undefined : parseRetryAfter(patience, now())
      const value: HttpResponse = {
        status: reply.status,
        headers,
        all: new Map([...headers].map(([name, line]) => [name, [line]])),
        body: Buffer.from(reply.body),
        ...(retryAfter === undefined ? {} : { retryAfter }),
      }
      return { ok: true, value }
    },
  }
}

/** Serves a fake CA over plain HTTP, for clients that are not ours. */
export async function serveFake(
  options: Omit<FakeAcmeOptions, 'base'>,
): Promise<{ readonly fake: FakeAcme; readonly stop: () => Promise<void> }> {
  const made: { fake?: FakeAcme } = {}
  const server = await serveHttp((request, response) => {
    void read(request)
      .then((body) => {
        const { method = 'GET', url = '/', headers } = request
        const contentType = headers['content-type'] ?? ''
        return made.fake?.handle({ method, url: `${server.url}${url}`, contentType, body })
      })
      .then((answer) => {
        response.writeHead(answer?.status ?? 503, answer?.headers)
        response.end(answer?.body)
      })
  })
  const fake = new FakeAcme({ ...options, base: server.url })
  made.fake = fake
  return { fake, stop: server.close }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
