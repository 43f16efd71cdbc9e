/** Ways to a fake CMP server: from inside the process, over HTTP, and over bare TCP. */
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { HttpClient } from '../../../src/net/http.ts'
import { parseRetryAfter } from '../../../src/net/retryafter.ts'
import type { Instant } from '../../../src/std/time.ts'
import { serveHttp } from '../servers.ts'
import type { LocalServer } from '../servers.ts'
import type { FakeCmp, FakeReply } from './fake.ts'

/** An HttpClient that reaches the fake without a socket. */
export function httpTo(fake: FakeCmp, now: () => Instant): HttpClient {
  return {
    send: async ({ url, body, headers = {} }) => {
      const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array())
      const { pathname } = new URL(url)
      const reply = await fake.handle({ path: pathname, type: headers['content-type'] ?? '', body: bytes })
      if (reply.isLost === true)
        return { ok: false, error: { kind: 'unreachable', message: 'ca.test broke the connection.' } }
      return { ok: true, value: responseOf(reply, now()) }
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
export function serveCmp(fake: FakeCmp): Promise<LocalServer> {
  return serveHttp((request, response) => {
    void bodyOf(request).then(async (body) => {
      const type = request.headers['content-type'] ?? ''
      const reply = await fake.handle({ path: request.url ?? '', type, body })
      if (reply.isLost === true) return response.destroy()
      response.writeHead(reply.status, { 'content-type': reply.type ?? 'text/plain', ...reply.headers })
      return response.end(reply.body)
    })
  })
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of request) parts.push(part as Uint8Array)
  return Buffer.concat(parts)
}

export interface TcpServer {
  readonly port: number
  stop(): Promise<void>
}

const types = { pkiMessage: 0, finalMsgRep: 5 }

/** @param isVersioned - whether messages begin with the version, 10, and flags, as RFC 2510's successor has it */
export function serveTcp(fake: FakeCmp, isVersioned: boolean): Promise<TcpServer> {
  const start = isVersioned ? 3 : 1
  const server = createServer((socket) => {
    let received = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readUInt32BE()) return
      if (received[3 + start] !== types.pkiMessage) return void socket.destroy()
      const body = received.subarray(4 + start)
      void fake.handle({ path: 'tcp', type: 'application/pkixcmp', body }).then(({ body: reply }) => {
        const head = isVersioned ? [10, 1, types.finalMsgRep] : [types.finalMsgRep]
        const value = Buffer.concat([Uint8Array.from(head), Buffer.from(reply)])
        const length = Buffer.alloc(4)
        length.writeUInt32BE(value.length)
        socket.end(Buffer.concat([length, value]))
      })
    })
  })
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ port, stop: () => new Promise((done) => server.close(() => done())) })
    }),
  )
}
