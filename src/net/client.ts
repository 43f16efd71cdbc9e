import { isIP } from 'node:net'
import type { Dispatcher } from 'undici'
import type { Clock } from '../std/clock.ts'
import { startDeadline } from '../std/deadline.ts'
import type { Deadline } from '../std/deadline.ts'
import type { Logger } from '../std/log.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { milliseconds, seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { compilePolicy, guardedLookup, resolveWithSystem, unlessAllowed } from './address.ts'
import type { AddressCheck, AddressPolicy, Resolve } from './address.ts'
import { readBody } from './body.ts'
import { connectBound } from './bound.ts'
import { failureOf } from './failure.ts'
import type { HttpClient, HttpFailure, HttpRequest, HttpResponse } from './http.ts'
import { Identities } from './identities.ts'
import type { Proxy } from './proxy.ts'
import { parseRetryAfter } from './retryafter.ts'
import { tcpExchange } from './tcp.ts'
import type { TlsIdentity } from './tls.ts'

export interface HttpClientOptions extends TlsIdentity {
  readonly proxy?: Proxy | undefined
  readonly userAgent: string
  /** `connect` defaults to 10 s, `total` (for requests that name none) to 30 s. */
  readonly timeouts?: { readonly connect?: Duration; readonly total?: Duration } | undefined
  readonly addressPolicy: AddressPolicy
  /** Default: the machine's resolver. */
  readonly resolve?: Resolve | undefined
  readonly clock: Clock
  readonly log: Logger
}

/** A client that owns its connections. */
export interface OwnedHttpClient extends HttpClient {
  /** Breaks every connection. */
  close(): Promise<void>
}

interface Exchange {
  readonly options: HttpClientOptions
  readonly identities: Identities
  readonly mayCall: AddressCheck
}

interface Call {
  readonly request: HttpRequest
  readonly url: URL
  readonly signal: AbortSignal
}

type Sent = Result<HttpResponse, HttpFailure>
type Body = Uint8Array | string | null

const defaultMaxBytes = 1024 * 1024
const defaultTotal = seconds(30)

/**
 * Makes the HTTP client of one TLS identity, with connections of its own.
 *
 * @returns the client, or a sentence about the setting that cannot work: bundle, client certificate, proxy or address range
 */
export function createHttpClient(options: HttpClientOptions): Result<OwnedHttpClient, string> {
  const mayCall = compilePolicy(options.addressPolicy)
  if (!mayCall.ok) return mayCall
  const lookup = guardedLookup(mayCall.value, options.resolve ?? resolveWithSystem)
  const connection = { lookup, connectTimeout: options.timeouts?.connect ?? seconds(10) }
  const identities = Identities.open({ identity: options, connection, proxy: options.proxy })
  if (!identities.ok) return identities
  if (options.proxy !== undefined && isForbiddenLiteral(new URL(options.proxy.url), mayCall.value)) {
    return err(`The proxy has an address that may not be called from here ${unlessAllowed}.`)
  }
  const exchange = { options, identities: identities.value, mayCall: mayCall.value }
  const total = options.timeouts?.total ?? defaultTotal
  return ok({
    send: (request, signal) => send(exchange, request, signal),
    ...(options.proxy === undefined
      ? { tcp: tcpExchange({ lookup, mayCall: mayCall.value, total, clock: options.clock }) }
      : {}),
    close: () => identities.value.destroy(),
  })
}

async function send(exchange: Exchange, request: HttpRequest, parent: AbortSignal): Promise<Sent> {
  const { options, mayCall } = exchange
  const url = checkUrl(request.url, mayCall)
  if (!url.ok) return url
  const host = url.value.host
  if (parent.aborted) return err({ kind: 'aborted', message: `The request to ${host} was given up before it began.` })
  const started = options.clock.monotonic()
  const length = request.timeout ?? options.timeouts?.total ?? defaultTotal
  const deadline = startDeadline({ clock: options.clock, length, sentence: 'deadline', parent })
  try {
    return await unlessAborted(
      exchangeOnce(exchange, { request, url: url.value, signal: deadline.signal }),
      deadline.signal,
    )
  } catch (error) {
    return err(deadline.signal.aborted ? cutOff(deadline, host, length) : failureOf(host, error))
  } finally {
    deadline.end()
    const took = milliseconds(options.clock.monotonic() - started)
    options.log.debug('http exchange', { method: request.method, host, path: url.value.pathname, milliseconds: took })
  }
}

function cutOff(deadline: Deadline, host: string, length: Duration): HttpFailure {
  if (!deadline.passed()) return { kind: 'aborted', message: `The request to ${host} was given up.` }
  return { kind: 'timedOut', message: `${host} did not finish its answer within ${length / 1000} s.` }
}

