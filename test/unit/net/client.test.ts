import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { HttpRequest } from '../../../src/net/http.ts'
import { plus, seconds } from '../../../src/std/time.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { httpBench, patient } from '../../support/httpbench.ts'
import { serveHttp, serveTcp } from '../../support/servers.ts'

const bench = httpBench()
const { client, get, kept } = bench
afterEach(() => bench.close())

describe('what is sent', () => {
  it.each([
    ['bytes', new Uint8Array([1, 2, 3]), '3'],
    ['text', 'grüße', '7'],
    ['nothing', undefined, '0'],
  ])('posts %s with a Content-Length, never chunked', async (_case, body, length) => {
    const server = await kept(serveHttp((request, response) => response.end(JSON.stringify(request.headers))))
    const request: HttpRequest = { method: 'POST', url: server.url, ...(body === undefined ? {} : { body }) }
    const sent = await client().send(request, patient)
    const headers: unknown = sent.ok ? JSON.parse(Buffer.from(sent.value.body).toString()) : sent
    expect(headers).toMatchObject({
      'content-length': length,
      'user-agent': 'perennial/test',
      'accept-encoding': 'identity',
    })
    expect(headers).not.toHaveProperty('transfer-encoding')
  })

  it('sends path, query and headers as they are, and lets a User-Agent be chosen', async () => {
    const server = await kept(
      serveHttp((request, response) => response.end(`${request.url} ${request.headers['user-agent']}`)),
    )
    const reply = await get(`${server.url}/a%2Fb?message=x%2By`, { headers: { 'User-Agent': 'other' } })
    expect(reply).toMatchObject({ body: new Uint8Array(Buffer.from('/a%2Fb?message=x%2By other')) })
  })
})

describe('what comes back', () => {
  it('tells status, headers, repeated headers and body', async () => {
    const server = await kept(
      serveHttp((_request, response) => {
        response.writeHead(201, {
          Link: ['<a>;rel="up"', '<b>;rel="index"'],
          'Set-Cookie': ['x=1', 'y=2'],
          'Replay-Nonce': 'n',
        })
        response.end('hello')
      }),
    )
    const sent = await client().send({ method: 'GET', url: server.url }, patient)
    if (!sent.ok) throw new Error(sent.error.message)
    const { status, headers, all, body } = sent.value
    expect([status, Buffer.from(body).toString()]).toEqual([201, 'hello'])
    expect([headers.get('replay-nonce'), headers.get('link'), headers.get('set-cookie')]).toEqual([
      'n',
      '<a>;rel="up", <b>;rel="index"',
      'x=1',
    ])
    expect([all.get('link'), all.get('set-cookie')]).toEqual([
      ['<a>;rel="up"', '<b>;rel="index"'],
      ['x=1', 'y=2'],
    ])
  })

  it('gives redirects back and does not follow them', async () => {
    const paths: string[] = []
    const server = await kept(
      serveHttp((request, response) => {
        paths.push(request.url ?? '')
        response.writeHead(302, { location: '/elsewhere' }).end()
      }),
    )
    expect(await get(`${server.url}/here`)).toMatchObject({ status: 302 })
    expect(paths).toEqual(['/here'])
  })

  it('answers HEAD, whatever length the body would have', async () => {
    const server = await kept(
      serveHttp((_request, response) => response.writeHead(200, { 'content-length': 1e12 }).end()),
    )
    expect(await get(server.url, { method: 'HEAD' })).toMatchObject({ status: 200, body: new Uint8Array(0) })
  })

  it('tells when to come back', async () => {
    const clock = new FakeClock()
    const server = await kept(serveHttp((_request, response) => response.writeHead(503, { 'retry-after': '90' }).end()))
    const sent = await client({ clock }).send({ method: 'GET', url: server.url }, patient)
    expect(sent).toMatchObject({ ok: true, value: { status: 503, retryAfter: plus(clock.now(), seconds(90)) } })
  })

  it('leaves a Retry-After that cannot be read out', async () => {
    const server = await kept(
      serveHttp((_request, response) => response.writeHead(503, { 'retry-after': 'later' }).end()),
    )
    expect(await get(server.url)).not.toHaveProperty('retryAfter')
  })
})

