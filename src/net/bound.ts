/**
 * Requests whose body speaks of the TLS session that they travel on: a connection is made for one request, without resumption and
 * without renegotiation, the body is made, sent, and the connection ends with the reply.
 */
import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { buildConnector, Client } from 'undici'
import type { Dispatcher } from 'undici'
import { asDer } from '../std/bytes.ts'
import type { TlsSession } from './http.ts'
import { connector } from './proxy.ts'
import type { ConnectionOptions, Proxy } from './proxy.ts'

export interface BoundRoute {
  readonly server: ConnectionOptions
  /** How to connect to the proxy, when there is one. */
  readonly toProxy: ConnectionOptions
  readonly proxy: Proxy | undefined
}

/** A connection to one server that has shaken hands and sent nothing yet. */
export interface BoundConnection {
  readonly session: TlsSession
  readonly dispatcher: Dispatcher
  close(): Promise<void>
}

/** @throws whatever the connection fails with, the abort of the signal included */
export async function connectBound(route: BoundRoute, url: URL, signal: AbortSignal): Promise<BoundConnection> {
  const tunnel = route.proxy === undefined ? undefined : await openTunnel(route.proxy, { route, url, signal })
  const socket = await shakeHands(route.server, url, tunnel)
  if (signal.aborted) {
    socket.destroy()
    throw new Error('aborted')
  }
  const dispatcher = new Client(url.origin, {
    allowH2: false,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    // Later, as every connection comes: undici does not look again after one that was there at once.
    connect: (_target, callback) => queueMicrotask(() => callback(null, socket)),
  })
  return { session: sessionOf(socket), dispatcher, close: () => dispatcher.destroy() }
}

/** An https proxy, or an http one, answers CONNECT with a tunnel (RFC 9110 section 9.3.6). */
async function openTunnel(
  proxy: Proxy,
  { route, url, signal }: { readonly route: BoundRoute; readonly url: URL; readonly signal: AbortSignal },
): Promise<Socket> {
  const { origin, username, password } = new URL(proxy.url)
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const authorization =
    username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }
  const client = new Client(origin, {
    allowH2: false,
    headersTimeout: route.toProxy.connectTimeout,
    connect: buildConnector({ ...connector(route.toProxy), allowH2: false }),
  })
  const target = `${url.hostname}:${url.port === '' ? '443' : url.port}`
  const { statusCode, socket } = await client.connect({
    path: target,
    headers: { host: target, ...authorization },
    signal,
  })
  if (statusCode === 200) return socket as Socket
  socket.destroy()
  throw new Error(`Proxy response (${statusCode}) !== 200 when HTTP Tunneling`)
}

function shakeHands(options: ConnectionOptions, url: URL, tunnel: Socket | undefined): Promise<TLSSocket> {
  const connect = buildConnector({ ...connector(options), allowH2: false, maxCachedSessions: 0 })
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  const target = {
    hostname,
    host: url.host,
    protocol: url.protocol,
    port: url.port === '' ? '443' : url.port,
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ...(tunnel === undefined ? {} : { httpSocket: tunnel }),
  }
  return new Promise((resolve, reject) => {
    connect(target, (...[error, socket]) => {
      if (error !== null) return reject(error)
      if (!(socket instanceof TLSSocket)) return reject(new Error('a session can be bound only in TLS'))
      // With TLS 1.3 a refusal of the client certificate arrives after the handshake; destroying at the alert keeps its reason.
      socket.once('error', (late: Error) => socket.destroy(late))
      socket.disableRenegotiation()
      resolve(socket)
    })
  })
}

function sessionOf(socket: TLSSocket): TlsSession {
  const version = socket.getProtocol() ?? 'unknown'
  return {
    version,
    // Of a full handshake the client's Finished is the first; from TLS 1.3 on the value is not defined (RFC 9266 section 1).
    tlsUnique: () => (version === 'TLSv1.2' && !socket.isSessionReused() ? socket.getFinished() : undefined),
    exporter: (label, length) => socket.exportKeyingMaterial(length, label, Buffer.alloc(0)),
    serverCertificate: asDer(socket.getPeerCertificate().raw),
  }
}
