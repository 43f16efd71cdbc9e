/**
 * The TCP transport that CMP once had (RFC 2510 section 5.2): length, flag, value; and its successor of the drafts of
 * draft-ietf-pkix-cmp-transport-protocols, with a version and flags before the type. Replies come in the framing of the request.
 */
import type { Socket } from 'node:net'
import { serveTcp } from '../servers.ts'
import type { LocalServer } from '../servers.ts'
import type { CmpServer } from './fake.ts'

const tcpTypes = {
  pkiMessage: 0,
  pollRep: 1,
  pollReq: 2,
  negPollRep: 3,
  partialMsgRep: 4,
  finalMsgRep: 5,
  errorMsgRep: 6,
} as const

const version10 = 10
const none = new Uint8Array()
/** Longer ones are not read. */
const longest = 1_000_000

export function serveTcpOf(server: CmpServer): Promise<LocalServer> {
  const desk = new TcpDesk(server)
  return serveTcp((socket) => {
    let received: Buffer = Buffer.alloc(0)
    let turn = Promise.resolve()
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      while (received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
        const end = 4 + received.readUInt32BE()
        const framed = received.subarray(4, end)
        received = received.subarray(end)
        turn = turn.then(() => desk.serve(framed, socket))
      }
      if (received.length >= 4 && received.readUInt32BE() > longest) socket.destroy()
    })
  })
}

interface Framed {
  readonly type: number
  readonly value: Uint8Array
}

class TcpDesk {
  readonly #server: CmpServer
  /** Replies that wait for a pollReq, by reference. */
  readonly #waiting = new Map<number, { readonly reply: Uint8Array; polls: number }>()
  #references = 0

  constructor(server: CmpServer) {
    this.#server = server
  }

  async serve(framed: Buffer, socket: Socket): Promise<void> {
    const isNew = framed[0] === version10
    const start = isNew ? 3 : 1
    const { type, value } = await this.#answer(framed[start - 1] ?? 0, framed.subarray(start))
    const head = isNew ? [version10, 0, type] : [type]
    const text = isNew && type === tcpTypes.errorMsgRep ? [numbers16(0, value.length), value] : [value]
    const body = Buffer.concat([Uint8Array.from(head), ...text])
    socket.write(Buffer.concat([numbers(body.length), body]))
  }

  async #answer(type: number, value: Buffer): Promise<Framed> {
    switch (type) {
      case tcpTypes.pkiMessage:
        return this.#take(value)
      case tcpTypes.pollReq:
        return this.#poll(value)
      default:
        return refusal(`type ${type} is not for a server`)
    }
  }

  async #take(message: Uint8Array): Promise<Framed> {
    const reply = await this.#server.handle(message, 'tcp')
    const { tcpError, tcpPolls = 0 } = this.#server.troubles
    if (tcpError !== undefined) return refusal(tcpError)
    if (reply === undefined) return { type: tcpTypes.finalMsgRep, value: none }
    if (tcpPolls === 0) return { type: tcpTypes.finalMsgRep, value: reply }
    this.#references += 1
    this.#waiting.set(this.#references, { reply, polls: tcpPolls - 1 })
    return this.#later(this.#references)
  }

  #poll(value: Buffer): Framed {
    const reference = value.length === 4 ? value.readUInt32BE() : 0
    const one = this.#waiting.get(reference)
    if (one === undefined) return { type: tcpTypes.negPollRep, value: Uint8Array.of(0) }
    if (one.polls > 0) {
      one.polls -= 1
      return this.#later(reference)
    }
    this.#waiting.delete(reference)
    return { type: tcpTypes.finalMsgRep, value: one.reply }
  }

  #later(reference: number): Framed {
    const { checkAfter = 1 } = this.#server.troubles
    return { type: tcpTypes.pollRep, value: numbers(reference, Math.max(checkAfter, 0)) }
  }
}

const refusal = (text: string): Framed => ({ type: tcpTypes.errorMsgRep, value: Buffer.from(text) })

/** 32 bits each. */
function numbers(...all: readonly number[]): Uint8Array {
  const octets = Buffer.alloc(4 * all.length)
  all.forEach((one, at) => octets.writeUInt32BE(one, 4 * at))
  return octets
}

function numbers16(...all: readonly number[]): Uint8Array {
  const octets = Buffer.alloc(2 * all.length)
  all.forEach((one, at) => octets.writeUInt16BE(one, 2 * at))
  return octets
}
