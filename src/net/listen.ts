/** Has a server listen, and says in a sentence why it cannot. */
import type { Server } from 'node:net'
import type { HostPort } from '../std/hostport.ts'
import type { Logger } from '../std/log.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

export interface RunningServer {
  readonly host: string
  readonly port: number
  /** Refuses new connections, lets answers that are on their way finish for a moment, then breaks what is left. */
  close(): Promise<void>
}

export interface Listening {
  /** For log lines, for example `metrics`. */
  readonly name: string
  readonly address: string
  readonly log: Logger
  readonly close: () => Promise<void>
}

/** @returns the server once it listens, or a sentence about why it cannot */
export function listen(server: Server, address: HostPort, options: Listening): Promise<Result<RunningServer, string>> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(err(`The ${options.name} server cannot listen on ${options.address}: ${listenTrouble(error)}.`))
    })
    server.listen({ port: address.port, ...(address.host === '' ? {} : { host: address.host }) }, () => {
      server.removeAllListeners('error')
      server.on('error', (error) => options.log.error('server failed', { server: options.name, error }))
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port
      resolve(ok({ host: address.host, port, close: options.close }))
    })
  })
}

function listenTrouble(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another process has the port'
    case 'EACCES':
      return 'ports below 1024 need a privilege that this process does not have'
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address'
    default:
      return error.message
  }
}
