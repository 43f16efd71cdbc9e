/** HTTP in front of a CMP server that speaks TCP (RFC 2510 section 5.2): lets a client that knows only HTTP use the old transport. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { serveHttp } from './servers.ts'
import type { LocalServer } from './servers.ts'

const [pollRep, pollReq, finalMsgRep] = [1, 2, 5]

/** @param head - what comes between length and value in a request: a type, or version, flags and type */
export const bridgeToTcp = (port: number, head: readonly number[]): Promise<LocalServer> =>
  serveHttp((request, response) => {
    void (async () => {
      const parts: Uint8Array[] = []
      for await (const part of request) parts.push(part as Uint8Array)
      const reply = await ask(port, head, Buffer.concat(parts))
      response.writeHead(200, { 'content-type': 'application/pkixcmp', 'content-length': reply.length }).end(reply)
    })().catch(() => response.destroy())
  })

async function ask(port: number, head: readonly number[], message: Uint8Array): Promise<Uint8Array> {
  const socket = connect(port, '127.0.0.1')
  try {
    let reply = await exchange(socket, head, message)
    while (typeOf(reply, head) === pollRep) {
      const reference = reply.subarray(head.length, head.length + 4)
      reply = await exchange(socket, [...head.slice(0, -1), pollReq], reference)
    }
    if (typeOf(reply, head) !== finalMsgRep) throw new Error(`TCP reply of type ${typeOf(reply, head)}`)
    return reply.subarray(head.length)
  } finally {
    socket.destroy()
  }
}

const typeOf = (reply: Uint8Array, head: readonly number[]): number => reply[head.length - 1] ?? -1

/** @returns what comes after the length */
function exchange(socket: Socket, head: readonly number[], value: Uint8Array): Promise<Buffer> {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(head.length + value.length)
  socket.write(Buffer.concat([length, Uint8Array.from(head), value]))
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const take = (bytes: Uint8Array): void => {
      received = Buffer.concat([received, bytes])
      if (received.length < 4 || received.length < 4 + received.readUInt32BE()) return
      socket.off('data', take)
      resolve(received.subarray(4))
    }
    socket.on('data', take)
    socket.once('error', reject)
  })
}
