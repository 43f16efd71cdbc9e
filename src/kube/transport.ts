/**
 * HTTP to the API server: pooled HTTP/1.1 connections, a deadline on everything, a cap on what is read, errors as KubeError.
 * Watches have connections of their own, so that they never stand in the way of requests.
 */
import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import type { Clock } from '../std/clock.ts'
import type { Logger } from '../std/log.ts'
import type { ApiMeter } from '../std/meters.ts'
import { milliseconds, seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { answerError, toKubeError } from './answers.ts'
import { KubeError } from './errors.ts'
import type { Credentials, Identity } from './identity.ts'
import { lines } from './lines.ts'

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

const requestTimeout = seconds(30)
const connections = 32
/** A list page of 500 large objects; anything beyond is not an answer to what we ask. */
const largestBody = 256 * 1024 * 1024
const largestLine = 4 * 1024 * 1024

export class Transport {
  readonly #options: TransportOptions
  #agents: { readonly fingerprint: string; readonly requests: Agent; readonly watches: Agent } | undefined

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /** @throws KubeError for everything but a 2xx with JSON */
  async request<T>(request: ApiRequest): Promise<T> {
    const { clock, meter } = this.#options
    const started = clock.monotonic()
    const told = (status: number | string): void =>
      meter.answered({
        verb: request.verb,
        resource: request.resource,
        status,
        took: milliseconds(clock.monotonic() - started),
      })
    try {
      const { status, value } = await this.#exchange<T>(request)
      told(status)
      return value
    } catch (error) {
      const mapped = toKubeError(error, request.path)
      told(mapped.status === 0 ? mapped.reason : mapped.status)
      throw mapped
    }
  }

  async #exchange<T>(request: ApiRequest): Promise<{ status: number; value: T }> {
    const credentials = await this.#options.identity.credentials()
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeout ?? requestTimeout)])
    const response = await this.#agentsFor(credentials).requests.request({
      ...this.#target(request.path, request.query),
      method: request.method,
      headers: this.#headers(
        credentials,
        request.contentType ?? (request.body === undefined ? undefined : 'application/json'),
      ),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal,
    })
    const text = await readText(response.body, largestBody)
    if (response.statusCode >= 300) throw answerError(response.statusCode, text, response.headers)
    return { status: response.statusCode, value: JSON.parse(text) as T }
  }

  /** Lines of an answer that does not end. The caller watches over silence; the size of a line is watched here. */
  async *stream(request: StreamRequest): AsyncGenerator<string> {
    const { clock, meter } = this.#options
    const started = clock.monotonic()
    const told = (status: number | string): void =>
      meter.answered({
        verb: 'watch',
        resource: request.resource,
        status,
        took: milliseconds(clock.monotonic() - started),
      })
    try {
      const credentials = await this.#options.identity.credentials()
      const response = await this.#agentsFor(credentials).watches.request({
        ...this.#target(request.path, request.query),
        method: 'GET',
        headers: this.#headers(credentials, undefined),
        signal: request.signal,
      })
      told(response.statusCode)
      if (response.statusCode >= 300)
        throw answerError(response.statusCode, await readText(response.body, largestLine), response.headers)
      yield* lines(response.body, largestLine)
    } catch (error) {
      throw toKubeError(error, request.path)
    }
  }

  async close(): Promise<void> {
    const agents = this.#agents
    this.#agents = undefined
    await Promise.all([agents?.requests.destroy(), agents?.watches.destroy()])
  }

  /** Connections are kept while the TLS material stays the same; a rotated certificate gets new ones. */
  #agentsFor(credentials: Credentials): { readonly requests: Agent; readonly watches: Agent } {
    const { ca, cert, key, skipVerify } = credentials
    const fingerprint = JSON.stringify([ca, cert, key, skipVerify])
    if (this.#agents?.fingerprint === fingerprint) return this.#agents
    const old = this.#agents
    const connect = { ca, cert, key, rejectUnauthorized: !skipVerify, timeout: 10_000 }
    const common = { allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect }
    this.#agents = {
      fingerprint,
      requests: new Agent({ ...common, connections, pipelining: 1, keepAliveTimeout: 60_000 }),
      watches: new Agent({ ...common, pipelining: 1 }),
    }
    void Promise.all([old?.requests.close(), old?.watches.close()])
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
