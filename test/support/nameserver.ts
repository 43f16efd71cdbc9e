/** A name server of one's own behaviour, over UDP and TCP on one port of this machine. */
import { createSocket } from 'node:dgram'
import type { Socket as UdpSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

export interface Heard {
  readonly over: 'udp' | 'tcp'
  readonly message: Buffer
  /** The port that it came from. */
  readonly from: number
}

/** Each buffer is sent as it is: a datagram, or octets of the stream. `hangUp` ends a connection. */
export type Behaviour = (heard: Heard) => readonly (Uint8Array | 'hangUp')[]

export interface NameServer {
  readonly port: number
  readonly heard: readonly Heard[]
  /** Resolves when so many messages have come. */
  hears(count: number): Promise<void>
  close(): Promise<void>
}

/** @returns a server of the address 127.0.0.1 */
export async function startNameServer(behaviour: Behaviour): Promise<NameServer> {
  const heard: Heard[] = []
  const waiting = new Set<() => void>()
  const hear = (what: Heard): readonly (Uint8Array | 'hangUp')[] => {
    heard.push(what)
    for (const look of waiting) look()
    return behaviour(what)
  }
  const { udp, tcp, port, sockets } = await openBoth(hear)
  return {
    port,
    heard,
    hears: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (heard.length < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => udp.close(() => resolve()))
      await new Promise<void>((resolve) => tcp.close(() => resolve()))
    },
  }
}

interface Opened {
  readonly udp: UdpSocket
  readonly tcp: Server
  readonly port: number
  readonly sockets: ReadonlySet<Socket>
}

/** The port that TCP gets may be taken for UDP: then another one is tried. */
async function openBoth(hear: Behaviour): Promise<Opened> {
  const sockets = new Set<Socket>()
  const tcp = createServer((socket) => serve(socket, sockets, hear))
  const udp = createSocket('udp4')
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  const address = tcp.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const isBound = await new Promise<boolean>((resolve) => {
    udp.once('error', () => resolve(false))
    udp.bind(port, '127.0.0.1', () => resolve(true))
  })
  if (!isBound) {
    tcp.close()
    return openBoth(hear)
  }
  udp.on('message', (message, { port: from }) => {
    for (const part of hear({ over: 'udp', message, from })) if (part !== 'hangUp') udp.send(part, from, '127.0.0.1')
  })
  return { udp, tcp, port, sockets }
}

function serve(socket: Socket, sockets: Set<Socket>, hear: Behaviour): void {
  sockets.add(socket)
  let received = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('close', () => sockets.delete(socket))
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
    const message = received.subarray(2)
    for (const part of hear({ over: 'tcp', message, from: socket.remotePort ?? 0 })) {
      if (part === 'hangUp') socket.end()
      else socket.write(part)
    }
  })
}