describe('limits', () => {
  it('stops reading at the limit when a server sends a gigabyte', async () => {
    let written = 0
    const megabyte = Buffer.alloc(1024 * 1024)
    const server = await kept(
      serveHttp((_request, response) => {
        const more = (): void => {
          while (!response.destroyed && written < 1024) {
            written += 1
            if (!response.write(megabyte)) return void response.once('drain', more)
          }
        }
        more()
      }),
    )
    expect(await get(server.url)).toEqual({
      kind: 'tooLarge',
      message: expect.stringContaining('more than 1048576 bytes'),
    })
    expect(written).toBeLessThan(64)
  })

  it('does not begin to read what announces to be too large', async () => {
    const server = await kept(
      serveHttp((_request, response) => void response.writeHead(200, { 'content-length': 101 }).write('x')),
    )
    expect(await get(server.url, { maxBytes: 100 })).toMatchObject({ kind: 'tooLarge' })
  })

  it('takes a body of exactly the limit, in however many pieces', async () => {
    const server = await kept(
      serveHttp((_request, response) => {
        for (let n = 0; n < 1000; n++) response.write('x')
        response.end()
      }),
    )
    expect(await get(server.url, { maxBytes: 1000 })).toMatchObject({ body: { length: 1000 } })
    expect(await get(server.url, { maxBytes: 999 })).toMatchObject({ kind: 'tooLarge' })
  })

  it.each(['gzip', 'br', 'deflate, gzip'])(
    'refuses a reply in %s, which could unfold without end',
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(10_000_000))
      const server = await kept(
        serveHttp((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(bomb)),
      )
      expect(await get(server.url)).toEqual({
        kind: 'malformed',
        message: expect.stringContaining(`compressed its reply (${encoding})`),
      })
    },
  )

  it('takes a reply that says it is not encoded', async () => {
    const server = await kept(
      serveHttp((_request, response) => response.writeHead(200, { 'content-encoding': 'Identity' }).end('x')),
    )
    expect(await get(server.url)).toMatchObject({ status: 200 })
  })
})

describe('deadlines', () => {
  /** Sends a request to a server that has written what it ever writes, then lets the time pass. */
  async function afterTime(onConnection: Parameters<typeof serveTcp>[0], length = seconds(30)) {
    const clock = new FakeClock()
    let connected = (): void => undefined
    const arrived = new Promise<void>((resolve) => (connected = resolve))
    const server = await kept(
      serveTcp((socket) => {
        onConnection(socket)
        socket.once('data', () => connected())
      }),
    )
    const sending = client({ clock }).send({ method: 'GET', url: server.url }, patient)
    await arrived
    await settled()
    clock.advance(length)
    return { sent: await sending, clock, server }
  }

  it('cuts off a server that never answers', async () => {
    const { sent, clock } = await afterTime(() => undefined)
    expect(sent).toEqual({ ok: false, error: { kind: 'timedOut', message: expect.stringContaining('within 30 s') } })
    expect(clock.timers).toBe(0)
  })

  it('cuts off a server whose headers never end', async () => {
    const { sent } = await afterTime((socket) => void socket.write('HTTP/1.1 200 OK\r\nx-a: 1\r\n'))
    expect(sent).toMatchObject({ error: { kind: 'timedOut' } })
  })

  it('cuts off a body that comes byte by byte, however lively', async () => {
    const clock = new FakeClock()
    const server = await kept(
      serveHttp((_request, response) => {
        response.writeHead(200, { 'content-length': 3600 })
        // One byte for each second that passes: there is never a silence to notice.
        const drip = (): void => {
          if (response.destroyed) return
          response.write('x', () => {
            clock.advance(seconds(1))
            setImmediate(drip)
          })
        }
        drip()
      }),
    )
    const sent = await client({ clock }).send({ method: 'GET', url: server.url }, patient)
    expect(sent).toMatchObject({ error: { kind: 'timedOut' } })
    expect(clock.monotonic()).toBeLessThan(seconds(60))
  })

  it('does not wait longer than its deadline for DNS', async () => {
    const clock = new FakeClock()
    let asked = (): void => undefined
    const resolving = new Promise<void>((resolve) => (asked = resolve))
    const resolve = (): Promise<never> => {
      asked()
      return new Promise(() => undefined)
    }
    const sending = client({ clock, resolve }).send(
      { method: 'GET', url: 'http://ca.example/', timeout: seconds(5) },
      patient,
    )
    await resolving
    clock.advance(seconds(5))
    expect(await sending).toMatchObject({ error: { kind: 'timedOut', message: expect.stringContaining('within 5 s') } })
  })

  it('ends at once when it is aborted', async () => {
    const stop = new AbortController()
    const server = await kept(serveHttp(() => stop.abort()))
    const sent = await client().send({ method: 'GET', url: server.url }, stop.signal)
    expect(sent).toMatchObject({ error: { kind: 'aborted' } })
    expect(await client().send({ method: 'GET', url: server.url }, stop.signal)).toMatchObject({
      error: { kind: 'aborted' },
    })
  })
})