/** undici looks at the signal only once it has a connection; a proxy or a resolver that hangs must not outlast it. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('aborted'))
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

async function exchangeOnce(exchange: Exchange, call: Call): Promise<Sent> {
  const { request } = call
  if (request.boundBody !== undefined) return exchangeBound(exchange, call, request.boundBody)
  const agent = exchange.identities.agentFor(request)
  if (!agent.ok) return err({ kind: 'tls', message: agent.error })
  return exchangeOver(agent.value, { exchange, call, body: bodyOf(request) })
}

async function exchangeBound(
  exchange: Exchange,
  call: Call,
  makeBody: NonNullable<HttpRequest['boundBody']>,
): Promise<Sent> {
  const { request, url, signal } = call
  if (url.protocol !== 'https:') return err({ kind: 'tls', message: `${url.host} must be called over https for this.` })
  const route = exchange.identities.connectionFor(request)
  if (!route.ok) return err({ kind: 'tls', message: route.error })
  const { server, proxy: toProxy } = route.value
  const connection = await connectBound({ server, toProxy, proxy: exchange.options.proxy }, url, signal)
  try {
    const body = await makeBody(connection.session)
    return await exchangeOver(connection.dispatcher, { exchange, call, body })
  } finally {
    await connection.close()
  }
}

async function exchangeOver(
  dispatcher: Dispatcher,
  { exchange, call, body: sent }: { readonly exchange: Exchange; readonly call: Call; readonly body: Body },
): Promise<Sent> {
  const { request, url, signal } = call
  const { maxBytes = defaultMaxBytes } = request
  const reply = await dispatcher.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: requestHeaders(exchange.options.userAgent, request.headers),
    body: sent,
    signal,
  })
  const all = allHeaders(reply.headers)
  const refusal = refuse({ host: url.host, all, maxBytes, method: request.method })
  if (refusal !== undefined) {
    reply.body.on('error', () => undefined).destroy()
    return err(refusal)
  }
  const body = await readBody(reply.body, maxBytes)
  if (!body.ok) return err(tooLarge(url.host, maxBytes))
  await connectionIsFree()
  return ok(response({ status: reply.statusCode, all, body: body.value, clock: exchange.options.clock }))
}

/**
 * undici takes a connection up again one turn of the event loop after the reply. A request before that would open another, and
 * some servers tie a transaction to its connection.
 */
const connectionIsFree = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** undici gives bytes and text a Content-Length; chunked requests are what old EST and SCEP servers do not understand. */
function bodyOf(request: HttpRequest): Body {
  if (request.body !== undefined) return request.body
  return request.method === 'POST' ? new Uint8Array(0) : null
}

function requestHeaders(userAgent: string, own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const lower = Object.entries(own).map(([name, value]) => [name.toLowerCase(), value] as const)
  return { 'user-agent': userAgent, ...Object.fromEntries(lower), 'accept-encoding': 'identity' }
}

function allHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Map<string, readonly string[]> {
  const all = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all.set(name.toLowerCase(), Array.isArray(value) ? value : [value])
  }
  return all
}

/** What can be told from the headers alone, before any of the body is read. */
function refuse(reply: {
  readonly host: string
  readonly all: ReadonlyMap<string, readonly string[]>
  readonly maxBytes: number
  readonly method: string
}): HttpFailure | undefined {
  const encodings = reply.all.get('content-encoding')?.join(', ').trim().toLowerCase() ?? ''
  if (encodings !== '' && encodings !== 'identity') {
    const message = `${reply.host} compressed its reply (${encodings.slice(0, 40)}) although it was asked not to; turn compression off there.`
    return { kind: 'malformed', message }
  }
  const announced = Number(reply.all.get('content-length')?.[0] ?? 0)
  return reply.method !== 'HEAD' && announced > reply.maxBytes ? tooLarge(reply.host, reply.maxBytes) : undefined
}

function tooLarge(host: string, maxBytes: number): HttpFailure {
  return {
    kind: 'tooLarge',
    message: `${host} sent more than ${maxBytes} bytes, which is more than such a reply may have.`,
  }
}

function response(reply: {
  readonly status: number
  readonly all: ReadonlyMap<string, readonly string[]>
  readonly body: Uint8Array
  readonly clock: Clock
}): HttpResponse {
  const { status, all, body, clock } = reply
  const headers = new Map<string, string>()
  for (const [name, values] of all) headers.set(name, name === 'set-cookie' ? (values[0] ?? '') : values.join(', '))
  const retryAfter = parseRetryAfter(all.get('retry-after')?.[0] ?? '', clock.now())
  return { status, headers, all, body, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

function checkUrl(text: string, mayCall: AddressCheck): Result<URL, HttpFailure> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return err({ kind: 'forbiddenAddress', message: 'Only http and https URLs can be called, and this is none.' })
  }
  if (url.username !== '' || url.password !== '') {
    return err({
      kind: 'forbiddenAddress',
      message: `The URL of ${url.host} must not carry a user name or a password.`,
    })
  }
  if (isForbiddenLiteral(url, mayCall)) {
    const message = `${url.host} is an address that may not be called from here ${unlessAllowed}.`
    return err({ kind: 'forbiddenAddress', message })
  }
  return ok(url)
}

/** Addresses written into the URL are connected to without a lookup, so they are checked here. */
function isForbiddenLiteral(url: URL, mayCall: AddressCheck): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return isIP(host) !== 0 && !mayCall(host)
}
