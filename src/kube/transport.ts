/**
 * HTTP to the API server: pooled HTTP/1.1 connections, a deadline on everything, a cap on what is read, errors as KubeError.
 * Watches have connections of their own, so that they never stand in the way of requests.
 */
import { setMaxListeners } from 'node:events'
import { createSecureContext } from 'node:tls'
import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import type { Clock } from '../std/clock.ts'
import { startDeadline } from '../std/deadline.ts'
import type { Deadline } from '../std/deadline.ts'
import type { Logger } from '../std/log.ts'
import type { ApiMeter } from '../std/meters.ts'
import { milliseconds, seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { answerError, toKubeError } from './answers.ts'
import { KubeError } from './errors.ts'
import type { Credentials, Identity } from './identity.ts'
import { lines } from './lines.ts'
import { pause } from './pause.ts'
import { within } from './within.ts'

export interface TransportOptions {
  readonly identity: Identity
  readonly clock: Clock
  readonly log: Logger
  readonly meter: ApiMeter
  readonly userAgent: string
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly verb: string
  readonly resource: string
  readonly query?: Readonly<Record<string, string>>
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown
  readonly contentType?: string
  readonly signal: AbortSignal
  readonly timeout?: Duration
}

export interface StreamRequest {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly resource: string
  readonly signal: AbortSignal
}

interface Agents {
  readonly material: Credentials
  readonly requests: Agent
  readonly watches: Agent
}

/** For everything that belongs to one request, waiting and asking again included. */
const requestTimeout = seconds(30)
const mostAsked = 4
const connections = 32
/** A list page of 500 large objects; anything beyond is not an answer to what we ask. */
const largestBody = 256 * 1024 * 1024
const largestLine = 4 * 1024 * 1024

export class Transport {
  readonly #options: TransportOptions
  #agents: Agents | undefined

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /**
   * Asks, and asks again when the API server is busy and says when to come back, while there is time for it.
   *
   * @throws KubeError for everything but a 2xx with JSON
   */
  async request<T>(request: ApiRequest): Promise<T> {
    const { clock } = this.#options
    const length = request.timeout ?? requestTimeout
    const ends = clock.monotonic() + length
    const sentence = `no answer within ${length / 1000} s`
    // Many requests share the signal of those who ask; each takes its listener away again.
    setMaxListeners(0, request.signal)
    const deadline = startDeadline({ clock, length, sentence, parent: request.signal })
    try {
      for (let asked = 1; ; asked++) {
        try {
          return await this.#once<T>(request, deadline)
        } catch (error) {
          const wait = error instanceof KubeError ? mayAskAgain(error, request) : undefined
          if (wait === undefined || asked >= mostAsked || clock.monotonic() + wait >= ends) throw error
          await pause(clock, wait, deadline.signal)
          if (deadline.signal.aborted) throw error
        }
      }
    } finally {
      deadline.end()
    }
  }

  async #once<T>(request: ApiRequest, deadline: Deadline): Promise<T> {
    const { clock } = this.#options
    const started = clock.monotonic()
    try {
      const { status, value } = await this.#exchange(request, deadline.signal)
      this.#told(request, status, started)
      return value as T
    } catch (error) {
      const mapped = toKubeError(error, request.path, deadline.passed())
      this.#told(request, mapped.status === 0 ? mapped.reason : mapped.status, started)
      throw mapped
    }
  }

  async #exchange(request: ApiRequest, signal: AbortSignal): Promise<{ status: number; value: unknown }> {
    const credentials = await this.#credentials(signal)
    const { path, query, method, body } = request
    const contentType = request.contentType ?? (body === undefined ? undefined : 'application/json')
    const response = await this.#agentsFor(credentials).requests.request({
      ...this.#target(path, query),
      method,
      headers: this.#headers(credentials, contentType),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal,
    })
    const text = await readText(response.body, largestBody)
    if (response.statusCode >= 300) throw answerError(response.statusCode, text, response.headers)
    return { status: response.statusCode, value: parseAnswer(text, response) }
  }

  /** Lines of an answer that does not end. The caller watches over silence; the size of a line is watched here. */
  async *stream(request: StreamRequest): AsyncGenerator<string> {
    const started = this.#options.clock.monotonic()
    const asked = { verb: 'watch', resource: request.resource }
    let status = 0
    try {
      const credentials = await this.#credentials(request.signal)
      const response = await this.#agentsFor(credentials).watches.request({
        ...this.#target(request.path, request.query),
        method: 'GET',
        headers: this.#headers(credentials, undefined),
        signal: request.signal,
      })
      status = response.statusCode
      this.#told(asked, status, started)
      if (status >= 300) throw answerError(status, await readText(response.body, largestLine), response.headers)
      yield* lines(response.body, largestLine)
    } catch (error) {
      const mapped = toKubeError(error, request.path)
      if (status === 0) this.#told(asked, mapped.reason, started)
      throw mapped
    }
  }

  /** A program that gives credentials may hang, and must not hold a request beyond its time. */
  #credentials(signal: AbortSignal): Promise<Credentials> {
    return within(this.#options.identity.credentials(), signal)
  }

  #told({ verb, resource }: Pick<ApiRequest, 'verb' | 'resource'>, status: number | string, started: Duration): void {
    const { meter, clock } = this.#options
    meter.answered({ verb, resource, status, took: milliseconds(clock.monotonic() - started) })
  }

  async close(): Promise<void> {
    const agents = this.#agents
    this.#agents = undefined
    await Promise.all([agents?.requests.destroy(), agents?.watches.destroy()])
  }

  /** Connections are kept while the TLS material stays the same; a rotated certificate gets new ones. */
  #agentsFor(credentials: Credentials): Agents {
    if (this.#agents !== undefined && isSameTls(this.#agents.material, credentials)) return this.#agents
    const old = this.#agents
    const { ca, cert, key, serverName, skipVerify } = credentials
    const name = serverName === undefined ? {} : { servername: serverName }
    // One for all connections: reading the certificates anew for each takes longer than the handshake.
    const secureContext = createSecureContext({ ca, cert, key })
    const connect = { secureContext, rejectUnauthorized: !skipVerify, timeout: 10_000, ...name }
    const common = { allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect, pipelining: 1 }
    this.#agents = {
      material: credentials,
      requests: new Agent({ ...common, connections, keepAliveTimeout: 60_000 }),
      watches: new Agent(common),
    }
    // What is under way over the old ones may end in its own time.
    void Promise.allSettled([old?.requests.close(), old?.watches.close()])
    return this.#agents
  }

  #target(path: string, query: Readonly<Record<string, string>> = {}): { origin: string; path: string } {
    const url = new URL(`${this.#options.identity.server}${path}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return { origin: url.origin, path: `${url.pathname}${url.search}` }
  }

  #headers(credentials: Credentials, contentType: string | undefined): Record<string, string> {
    return {
      ...credentials.headers,
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    }
  }
}

function isSameTls(one: Credentials, other: Credentials): boolean {
  return (
    one.ca === other.ca &&
    one.cert === other.cert &&
    one.key === other.key &&
    one.serverName === other.serverName &&
    one.skipVerify === other.skipVerify
  )
}

/**
 * 429 comes from before the request was looked at, so anything may be asked again; other answers with a Retry-After only
 * when asking changes nothing.
 */
function mayAskAgain({ reason, retryAfter }: KubeError, { method }: ApiRequest): Duration | undefined {
  return reason === 'tooManyRequests' || method === 'GET' ? retryAfter : undefined
}

/** The text stays out of the error: it may be part of a Secret. */
function parseAnswer(text: string, { statusCode, headers }: Dispatcher.ResponseData): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const type = String(headers['content-type'] ?? 'of no type')
    throw new KubeError('unreadable', `the answer is not JSON but ${type}; is this the API server, or a proxy?`, {
      status: statusCode,
    })
  }
}

async function readText(body: Dispatcher.ResponseData['body'], most: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes: Buffer = Buffer.from(chunk as Uint8Array)
    size += bytes.length
    if (size > most) throw new KubeError('server', `the API server's answer is larger than ${most} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}
