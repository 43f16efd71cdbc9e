import type { LookupFunction } from 'node:net'
import type { PeerCertificate, SecureContext } from 'node:tls'
import { Agent, Client, ProxyAgent, buildConnector } from 'undici'
import type { Dispatcher } from 'undici'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { Duration } from '../std/time.ts'

/** A forward proxy. Its URL may carry `user:password@`, so it must not be printed. */
export interface Proxy {
  readonly url: string
}

export interface ConnectionOptions {
  readonly context: SecureContext
  readonly lookup: LookupFunction
  readonly connectTimeout: Duration
  /** How the server's certificate is judged, where that is not as usual. */
  readonly judgement?: Judgement | undefined
}

/** `anybody`: not at all. Otherwise a function like that of node:tls, which is given only certificates of a trusted CA. */
export type Judgement = 'anybody' | ((host: string, certificate: PeerCertificate) => Error | undefined)

/** Connections to one origin at a time; more requests wait for one of them. */
const connections = 16

/**
 * HTTP/1.1 only: HTTP/2 of Node leaked under long use in the field. The exchange has its own deadline, so undici's are off.
 */
const common = { allowH2: false, connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 } as const

/** Connections straight to the server. */
export function directAgent(options: ConnectionOptions): Dispatcher {
  return new Agent({ ...common, connect: tellingWhy(buildConnector({ ...connector(options), allowH2: false })) })
}

/**
 * With TLS 1.3 a server refuses a client certificate, or the lack of one, only after the handshake (RFC 8446 section 4.4.2.4).
 * Node tells the alert and then the end of the stream, and undici would report only the latter: destroying at the alert keeps it.
 */
function tellingWhy(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    connect(target, (...connected) => {
      const [, socket] = connected
      socket?.once('error', (error: Error) => socket.destroy(error))
      callback(...connected)
    })
  }
}

/**
 * Connections through a proxy: a tunnel (RFC 9110 section 9.3.6) for https, forwarded requests for http.
 *
 * @param toProxy - for the connection to the proxy itself, where it is to be trusted differently
 * @returns the agent, or a sentence that does not repeat the URL
 */
export function proxyAgent(
  proxy: Proxy,
  options: ConnectionOptions,
  toProxy: ConnectionOptions = options,
): Result<Dispatcher, string> {
  const url = URL.canParse(proxy.url) ? new URL(proxy.url) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    return err('The proxy must be given as an http or https URL, for example http://proxy.example.com:3128.')
  }
  const headersTimeout = options.connectTimeout
  const agent = new ProxyAgent({
    ...common,
    uri: url.href,
    proxyTunnel: false,
    proxyTls: connector(toProxy),
    requestTls: connector(options),
    // Without a limit of its own a proxy that never answers CONNECT would hold the connection for five minutes.
    clientFactory: (origin, client) => new Client(origin, { ...client, headersTimeout }),
  })
  return ok(agent)
}

/** What undici and node:tls want to know of a connection. */
export function connector({ context, lookup, connectTimeout, judgement }: ConnectionOptions): {
  secureContext: SecureContext
  lookup: LookupFunction
  timeout: number
  rejectUnauthorized?: false
  checkServerIdentity?: Exclude<Judgement, 'anybody'>
} {
  const judged =
    judgement === undefined
      ? {}
      : judgement === 'anybody'
        ? { rejectUnauthorized: false as const }
        : { checkServerIdentity: judgement }
  return { secureContext: context, lookup, timeout: connectTimeout, ...judged }
}
