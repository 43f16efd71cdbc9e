/** Answers of the proxy's own, and what it makes of those of the server. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createGzip } from 'node:zlib'
import type { BodyForm } from './fault.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** As the API server says it, which other clients take for a text. */
export function refusal(status: number, retryAfter: string | undefined): Reply {
  const reasons: Readonly<Record<number, string>> = { 409: 'Conflict', 410: 'Expired', 429: 'TooManyRequests' }
  const reason = reasons[status] ?? 'InternalError'
  const told = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'a fault',
    reason,
    code: status,
  }
  const more = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return { status, headers: { 'content-type': 'application/json', ...more }, body: Buffer.from(JSON.stringify(told)) }
}

/** Of the connection between two machines, which do not concern the next two. */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'content-length']

export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !hopByHop.includes(name)) response.setHeader(name, value)
  response.writeHead(status, { 'content-length': body.length }).end(body)
}

/** Says that there is more, and then there is not. */
export function sendTorn(response: ServerResponse, { status, headers, body }: Reply, bytes: number): void {
  response.writeHead(status, { 'content-type': String(headers['content-type'] ?? ''), 'content-length': body.length })
  response.write(body.subarray(0, bytes), () => response.socket?.destroy())
}

const gibibyte = 1024 ** 3

export function sendForm(form: BodyForm, reply: Reply, { request, response }: Exchange): void {
  switch (form) {
    case 'html':
      return send(response, { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from(page) })
    case 'empty':
      return send(response, { status: 200, headers: reply.headers, body: Buffer.alloc(0) })
    case 'mislabelled':
      return send(response, { ...reply, headers: { ...reply.headers, 'content-type': 'text/html' } })
    case 'redirect':
      return void response.writeHead(302, { location: request.url ?? '/', 'content-length': 0 }).end()
    case 'drip':
      return drip(response, reply)
    case 'flood':
      response.writeHead(200, { 'content-type': String(reply.headers['content-type'] ?? '') })
      return pour(response, gibibyte)
    case 'bomb': {
      response.writeHead(200, {
        'content-type': String(reply.headers['content-type'] ?? ''),
        'content-encoding': 'gzip',
      })
      const squeezed = createGzip()
      squeezed.pipe(response)
      response.on('close', () => squeezed.destroy())
      return pour(squeezed, gibibyte)
    }
  }
}

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

const page = '<html><body><h1>Please log in</h1></body></html>'

function drip(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { 'content-type': String(headers['content-type'] ?? ''), 'content-length': body.length })
  let at = 0
  const timer = setInterval(() => {
    response.write(body.subarray(at, at + 1))
    at += 1
    if (at < body.length) return
    clearInterval(timer)
    response.end()
  }, 1000)
  response.on('close', () => clearInterval(timer))
}

interface Sink {
  readonly destroyed: boolean
  write(chunk: Uint8Array): boolean
  end(): unknown
  on(event: 'drain', listener: () => void): unknown
}

/** For as long as somebody takes it. */
function pour(into: Sink, bytes: number): void {
  const some = Buffer.alloc(65_536)
  let left = bytes
  const more = (): void => {
    while (!into.destroyed && left > 0) {
      left -= some.length
      if (!into.write(some)) return
    }
    if (!into.destroyed) into.end()
  }
  into.on('drain', more)
  more()
}
