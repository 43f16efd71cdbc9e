import { afterEach, describe, expect, it } from '@jest/globals'
import { createDnsClient, parseDnsServer, systemServers } from '../../../src/net/dnsclient.ts'
import type { DnsClientOptions } from '../../../src/net/dnsclient.ts'
import type { DnsClient, DnsServer } from '../../../src/net/dns.ts'
import { encodeQuery, uint16 } from '../../../src/net/dnsmessage.ts'
import { milliseconds } from '../../../src/std/time.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { FakeClock } from '../../support/clock.ts'
import { startNameServer } from '../../support/nameserver.ts'
import type { Behaviour, NameServer } from '../../support/nameserver.ts'

const open: NameServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

async function serverOf(behaviour: Behaviour): Promise<NameServer & { readonly at: DnsServer }> {
  const server = await startNameServer(behaviour)
  open.push(server)
  return { ...server, heard: server.heard, at: { host: '127.0.0.1', port: server.port } }
}

const question = { name: 'www.example.com', type: 'TXT' } as const
const signal = (): AbortSignal => AbortSignal.timeout(30_000)

const flagged = (message: Uint8Array, flags = 0x8400): Buffer => {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(flags, 2)
  return copy
}
const framed = (message: Uint8Array): Buffer => Buffer.concat([uint16(message.length), message])

/** Answers over TCP alone; over UDP the flags are given. */
const overTcpOnly =
  (...udp: readonly number[]): Behaviour =>
  ({ over, message }) =>
    over === 'tcp' ? [framed(flagged(message, 0x8403))] : udp.map((flags) => flagged(message, flags))

function client(more: Partial<DnsClientOptions> = {}): DnsClient {
  let next = 100
  return createDnsClient({
    recursive: [],
    asksAuthoritative: true,
    mayCall: () => true,
    resolve: () => Promise.reject(new Error('ENOTFOUND')),
    randomId: () => (next += 1),
    clock: systemClock,
    ...more,
  })
}

describe('the DNS client', () => {
  it('takes what comes over UDP, with an identifier of its own for each question', async () => {
    const server = await serverOf(({ message }) => [flagged(message)])
    const asking = client()
    for (const id of [101, 102, 103])
      expect(await asking.ask(question, server.at, signal())).toMatchObject({ ok: true, value: { id } })
    expect(server.heard.map(({ over }) => over)).toEqual(['udp', 'udp', 'udp'])
  })

  it('asks again over TCP when the reply is truncated', async () => {
    const server = await serverOf(overTcpOnly(0x8600))
    const reply = await client().ask(question, server.at, signal())
    expect(reply).toMatchObject({ ok: true, value: { rcode: 3, isTruncated: false } })
    expect(server.heard.map(({ over }) => over)).toEqual(['udp', 'tcp'])
    expect(server.heard[1]?.message).toEqual(server.heard[0]?.message)
  })

  it('asks twice over UDP and then over TCP when there is silence', async () => {
    const clock = new FakeClock()
    const server = await serverOf(overTcpOnly())
    const reply = client({ clock }).ask(question, server.at, signal())
    await server.hears(1)
    clock.advance(milliseconds(1000))
    await server.hears(2)
    clock.advance(milliseconds(2000))
    expect(await reply).toMatchObject({ ok: true, value: { rcode: 3 } })
    expect(server.heard.map(({ over }) => over)).toEqual(['udp', 'udp', 'tcp'])
    expect(clock.timers).toBe(0)
  })

  it('gives up in the end, with a sentence', async () => {
    const clock = new FakeClock()
    const server = await serverOf(() => [])
    const reply = client({ clock }).ask(question, server.at, signal())
    for (const [heard, patience] of [
      [1, 1000],
      [2, 2000],
      [3, 4000],
    ] as const) {
      await server.hears(heard)
      clock.advance(milliseconds(patience))
    }
    const message = `127.0.0.1:${server.port} did not answer in time.`
    expect(await reply).toEqual({ ok: false, error: { kind: 'timedOut', message } })
    expect(clock.timers).toBe(0)
  })

  it('stops at once when nobody wants the answer any more, and keeps no timer', async () => {
    const clock = new FakeClock()
    const server = await serverOf(() => [])
    const ending = new AbortController()
    const reply = client({ clock }).ask(question, server.at, ending.signal)
    await server.hears(1)
    ending.abort()
    expect(await reply).toMatchObject({ ok: false, error: { kind: 'aborted' } })
    expect(server.heard.length).toBe(1)
    expect(clock.timers).toBe(0)
  })

  it('does not wait for the resolver of the system when nobody wants the answer any more', async () => {
    const ending = new AbortController()
    const asking = client({ resolve: () => new Promise(() => undefined) })
    const reply = asking.ask(question, { host: 'ns.example', port: 53 }, ending.signal)
    ending.abort()
    expect(await reply).toMatchObject({ ok: false, error: { kind: 'aborted' } })
  })

  it('sends a message as it is, over TCP alone where that is wanted', async () => {
    const server = await serverOf(overTcpOnly(0x8400))
    const message = encodeQuery(question, { id: 9, recursion: 'none' }) ?? Buffer.alloc(0)
    const reply = await client().exchange({ server: server.at, message, over: 'tcp' }, signal())
    expect(reply).toMatchObject({ ok: true, value: { id: 9 } })
    expect(server.heard.map((heard) => [heard.over, heard.message])).toEqual([['tcp', message]])
  })

  it('tries the next address of a server when one cannot be reached', async () => {
    const server = await serverOf(({ message }) => [flagged(message)])
    const addresses = ['255.255.255.255', '127.0.0.1'].map((address) => ({ address, family: 4 }))
    const resolving = client({ resolve: () => Promise.resolve(addresses) })
    const reply = await resolving.ask(question, { host: 'ns.example', port: server.port }, signal())
    expect(reply).toMatchObject({ ok: true })
  })

  it('calls only the addresses that it may, also those behind names', async () => {
    const server = await serverOf(({ message }) => [flagged(message)])
    const mayCall = (address: string): boolean => !address.startsWith('127.')
    const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
    const guarded = client({ mayCall, resolve, recursive: [server.at] })
    for (const host of ['127.0.0.1', 'ns.example']) {
      const message = `The DNS server ${host} may not be called unless --allow-addresses of the operator names it.`
      const error = { kind: 'forbiddenAddress', message }
      const place = { host, port: server.port }
      expect(await guarded.ask(question, place, signal())).toEqual({ ok: false, error })
      const sent = encodeQuery(question, { id: 9, recursion: 'none' }) ?? Buffer.alloc(0)
      expect(await guarded.exchange({ server: place, message: sent, over: 'auto' }, signal())).toEqual({
        ok: false,
        error,
      })
    }
    expect(server.heard).toEqual([])
    expect(await guarded.lookUp(question, signal())).toMatchObject({ ok: true })
  })

  it('says which server has no address', async () => {
    const reply = await client().ask(question, { host: 'ns.example', port: 53 }, signal())
    const error = { kind: 'unreachable', message: 'The DNS server ns.example has no address.' }
    expect(reply).toEqual({ ok: false, error })
  })

  it('cannot ask for what is no name', async () => {
    const server = await serverOf(() => [])
    const asking = client({ recursive: [server.at] })
    for (const reply of [
      asking.lookUp({ ...question, name: 'a..b' }, signal()),
      asking.ask({ ...question, name: 'a..b' }, server.at, signal()),
    ])
      expect(await reply).toEqual({ ok: false, error: { kind: 'malformed', message: '"a..b" is not a DNS name.' } })
    expect(server.heard).toEqual([])
  })
})

