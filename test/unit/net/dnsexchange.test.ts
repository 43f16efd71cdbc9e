import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, it } from '@jest/globals'
import { overTcp, overUdp } from '../../../src/net/dnsexchange.ts'
import { encodeQuery, uint16 } from '../../../src/net/dnsmessage.ts'
import { startNameServer } from '../../support/nameserver.ts'
import type { Behaviour, NameServer } from '../../support/nameserver.ts'

const open: NameServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

async function serverOf(behaviour: Behaviour): Promise<NameServer> {
  const server = await startNameServer(behaviour)
  open.push(server)
  return server
}

const question = { name: 'www.example.com', type: 'TXT' } as const
const id = 0x1234
const query = (name: string = question.name, asked = id): Buffer => {
  const bytes = encodeQuery({ ...question, name }, { id: asked, recursion: 'none' })
  if (bytes === undefined) throw new Error('no query')
  return Buffer.from(bytes)
}

/** A message with other flags: by default a reply without answers. */
const flagged = (message: Buffer, flags = 0x8400): Buffer => {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(flags, 2)
  return copy
}

const framed = (message: Uint8Array): Buffer => Buffer.concat([uint16(message.length), message])
const delivery = (port: number, signal = AbortSignal.timeout(20_000), message: Uint8Array = query()) => ({
  address: '127.0.0.1',
  port,
  message,
  signal,
})

const noReplies: readonly (readonly [string, Buffer])[] = [
  ['another identifier', flagged(query(question.name, id + 1))],
  ['another name', flagged(query('www.example.org'))],
  ['another operation', flagged(query(), 0x8400 | (5 << 11))],
  ['the question itself', query()],
  ['no question although nothing went wrong', Buffer.concat([uint16(id), uint16(0x8400), Buffer.alloc(8)])],
  ['half a header', query().subarray(0, 7)],
  ['half a question', flagged(query()).subarray(0, 20)],
  ['nothing', Buffer.alloc(0)],
]

describe('a DNS message over UDP', () => {
  it.each(noReplies)('is not answered by a datagram with %s, but by the reply behind it', async (_what, forged) => {
    const genuine = flagged(query(), 0x8403)
    const { port } = await serverOf(() => [forged, genuine])
    expect(await overUdp(delivery(port))).toMatchObject({ ok: true, value: { id, rcode: 3 } })
  })

  it('is not answered by a datagram from another port', async () => {
    const server = await serverOf(() => [])
    const ending = new AbortController()
    const reply = overUdp(delivery(server.port, ending.signal))
    await server.hears(1)
    const forger = createSocket('udp4')
    const to = server.heard[0]?.from ?? 0
    await new Promise((resolve) => forger.send(flagged(query()), to, '127.0.0.1', resolve))
    await new Promise((resolve) => forger.close(() => resolve(undefined)))
    ending.abort()
    expect(await reply).toMatchObject({ ok: false, error: { kind: 'timedOut' } })
  })

  it('is answered by an error without a question, which servers send that understood nothing', async () => {
    const { port } = await serverOf(() => [Buffer.concat([uint16(id), uint16(0x8001), Buffer.alloc(8)])])
    expect(await overUdp(delivery(port))).toMatchObject({ ok: true, value: { rcode: 1 } })
  })

  it('comes from a port that the system picks anew for each', async () => {
    const server = await serverOf(({ message }) => [flagged(message)])
    for (let i = 0; i < 12; i += 1) await overUdp(delivery(server.port))
    expect(new Set(server.heard.map(({ from }) => from)).size).toBeGreaterThan(6)
  })

  it('is given up at once by a signal that has ended, and nothing is sent', async () => {
    const server = await serverOf(() => [])
    const over = await overUdp(delivery(server.port, AbortSignal.abort()))
    expect(over).toMatchObject({ ok: false, error: { kind: 'timedOut' } })
    expect(server.heard).toEqual([])
  })

  it('fails with a sentence where there is no route, and takes the process down with nothing', async () => {
    // The kernel refuses to connect to the broadcast address, as it does to networks without a route.
    const reply = await overUdp({ ...delivery(53), address: '255.255.255.255' })
    const message = expect.stringMatching(/^255\.255\.255\.255:53 cannot be reached: E[A-Z]+\.$/)
    expect(reply).toMatchObject({ ok: false, error: { kind: 'unreachable', message } })
  })
})

describe('a DNS message over TCP', () => {
  it('is answered by a reply that comes in pieces of one octet', async () => {
    const whole = framed(flagged(query()))
    const { port } = await serverOf(() => Array.from(whole, (octet) => Uint8Array.of(octet)))
    expect(await overTcp(delivery(port))).toMatchObject({ ok: true, value: { id } })
  })

  it.each<[string, readonly (Uint8Array | 'hangUp')[], string]>([
    ['hangs up without a word', ['hangUp'], 'with half a reply'],
    ['hangs up in the middle', [framed(flagged(query())).subarray(0, 15), 'hangUp'], 'with half a reply'],
    ['sends rubbish', [framed(Buffer.from('HTTP/1.1 400'))], 'with something that is no DNS message'],
    ['sends an empty message', [uint16(0)], 'with something that is no DNS message'],
    ['answers another question', [framed(flagged(query('a.example')))], 'with the reply to another question'],
    ['answers another identifier', [framed(flagged(query(question.name, 1)))], 'with the reply to another question'],
  ])('fails with a sentence when the server %s', async (_what, parts, words) => {
    const { port } = await serverOf(() => parts)
    const error = { kind: 'malformed', message: expect.stringContaining(words) }
    expect(await overTcp(delivery(port))).toMatchObject({ ok: false, error })
  })

  it('keeps no more of an endless stream than one message', async () => {
    const flood = Buffer.alloc(1 << 20, 0xff)
    const { port } = await serverOf(() => [flood, flood, flood])
    expect(await overTcp(delivery(port))).toMatchObject({ ok: false, error: { kind: 'malformed' } })
  })

  it('is given up by its signal, and the connection with it', async () => {
    const ending = new AbortController()
    const server = await serverOf(() => [])
    const reply = overTcp(delivery(server.port, ending.signal))
    await server.hears(1)
    ending.abort()
    expect(await reply).toMatchObject({ ok: false, error: { kind: 'timedOut' } })
  })

  it('fails with the code of the system where nobody listens', async () => {
    const server = await startNameServer(() => [])
    await server.close()
    const message = `127.0.0.1:${server.port} cannot be reached: ECONNREFUSED.`
    expect(await overTcp(delivery(server.port))).toMatchObject({ ok: false, error: { kind: 'unreachable', message } })
  })
})
