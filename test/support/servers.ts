import { createServer as createHttpServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { ServerOptions } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net'

/** A server on the loopback interface that lasts until its test is over. */
export interface LocalServer {
  readonly port: number
  /** Without a trailing slash. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** @param port - one that is free when left out, as below */
export function serveHttp(listener: RequestListener, port = 0): Promise<LocalServer> {
  return started(createHttpServer(listener), 'http', port)
}

export function serveHttps(options: ServerOptions, listener: RequestListener, port = 0): Promise<LocalServer> {
  return started(createHttpsServer(options, listener), 'https', port)
}

/** For replies that no HTTP server would send. */
export function serveTcp(onConnection: (socket: Socket) => void, port = 0): Promise<LocalServer> {
  return started(createTcpServer(onConnection), 'http', port)
}

function started(server: Server | TcpServer, scheme: string, wanted: number): Promise<LocalServer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ port, url: `${scheme}://127.0.0.1:${port}`, close })
    })
  })
}