describe('looking up a name', () => {
  it.each([
    ['NOERROR', 0x8180],
    ['NXDOMAIN', 0x8183],
  ])('ends at the first recursive server that says %s', async (_what, flags) => {
    const first = await serverOf(({ message }) => [flagged(message, flags)])
    const second = await serverOf(({ message }) => [flagged(message)])
    const reply = await client({ recursive: [first.at, second.at] }).lookUp(question, signal())
    expect(reply).toMatchObject({ ok: true, value: { rcode: flags & 15 } })
    expect(second.heard).toEqual([])
  })

  it.each([
    ['SERVFAIL', 0x8182],
    ['REFUSED', 0x8185],
  ])('goes on to the next server after %s', async (_what, flags) => {
    const first = await serverOf(({ message }) => [flagged(message, flags)])
    const second = await serverOf(({ message }) => [flagged(message)])
    const reply = await client({ recursive: [first.at, second.at] }).lookUp(question, signal())
    expect(reply).toMatchObject({ ok: true, value: { rcode: 0 } })
  })

  it('tells what the last server said when none has an answer', async () => {
    const server = await serverOf(({ message }) => [flagged(message, 0x8182)])
    const reply = await client({ recursive: [server.at, server.at] }).lookUp(question, signal())
    expect(reply).toMatchObject({ ok: true, value: { rcode: 2 } })
    expect(server.heard.length).toBe(2)
  })

  it('wants recursion, which asking a server for what it holds does not', async () => {
    const server = await serverOf(({ message }) => [flagged(message)])
    const asking = client({ recursive: [server.at] })
    await asking.lookUp(question, signal())
    await asking.ask(question, server.at, signal())
    expect(server.heard.map(({ message }) => message.readUInt16BE(2))).toEqual([0x0100, 0])
  })

  it('without servers is an answer too', async () => {
    expect(await client().lookUp(question, signal())).toMatchObject({ ok: false, error: { kind: 'unreachable' } })
  })
})

describe('a DNS server in text', () => {
  it.each<[string, DnsServer | undefined]>([
    ['192.0.2.1', { host: '192.0.2.1', port: 53 }],
    ['192.0.2.1:5353', { host: '192.0.2.1', port: 5353 }],
    ['NS1.Example.com', { host: 'ns1.example.com', port: 53 }],
    ['ns1.example.com.:5353', { host: 'ns1.example.com.', port: 5353 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]', { host: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]:5353', { host: '2001:db8::1', port: 5353 }],
    ['', undefined],
    [':53', undefined],
    ['a:0', undefined],
    ['a:65536', undefined],
    ['a:', undefined],
    ['https://a', undefined],
    ['a b', undefined],
    ['[a]', undefined],
    ['[2001:db8::1', undefined],
  ])('%j is %j', (text, server) => {
    expect(parseDnsServer(text)).toEqual(server)
  })

  it('comes from the system where none is given', () => {
    for (const { host, port } of systemServers()) expect([host.length > 0, port > 0]).toEqual([true, true])
  })
})
