/** SCEP over real sockets: what a request looks like to a server, and servers that HTTP itself does not foresee. */
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { ScepSpec } from '../../src/api/issuer/scep.ts'
import { createHttpClient } from '../../src/net/client.ts'
import type { OwnedHttpClient } from '../../src/net/client.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { milliseconds } from '../../src/std/time.ts'
import { FakeScep } from '../support/scep-server/fake.ts'
import { singleCa } from '../support/scep-server/material.ts'
import { serveScep } from '../support/scep-server/serve.ts'
import { ScepCustomer } from '../support/scepcustomer.ts'
import { serveHttp, serveTcp } from '../support/servers.ts'
import type { LocalServer } from '../support/servers.ts'
import { unwrap } from '../support/unwrap.ts'

const closing: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of closing.splice(0)) await one.close()
})

function track<T extends { close(): Promise<void> }>(one: T): T {
  closing.push(one)
  return one
}

const client = (total = milliseconds(10_000)): OwnedHttpClient =>
  track(
    unwrap(
      createHttpClient({
        userAgent: 'perennial-test',
        addressPolicy: 'any',
        timeouts: { total },
        clock: systemClock,
        log: silentLogger,
      }),
    ),
  )

async function customerOf(
  url: string,
  more: Partial<ScepSpec> = {},
  total = milliseconds(10_000),
): Promise<ScepCustomer> {
  const { ca } = await singleCa()
  const spec = { url, caFingerprint: sha256Hex(ca.certificate), ...more }
  return new ScepCustomer({ spec, http: client(total), start: systemClock.now() })
}

async function open(): Promise<{ readonly fake: FakeScep; readonly server: LocalServer }> {
  const fake = new FakeScep({ material: await singleCa(), now: () => systemClock.now() })
  return { fake, server: track(await serveScep(fake)) }
}

describe('a request over HTTP', () => {
  it('that is posted has a length, and a query of the URL stays', async () => {
    const { fake, server } = await open()
    const headers: Readonly<Record<string, string | undefined>>[] = []
    const handle = fake.handle.bind(fake)
    fake.handle = (request) => {
      if (request.method === 'POST') headers.push(request.headers)
      return handle(request)
    }
    const customer = await customerOf(`${server.url}/scep?profile=tls`)
    expect((await customer.travel(await customer.order())).last.kind).toBe('issued')
    expect(headers).toMatchObject([
      { 'content-length': expect.stringMatching(/^\d+$/), 'content-type': 'application/x-pki-message' },
    ])
    expect(headers[0]).not.toHaveProperty('transfer-encoding')
    expect(fake.queries).toContain('profile=tls&operation=PKIOperation')
    expect(fake.queries).toContain('profile=tls&operation=GetCACert&message=')
  })

  it('by GET carries standard base64, escaped', async () => {
    const { fake, server } = await open()
    const customer = await customerOf(`${server.url}/scep`, { httpMethod: 'GET', caIdentifier: 'A & B' })
    expect((await customer.travel(await customer.order())).last.kind).toBe('issued')
    const query = fake.queries.find((one) => one.startsWith('operation=PKIOperation')) ?? ''
    expect(query).toMatch(/^operation=PKIOperation&message=(?:[A-Za-z0-9]|%2B|%2F|%3D)+$/)
    expect(fake.queries).toContain('operation=GetCACert&message=A%20%26%20B')
  })

  it('follows a few redirects on the same host, and no more', async () => {
    const { fake, server } = await open()
    const handle = fake.handle.bind(fake)
    fake.handle = async (request) =>
      request.target.startsWith('/old')
        ? { status: 307, headers: { location: request.target.replace('/old', '/scep') }, body: '' }
        : handle(request)
    const moved = await customerOf(`${server.url}/old`)
    expect((await moved.travel(await moved.order())).last.kind).toBe('issued')
    const loop = track(await serveHttp((_request, response) => response.writeHead(302, { location: '/again' }).end()))
    const lost = await customerOf(loop.url)
    expect(await lost.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'Misconfigured' } })
  })
})

describe('a server', () => {
  const raw = async (answer: (socket: Socket) => void): Promise<LocalServer> =>
    track(
      await serveTcp((socket) => {
        socket.once('data', () => answer(socket))
      }),
    )

  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-x509-ca-cert\r\n'

  it.each<[string, string, RegExp]>([
    ['announces 1 GiB', `${head}Content-Length: 1073741824\r\n\r\n0`, /more than 1048576 bytes/],
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', /HTTP|answer/i],
    ['hangs up', '', /127\.0\.0\.1/],
  ])('that %s is told', async (_words, bytes, sentence) => {
    const server = await raw((socket) => void socket.end(bytes))
    const customer = await customerOf(`${server.url}/scep`)
    const readiness = await customer.prepare()
    expect(readiness).toMatchObject({ kind: 'notReady', fault: { message: expect.stringMatching(sentence) } })
  })

  it('that sends without end is cut off', async () => {
    const chunk = Buffer.alloc(65_536, 0x30)
    const server = await raw((socket) => {
      const pump = (): void => {
        while (!socket.destroyed && socket.write(chunk)) continue
      }
      socket.on('drain', pump)
      socket.write(`${head}Connection: close\r\n\r\n`)
      pump()
    })
    const customer = await customerOf(`${server.url}/scep`)
    expect(await customer.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'ReplyMalformed' } })
  })

  it('that never finishes is given up at the deadline', async () => {
    const server = await raw((socket) => void socket.write(`${head}Content-Length: 1000\r\n\r\n0`))
    const customer = await customerOf(`${server.url}/scep`, {}, milliseconds(200))
    expect(await customer.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'TimedOut' } })
  })
})
