/** A TLS server that shows a certificate to who asks for it by name and by protocol, and then says nothing. */
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { TLSSocket, createSecureContext } from 'node:tls'
import type { Pem } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import { parseHostPort } from '../std/hostport.ts'
import type { Logger } from '../std/log.ts'
import { err } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { seconds } from '../std/time.ts'
import { readClientHello } from './clienthello.ts'
import { listen } from './listen.ts'
import type { RunningServer } from './listen.ts'

export interface ShownCertificate {
  readonly certificate: Pem
  readonly key: Pem
}

export interface TlsServerOptions {
  /** For log lines. */
  readonly name: string
  /** `host:port`, `:port` for every interface, port 0 for any free one. */
  readonly address: string
  /** The one protocol that is spoken (RFC 7301). */
  readonly protocol: string
  /** @returns undefined when nobody of that name is here */
  readonly certificateFor: (serverName: string) => Promise<ShownCertificate | undefined>
  readonly clock: Clock
  readonly log: Logger
}

/** From the first byte to the end of the handshake. */
const patience = seconds(10)
const mostConnections = 256
/** Hellos with post-quantum keys take some 2 KB. */
const mostHelloBytes = 32 * 1024

/** RFC 8446 section 6. */
const alerts = { decodeError: 50, internalError: 80, unrecognizedName: 112, noApplicationProtocol: 120 } as const

/** @returns the server once it listens, or a sentence about why it cannot */
export function startTlsServer(options: TlsServerOptions): Promise<Result<RunningServer, string>> {
  const address = parseHostPort(options.address)
  if (address === undefined)
    return Promise.resolve(err(`"${options.address}" is not an address to listen on; write host:port or :port.`))
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    const cancel = options.clock.after(patience, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.once('close', () => {
      cancel()
      sockets.delete(socket)
    })
    receive(socket, options)
  })
  server.maxConnections = mostConnections
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return listen(server, address, { ...options, close })
}

/** Gathers the first message, then decides. */
function receive(socket: Socket, options: TlsServerOptions): void {
  let received = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk])
    const hello = received.length > mostHelloBytes ? ({ kind: 'bad' } as const) : readClientHello(received)
    if (hello.kind === 'more') return
    socket.off('data', onData)
    socket.pause()
    if (hello.kind === 'bad') return refuse(socket, alerts.decodeError)
    if (!hello.protocols.includes(options.protocol)) return refuse(socket, alerts.noApplicationProtocol)
    socket.unshift(received)
    shake(socket, hello.serverName ?? '', options).catch((error: unknown) => {
      options.log.error('a TLS connection could not be answered', { server: options.name, error })
      refuse(socket, alerts.internalError)
    })
  }
  socket.on('data', onData)
}

async function shake(socket: Socket, serverName: string, options: TlsServerOptions): Promise<void> {
  const { protocol, certificateFor } = options
  const shown = await certificateFor(serverName)
  if (socket.destroyed) return
  if (shown === undefined) return refuse(socket, alerts.unrecognizedName)
  const secureContext = createSecureContext({ cert: shown.certificate, key: shown.key, minVersion: 'TLSv1.2' })
  const ALPNProtocols = Buffer.from([protocol.length, ...Buffer.from(protocol, 'latin1')])
  const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols })
  secure.on('error', () => socket.destroy())
  secure.on('secure', () => secure.end())
  secure.resume()
}

/** A fatal alert in the clear, which is how one answers before there are keys. */
function refuse(socket: Socket, alert: number): void {
  socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert]), () => socket.destroySoon())
  socket.resume()
}
