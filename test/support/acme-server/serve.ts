/** Ways to reach the fake CA: as an HTTP client that stays in this process, and as a server on the loopback interface. */
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpClient, HttpResponse } from '../../../src/net/http.ts'
import { parseRetryAfter } from '../../../src/net/retryafter.ts'
import type { Instant } from '../../../src/std/time.ts'
import type { CaMaterial } from '../ca-material.ts'
import { FakeAcme } from './fake.ts'

/** @param now - the time by which `Retry-After` is read */
export function httpTo(fake: FakeAcme, now: () => Instant): HttpClient {
  return {
    send: async ({ method, url, body = '' }) => {
      const reply = await fake.handle(method, url, typeof body === 'string' ? body : Buffer.from(body).toString('utf8'))
      const headers = new Map(Object.entries(reply.headers))
      const asked = headers.get('retry-after')
      const retryAfter = asked === undefined ? undefined : parseRetryAfter(asked, now())
      const value: HttpResponse = {
        status: reply.status,
        headers,
        all: new Map([...headers].map(([name, text]) => [name, [text]])),
        body: Buffer.from(reply.body),
        ...(retryAfter === undefined ? {} : { retryAfter }),
      }
      return { ok: true, value }
    },
  }
}

/** Serves a fake CA over plain HTTP, for clients that are not ours. */
export async function serveFake(
  ca: CaMaterial,
  now: () => Instant,
): Promise<{ readonly fake: FakeAcme; stop(): Promise<void> }> {
  let fake: FakeAcme | undefined
  const server = createServer((request, response) => {
    void answer(request, fake).then(({ status, headers, body }) => {
      response.writeHead(status, headers)
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake = new FakeAcme({ base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ca, now })
  return {
    fake,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  fake: FakeAcme | undefined,
): Promise<{ status: number; headers: Readonly<Record<string, string>>; body: string }> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  if (fake === undefined) return { status: 503, headers: {}, body: '' }
  const base = fake.directoryUrl.replace(/\/directory$/, '')
  return fake.handle(request.method ?? 'GET', `${base}${request.url ?? '/'}`, Buffer.concat(chunks).toString('utf8'))
}
