/** Ways to the service: over HTTP (RFC 9811), and from inside the process. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpClient } from '../../../src/net/http.ts'
import { parseRetryAfter } from '../../../src/net/retryafter.ts'
import type { Instant } from '../../../src/std/time.ts'
import { serveHttp, serveHttps } from '../servers.ts'
import type { LocalServer } from '../servers.ts'
import type { CmpServer, CmpServerOptions } from './fake.ts'
import type { CmpTroubles, TransportTrouble } from './troubles.ts'

const mediaType = 'application/pkixcmp'
const paths = [/^\/pkix\/?$/, /^\/\.well-known\/cmp(?:\/p\/[^/]+)?(?:\/[a-z]+)?\/?$/]

export function serveHttpOf(server: CmpServer, tls: CmpServerOptions['tls']): Promise<LocalServer> {
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void bodyOf(request).then(
      (body) => respond(server, { request, response, body }),
      () => response.destroy(),
    )
  if (tls === undefined) return serveHttp(listener)
  const { cert, key, clientCa } = tls
  const demanded = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return serveHttps({ cert, key, ...demanded }, listener)
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of request) parts.push(part as Uint8Array)
  return Buffer.concat(parts)
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Uint8Array
}

async function respond(server: CmpServer, { request, response, body }: Call): Promise<void> {
  const path = request.url ?? ''
  const trouble = takeTrouble(server.troubles)
  if (trouble !== undefined && trouble.kind !== 'contentType' && trouble.kind !== 'slow') {
    if (trouble.kind === 'reset' && trouble.when === 'after') await server.handle(body, path)
    return misbehave(response, trouble, path)
  }
  const fault = httpFault({ path, method: request.method ?? '', type: request.headers['content-type'] ?? '' })
  if (fault !== undefined) return void response.writeHead(fault, { 'content-type': 'text/plain' }).end('no')
  const reply = await server.handle(body, path)
  if (reply === undefined) return void response.writeHead(204).end()
  const type = trouble?.kind === 'contentType' ? trouble.type : mediaType
  response.writeHead(200, { 'content-type': type, 'content-length': reply.length })
  if (trouble?.kind === 'slow') return drip(response, reply)
  response.end(reply)
}

/** @returns what is wrong this time */
function takeTrouble(troubles: CmpTroubles): TransportTrouble | undefined {
  const { transport, transportTimes } = troubles
  if (transport === undefined || transportTimes === undefined) return transport
  troubles.transportTimes = transportTimes - 1
  return transportTimes > 0 ? transport : undefined
}

function httpFault(asked: {
  readonly path: string
  readonly method: string
  readonly type: string
}): number | undefined {
  if (!paths.some((one) => one.test(asked.path))) return 404
  if (asked.method !== 'POST') return 405
  return asked.type === mediaType ? undefined : 415
}

type Misbehaviour = Exclude<TransportTrouble, { readonly kind: 'contentType' | 'slow' }>

function misbehave(response: ServerResponse, trouble: Misbehaviour, path: string): void {
  switch (trouble.kind) {
    case 'status': {
      const { status, retryAfter, body = 'no' } = trouble
      const more = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
      return void response.writeHead(status, { 'content-type': 'text/plain', ...more }).end(body)
    }
    case 'html':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><h1>Please log in</h1></html>')
    case 'redirect':
      return void response.writeHead(trouble.status ?? 302, { location: trouble.to ?? path }).end()
    case 'endless':
      response.writeHead(200, { 'content-type': mediaType })
      return pour(response)
    case 'silent':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
  }
}

/** For as long as somebody takes it. */
function pour(response: ServerResponse): void {
  const some = Buffer.alloc(65_536, 0x30)
  const more = (): void => {
    while (!response.destroyed && response.write(some)) continue
  }
  response.on('drain', more)
  more()
}

function drip(response: ServerResponse, reply: Uint8Array): void {
  let at = 0
  const timer = setInterval(() => {
    at += 1
    response.write(reply.subarray(at - 1, at))
    if (at >= reply.length) response.end()
  }, 1000)
  response.on('close', () => clearInterval(timer))
}

/** An HttpClient that reaches the service without a socket; of the troubles of HTTP it has those with a reply. */
export function httpTo(server: CmpServer, now: () => Instant): HttpClient {
  return {
    send: async ({ url, body, method, headers = {} }) => {
      const path = new URL(url).pathname
      const trouble = takeTrouble(server.troubles)
      const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array())
      if (trouble?.kind === 'reset') {
        if (trouble.when === 'after') await server.handle(bytes, path)
        return { ok: false, error: { kind: 'unreachable', message: 'the connection was reset' } }
      }
      const fault = httpFault({ path, method, type: headers['content-type'] ?? '' })
      if (fault !== undefined) return made(fault, {}, now())
      if (trouble?.kind === 'status') return made(trouble.status, { retryAfter: trouble.retryAfter }, now())
      if (trouble?.kind === 'html') return made(200, { type: 'text/html', body: Buffer.from('<html></html>') }, now())
      const reply = await server.handle(bytes, path)
      const type = trouble?.kind === 'contentType' ? trouble.type : mediaType
      return reply === undefined ? made(204, {}, now()) : made(200, { type, body: reply }, now())
    },
  }
}

interface Parts {
  readonly type?: string
  readonly retryAfter?: string | undefined
  readonly body?: Uint8Array
}

function made(
  status: number,
  { type = 'text/plain', retryAfter: header, body = new Uint8Array() }: Parts,
  now: Instant,
): Extract<Awaited<ReturnType<HttpClient['send']>>, { ok: true }> {
  const headers = new Map([['content-type', type], ...(header === undefined ? [] : [['retry-after', header] as const])])
  const retryAfter = header === undefined ? undefined : parseRetryAfter(header, now)
  const all = new Map([...headers].map(([name, value]) => [name, [value]]))
  return { ok: true, value: { status, headers, all, body, ...(retryAfter === undefined ? {} : { retryAfter }) } }
}
