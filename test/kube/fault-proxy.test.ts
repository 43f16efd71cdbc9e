/** The fault proxies of the battery themselves: what they do to requests and answers is what they say. */
import type { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { Agent, request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startApiProxy } from '../../battery/faults/api.ts'
import type { ApiProxy } from '../../battery/faults/api.ts'
import { Plan } from '../../battery/faults/plan.ts'
import { parseRule } from '../../battery/faults/rules.ts'
import { startTcpProxy } from '../../battery/faults/tcpproxy.ts'
import { startFakeApi } from '../support/fakeapi/server.ts'
import type { FakeApi } from '../support/fakeapi/server.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { serveTcp } from '../support/servers.ts'

const collection = '/api/v1/configmaps'
const namespaced = '/api/v1/namespaces/team/configmaps'

let fake: FakeApi
let plan: Plan
let proxy: ApiProxy
let agent: Agent
let kills: number

beforeEach(async () => {
  kills = 0
  fake = await startFakeApi()
  plan = new Plan()
  proxy = await startApiProxy({ target: { url: fake.url }, plan, kill: () => void kills++ }, 'token')
  agent = new Agent({ connect: { ca: proxy.ca } })
})

afterEach(async () => {
  await agent.destroy()
  await proxy.close()
  await fake.close()
})

interface Answer {
  readonly status: number
  readonly text: string
  readonly retryAfter: unknown
}

async function ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
  const reply = await request(`${proxy.url}${path}`, {
    method,
    dispatcher: agent,
    body: body ? JSON.stringify(body) : null,
  })
  return { status: reply.statusCode, text: await reply.body.text(), retryAfter: reply.headers['retry-after'] }
}

const create = (name: string): Promise<Answer> => ask('POST', namespaced, { metadata: { name } })
const lay = (rule: string): void => void plan.lay(parseRule(rule))
const stored = (): number => fake.objects.list({ collection, namespace: undefined, name: undefined }).length
const brokenOff = /terminated|other side closed|socket|ECONNRESET|aborted/i

/** Resolves when it is closed, however that came about. */
const closing = (stream: EventEmitter): Promise<void> =>
  new Promise((resolve) => void stream.on('error', () => undefined).on('close', resolve))

