/** One message to one address and its reply, over UDP and over TCP (RFC 1035 section 4.2, RFC 7766). */
import { createSocket } from 'node:dgram'
import { connect, isIP } from 'node:net'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { DnsFailure } from './dns.ts'
import { readMessage, uint16 } from './dnsmessage.ts'
import type { DnsMessage } from './dnsmessage.ts'

export interface DnsDelivery {
  /** An IP address that may be called. */
  readonly address: string
  readonly port: number
  readonly message: Uint8Array
  /** Ends the exchange: deadline or abort, which the caller tells apart. */
  readonly signal: AbortSignal
}

type Delivered = Result<DnsMessage, DnsFailure>

const place = ({ address, port }: DnsDelivery): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

/**
 * From a port that the system picks at random, connected, so that only datagrams of the server arrive; what is no reply to the
 * message is passed over rather than believed (RFC 5452 section 9.1).
 */
export function overUdp(delivery: DnsDelivery): Promise<Delivered> {
  const { address, port, message, signal } = delivery
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
  const sent = readMessage(message)
  return new Promise<Delivered>((resolve) => {
    const stop = (): void => resolve(err(silent(delivery)))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) return stop()
    socket.once('error', (error) => resolve(err(broken(delivery, error))))
    socket.on('message', (bytes) => {
      const reply = readMessage(bytes)
      if (reply !== undefined && answers(reply, sent)) resolve(ok(reply))
    })
    // Where there is no route the listener gets the error, and it is not emitted (@types/node does not know).
    const connected = (error?: NodeJS.ErrnoException): void => {
      if (error !== undefined) return resolve(err(broken(delivery, error)))
      // Closed meanwhile by an abort: then nothing is sent.
      if (!signal.aborted) socket.send(message)
    }
    socket.connect(port, address, connected)
  }).finally(() => {
    socket.removeAllListeners('error')
    socket.on('error', () => undefined)
    socket.close()
  })
}

/** A length before each message; the connection serves one exchange. */
export function overTcp(delivery: DnsDelivery): Promise<Delivered> {
  const { address, port, message, signal } = delivery
  const socket = connect({ host: address, port })
  const sent = readMessage(message)
  let received = Buffer.alloc(0)
  return new Promise<Delivered>((resolve) => {
    const stop = (): void => resolve(err(silent(delivery)))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) return stop()
    const garbled = (what: string): void =>
      resolve(err({ kind: 'malformed', message: `${place(delivery)} answered over TCP with ${what}.` }))
    socket.once('error', (error) => resolve(err(broken(delivery, error))))
    socket.once('connect', () => socket.write(Buffer.concat([uint16(message.length), message])))
    socket.once('end', () => garbled('half a reply'))
    socket.on('data', (chunk: Buffer) => {
      // The length has two octets, which bounds what is kept.
      received = Buffer.concat([received, chunk])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      const reply = readMessage(received.subarray(2, 2 + received.readUInt16BE(0)))
      if (reply === undefined) garbled('something that is no DNS message')
      else if (!answers(reply, sent)) garbled('the reply to another question')
      else resolve(ok(reply))
    })
  }).finally(() => {
    socket.removeAllListeners('error')
    socket.on('error', () => undefined)
    socket.destroy()
  })
}

/** Whether a reply is to this message: identifier, operation and question; servers that understood nothing repeat no question. */
function answers(reply: DnsMessage, sent: DnsMessage | undefined): boolean {
  if (sent === undefined || !reply.isReply || reply.id !== sent.id || reply.opcode !== sent.opcode) return false
  const [asked] = sent.questions
  const [repeated] = reply.questions
  if (repeated === undefined) return reply.rcode !== 0 || sent.opcode !== 0
  return asked?.name === repeated.name && asked.type === repeated.type && asked.class === repeated.class
}

const silent = (delivery: DnsDelivery): DnsFailure => ({
  kind: 'timedOut',
  message: `${place(delivery)} did not answer in time.`,
})

const broken = (delivery: DnsDelivery, error: NodeJS.ErrnoException): DnsFailure => ({
  kind: 'unreachable',
  message: `${place(delivery)} cannot be reached: ${error.code ?? error.message}.`,
})
