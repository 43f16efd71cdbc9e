/** A small HTTP server for answers that fit in memory: metrics, health, ACME challenges. Hard on slow and large requests. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../std/clock.ts'
import { parseHostPort } from '../std/hostport.ts'
import type { Logger } from '../std/log.ts'
import { err } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { seconds } from '../std/time.ts'
import { listen } from './listen.ts'
import type { RunningServer } from './listen.ts'

export interface ServerRequest {
  readonly method: 'GET' | 'HEAD'
  /** Without the query, as sent (percent-encoding kept). */
  readonly path: string
  /** The Host header without its port, lower case; empty when there is none. */
  readonly host: string
  /** What stands after the `?`, as sent; empty when there is none. */
  readonly search?: string
  /** The Authorization header; undefined when there is none. A secret. */
  readonly authorization?: string | undefined
}

export interface ServerReply {
  readonly status: number
  readonly contentType: string
  /** Further headers, which win over the usual ones; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export interface ServerOptions {
  /** For log lines, for example `metrics`. */
  readonly name: string
  /** `host:port`, `:port` for every interface, port 0 for any free one. */
  readonly address: string
  readonly answer: (request: ServerRequest) => ServerReply | Promise<ServerReply>
  readonly clock: Clock
  readonly log: Logger
}

/** Milliseconds. Requests come from kubelets, Prometheus and CAs: small, and in one piece. */
const limits = { headers: 5_000, request: 10_000, keepAlive: 5_000, idle: 15_000, checkEvery: 1_000 } as const
const mostConnections = 256
const mostHeaderBytes = 16 * 1024

/** @returns the server once it listens, or a sentence about why it cannot */
export function startServer(options: ServerOptions): Promise<Result<RunningServer, string>> {
  const address = parseHostPort(options.address)
  if (address === undefined) {
    return Promise.resolve(err(`"${options.address}" is not an address to listen on; write host:port or :port.`))
  }
  const server = createServer(
    {
      headersTimeout: limits.headers,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: limits.checkEvery,
      maxHeaderSize: mostHeaderBytes,
    },
    (request, response) => void respond(options, request, response),
  )
  server.maxConnections = mostConnections
  server.maxRequestsPerSocket = 1000
  // Also ends readers that never take their answer.
  server.timeout = limits.idle
  server.on('timeout', (socket: Socket) => socket.destroy())
  server.on('clientError', (_error, socket) => socket.destroy())
  return listen(server, address, { ...options, close: () => close(server, options.clock) })
}

async function respond(options: ServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = await replyTo(options, request)
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...reply.headers,
    // A body that was not read would be taken for the next request.
    ...(hasBody(request) ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body, () => {
    if (hasBody(request)) request.destroy()
  })
}

async function replyTo(options: ServerOptions, request: IncomingMessage): Promise<ServerReply> {
  const { method } = request
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'only GET and HEAD are answered here')
  if (hasBody(request)) return refusal(413, 'requests must not have a body')
  const [path = '/', ...rest] = (request.url ?? '/').split('?')
  const { host: named = '', authorization } = request.headers
  const host = named.toLowerCase().replace(/:\d*$/, '')
  try {
    return await options.answer({ method, path, host, search: rest.join('?'), authorization })
  } catch (error) {
    options.log.error('a request could not be answered', { server: options.name, path, error })
    return refusal(500, 'internal error')
  }
}

function refusal(status: number, sentence: string): ServerReply {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${sentence}\n` }
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}

/** How long answers that are on their way may take after closing began. */
const closeGrace = seconds(2)

function close(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(closeGrace, () => server.closeAllConnections())
    server.close(() => {
      cancel()
      resolve()
    })
    server.closeIdleConnections()
  })
}