/** Lines of a watch as they come; reading goes on by itself. */
async function watch(): Promise<{ readonly lines: string[]; readonly ended: Promise<unknown> }> {
  const { body } = await request(`${proxy.url}${collection}?watch=true&resourceVersion=0`, { dispatcher: agent })
  const lines: string[] = []
  let rest = ''
  body.on('data', (chunk: Uint8Array) => {
    const parts = (rest + Buffer.from(chunk).toString()).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  const ended = closing(body).then(() => rest)
  return { lines, ended }
}

const namesIn = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (JSON.parse(line) as { object: { metadata: { name: string } } }).object.metadata.name)

const put = (...names: readonly string[]): void => {
  for (const name of names) fake.objects.put(collection, { metadata: { name, namespace: 'team' } })
}

describe('a request through the proxy', () => {
  it('reaches the server, and its answer the client', async () => {
    expect((await create('one')).status).toBe(201)
    expect(proxy.passed).toMatchObject([{ verb: 'create', resource: 'configmaps', status: 201, forwarded: true }])
    expect(fake.requests[0]?.body).toEqual({ metadata: { name: 'one' } })
  })

  it.each([
    ['reset', 0],
    ['lost', 1],
    ['kill before', 0],
    ['kill after', 1],
  ])('that meets %s is broken off, and %i was carried out', async (fault, carriedOut) => {
    lay(`write -> ${fault}`)
    await expect(create('one')).rejects.toThrow(brokenOff)
    expect(stored()).toBe(carriedOut)
    expect(kills).toBe(fault.startsWith('kill') ? 1 : 0)
  })

  it.each([
    ['drop', 0],
    ['mute', 1],
  ])('that meets %s is never answered, and %i was carried out', async (fault, carriedOut) => {
    lay(`write -> ${fault}`)
    let isAnswered = false
    const broken = create('one').then(
      () => (isAnswered = true),
      () => undefined,
    )
    await until(() => plan.strikes === 1 && stored() === carriedOut)
    await turns()
    expect([isAnswered, stored()]).toEqual([false, carriedOut])
    await agent.destroy()
    await broken
  })

  it('that meets an answer is not carried out', async () => {
    lay('write -> answer 429 retry-after 7')
    const { status, retryAfter, text } = await create('one')
    expect([status, retryAfter, stored()]).toEqual([429, '7', 0])
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', code: 429 })
  })

  it('waits behind a partition, and goes on when that has healed', async () => {
    proxy.partition.begin('requests')
    const waiting = create('late')
    await until(() => proxy.passed.length === 1)
    await turns()
    expect(stored()).toBe(0)
    proxy.partition.heal()
    expect((await waiting).status).toBe(201)
  })

  it('is carried out behind a partition that swallows answers only', async () => {
    proxy.partition.begin('answers')
    const waiting = create('late')
    await until(() => stored() === 1)
    proxy.partition.heal()
    expect((await waiting).status).toBe(201)
  })
})

describe('the body of an answer', () => {
  it.each([
    ['body html', /Please log in/],
    ['body empty', /^$/],
  ])('that meets %s is another', async (fault, expected) => {
    lay(`list -> ${fault}`)
    expect(await ask('GET', collection)).toMatchObject({ status: 200, text: expect.stringMatching(expected) })
  })

  it('that is truncated ends early, and the connection with it', async () => {
    lay('list -> truncate 5')
    await expect(ask('GET', collection)).rejects.toThrow(brokenOff)
  })

  it('that is a flood goes on for as long as somebody reads', async () => {
    lay('list -> body flood')
    const { body } = await request(`${proxy.url}${collection}`, { dispatcher: agent })
    let size = 0
    for await (const chunk of body) if ((size += (chunk as Uint8Array).length) > 8 * 1024 * 1024) break
    expect(size).toBeGreaterThan(8 * 1024 * 1024)
  })
})

describe('a list', () => {
  it('that is stale is that of before', async () => {
    await ask('GET', collection)
    put('new')
    lay('list nth 1 -> stale 1m')
    expect((await ask('GET', collection)).text).not.toContain('new')
    expect((await ask('GET', collection)).text).toContain('new')
  })
})

describe('a watch through the proxy', () => {
  it('brings every event, in order', async () => {
    const { lines } = await watch()
    put('a', 'b', 'c')
    await until(() => lines.length === 3)
    expect(namesIn(lines)).toEqual(['a', 'b', 'c'])
  })

  it.each([
    ['skip 2', ['a', 'c']],
    ['swap', ['b', 'a', 'd', 'c']],
  ])('that meets %s brings what is left, in its order', async (fault, expected) => {
    lay(`watch -> ${fault}`)
    const { lines } = await watch()
    put('a', 'b', 'c', 'd')
    await until(() => lines.length >= expected.length)
    await turns()
    expect(namesIn(lines)).toEqual(expected)
  })

  it('that is torn ends in the middle of a line', async () => {
    lay('watch -> tear 2')
    const { lines, ended } = await watch()
    put('a', 'b')
    expect(await ended).toMatch(/^\{"type":"ADDED","object":\{[^}]*$/)
    expect(namesIn(lines)).toEqual(['a'])
  })

  it('that is cut ends at its time', async () => {
    lay('watch -> cut 20ms')
    expect(await (await watch()).ended).toBe('')
  })

  it('that is gone says 410 and ends', async () => {
    lay('watch -> gone')
    const { lines, ended } = await watch()
    await ended
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  })

  it('that is bare brings no bookmarks', async () => {
    lay('watch -> bare')
    const { lines } = await watch()
    await until(() => fake.watches.open.length === 1)
    fake.watches.only.bookmark()
    put('a')
    await until(() => lines.length === 1)
    expect(namesIn(lines)).toEqual(['a'])
  })

  it('that is stale brings each event late, and all of them by the same time', async () => {
    lay('watch -> stale 800ms')
    const { lines } = await watch()
    await until(() => fake.watches.open.length === 1)
    const begun = performance.now()
    put('a', 'b')
    await until(() => lines.length > 0)
    const first = performance.now()
    expect(first - begun).toBeGreaterThanOrEqual(700)
    await until(() => lines.length === 2)
    expect(performance.now() - first).toBeLessThan(700)
  })

  it('is silent behind a partition, and tells all when that has healed', async () => {
    const { lines } = await watch()
    put('a')
    await until(() => lines.length === 1)
    proxy.partition.begin('answers')
    put('b')
    await turns()
    expect(lines).toHaveLength(1)
    proxy.partition.heal()
    await until(() => lines.length === 2)
  })
})

describe('bytes through the proxy', () => {
  /** Says everything back, louder. */
  const echo = (socket: Socket): void =>
    void socket.on('data', (bytes: Buffer) => socket.write(String(bytes).toUpperCase()))

  it.each([
    ['any nth 2 -> kill before', ['ONE'], ['one'], 1],
    ['any nth 2 -> kill after', ['ONE'], ['one', 'two'], 1],
    ['any nth 2 -> lost', ['ONE'], ['one', 'two'], 0],
    ['any nth 3 -> reset', ['ONE', 'TWO'], ['one', 'two'], 0],
  ])('are counted by exchanges: %s', async (rule, answers, arrived, killed) => {
    const heard: string[] = []
    const server = await serveTcp((socket) => {
      socket.on('data', (bytes: Buffer) => heard.push(String(bytes)))
      echo(socket)
    })
    const target = { host: '127.0.0.1', port: server.port }
    const bytes = await startTcpProxy({ target, plan: new Plan([parseRule(rule)]), kill: () => void kills++ })
    const socket = connect(bytes.port, '127.0.0.1')
    const said: string[] = []
    const words = ['two', 'three', 'four']
    socket.on('data', (part: Buffer) => {
      said.push(String(part))
      socket.write(words.shift() ?? '')
    })
    const closed = closing(socket)
    socket.write('one')
    await closed
    expect([said, heard, kills]).toEqual([answers, arrived, killed])
    await bytes.close()
    await server.close()
  })
})
