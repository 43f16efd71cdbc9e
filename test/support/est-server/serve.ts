/** Ways to a fake EST server: from inside the process, and over TLS. */
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { HttpClient, HttpRequest, TlsSession } from '../../../src/net/http.ts'
import { parseRetryAfter } from '../../../src/net/retryafter.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Instant } from '../../../src/std/time.ts'
import { serveHttps } from '../servers.ts'
import type { LocalServer } from '../servers.ts'
import type { FakeEst, FakeReply, FakeSession } from './fake.ts'

export interface InProcess {
  /** The session that requests seem to travel on. */
  readonly version?: 'TLSv1.2' | 'TLSv1.3'
  /** Told of each request, as the client made it. */
  readonly watch?: (request: HttpRequest) => void
}

/** An HttpClient that reaches the fake without a socket. */
export function httpTo(fake: FakeEst, now: () => Instant, { version = 'TLSv1.3', watch }: InProcess = {}): HttpClient {
  let sessions = 0
  return {
    send: async (request) => {
      watch?.(request)
      sessions += 1
      const [unique, exported] = [Buffer.from(`unique-${sessions}`), Buffer.from(`exported-${sessions}`)]
      const session: TlsSession = {
        version,
        tlsUnique: () => (version === 'TLSv1.2' ? unique : undefined),
        exporter: () => exported,
        serverCertificate: asDer(new Uint8Array()),
      }
      const plain = request.body === undefined ? new Uint8Array() : Buffer.from(request.body)
      const body = request.boundBody === undefined ? plain : await request.boundBody(session)
      const { pathname, search } = new URL(request.url)
      const lower = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
      const length = request.method === 'POST' ? { 'content-length': String(body.length) } : {}
      const reply = await fake.handle({
        method: request.method,
        target: pathname + search,
        headers: { ...Object.fromEntries(lower), ...length },
        body,
        session: { certificate: shownIn(request), tlsUnique: session.tlsUnique(), exporter: exported },
      })
      return { ok: true, value: responseOf(reply, now()) }
    },
  }
}

const shownIn = ({ clientCertificate }: HttpRequest): Der | undefined =>
  clientCertificate && asDer(new X509Certificate(clientCertificate.chain).raw)

function responseOf(
  { status, headers = {}, body }: FakeReply,
  now: Instant,
): Extract<Awaited<ReturnType<HttpClient['send']>>, { ok: true }>['value'] {
  const all = new Map(Object.entries(headers).map(([name, value]) => [name, [value].flat()] as const))
  const retryAfter = parseRetryAfter(all.get('retry-after')?.[0] ?? '', now)
  return {
    status,
    headers: new Map([...all].map(([name, values]) => [name, values.join(', ')])),
    all,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

export interface ServeOptions {
  readonly certificate: string
  readonly key: string
  readonly clientCa?: string
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** For clients that are programs of their own, and for what only real TLS shows. */
export function serveEst(
  fake: Pick<FakeEst, 'handle'>,
  { certificate, key, clientCa, maxVersion }: ServeOptions,
): Promise<LocalServer> {
  const tls = {
    cert: certificate,
    key,
    requestCert: true,
    rejectUnauthorized: false,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  }
  return serveHttps(tls, (request, response) => void answer(fake, request, response))
}

async function answer(
  fake: Pick<FakeEst, 'handle'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Uint8Array[] = []
  for await (const part of request) parts.push(part as Uint8Array)
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  )
  const reply = await fake.handle({
    method: request.method ?? '',
    target: request.url ?? '',
    headers,
    body: Buffer.concat(parts),
    session: sessionOf(request.socket as TLSSocket),
  })
  for (const [name, value] of Object.entries(reply.headers ?? {}))
    response.setHeader(name, typeof value === 'string' ? value : [...value])
  // With a length, not in chunks, which some clients do not read.
  response.statusCode = reply.status
  response.end(reply.body)
}

function sessionOf(socket: TLSSocket): FakeSession {
  const raw: unknown = Reflect.get(socket.getPeerCertificate(), 'raw')
  return {
    certificate: raw instanceof Uint8Array ? asDer(raw) : undefined,
    // What the client sent: the first Finished of a full handshake up to TLS 1.2 (RFC 5929 section 3.1).
    tlsUnique: socket.getPeerFinished(),
    exporter: socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  }
}
