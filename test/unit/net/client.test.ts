import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createHttpClient } from '../../../src/net/client.ts'
import type { HttpClientOptions, OwnedHttpClient } from '../../../src/net/client.ts'
import type { HttpRequest } from '../../../src/net/http.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { silentLogger } from '../../../src/std/log.ts'
import { plus, seconds } from '../../../src/std/time.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { serveHttp, serveTcp } from '../../support/servers.ts'
import type { LocalServer } from '../../support/servers.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function kept(server: Promise<LocalServer>): Promise<LocalServer> {
  const started = await server
  closers.push(started.close)
  return started
}

function client(change: Partial<HttpClientOptions> = {}): OwnedHttpClient {
  const options = {
    userAgent: 'perennial/test',
    addressPolicy: 'any',
    clock: systemClock,
    log: silentLogger,
    ...change,
  } as const
  const made = createHttpClient(options)
  if (!made.ok) throw new Error(made.error)
  closers.push(() => made.value.close())
  return made.value
}

const patient = new AbortController().signal

async function get(url: string, more: Partial<HttpRequest> = {}) {
  const sent = await client().send({ method: 'GET', url, ...more }, patient)
  return sent.ok ? sent.value : sent.error
}

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

describe('failures', () => {
  it('says that nobody listens', async () => {
    const server = await serveHttp(() => undefined)
    await server.close()
    expect(await get(server.url)).toEqual({
      kind: 'unreachable',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ refused the connection/),
    })
  })

  it('says that the connection broke', async () => {
    const server = await kept(serveTcp((socket) => void socket.once('data', () => socket.resetAndDestroy())))
    expect(await get(server.url)).toEqual({
      kind: 'unreachable',
      message: expect.stringContaining('broke the connection'),
    })
  })

  it('says that the connection broke in the middle of a body', async () => {
    const partial = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'
    const server = await kept(serveTcp((socket) => void socket.once('data', () => socket.end(partial))))
    expect(await get(server.url)).toMatchObject({ kind: 'unreachable' })
  })

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'x-filler: 0123456789\r\n'.repeat(5000)}`],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n'],
  ])('says that %s is not HTTP', async (_case, bytes) => {
    const server = await kept(serveTcp((socket) => void socket.once('data', () => socket.write(bytes))))
    expect(await get(server.url)).toMatchObject({ kind: 'malformed' })
  })

  it('says that DNS does not know the name', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    const sent = await client({ resolve }).send({ method: 'GET', url: 'https://ca.example/path?secret=1' }, patient)
    expect(sent).toEqual({
      ok: false,
      error: { kind: 'unreachable', message: 'ca.example is a name that DNS does not know.' },
    })
  })

  it.each([
    'ftp://ca.example/',
    'file:///etc/passwd',
    'unix:/run/x.sock',
    'not a url',
    'http://user:password@ca.example/',
  ])('does not call %s', async (url) => {
    const reply = await get(url)
    expect(reply).toMatchObject({ kind: 'forbiddenAddress' })
    expect(JSON.stringify(reply)).not.toContain('password@')
  })
})

describe('forbidden addresses', () => {
  const guarded = { addressPolicy: { kind: 'public', allow: [] } } as const

  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '169.254.169.254',
    '[fe80::1]',
  ])('are not called when the URL is http://%s', async (host) => {
    const server = await kept(serveHttp((_request, response) => response.end()))
    const sent = await client(guarded).send({ method: 'GET', url: `http://${host}:${server.port}/` }, patient)
    expect(sent).toMatchObject({ error: { kind: 'forbiddenAddress' } })
  })

  it('are not called through a name, nor through one that changes its mind after it was looked at', async () => {
    let asked = 0
    let served = 0
    const server = await kept(serveHttp((_request, response) => void (served++, response.end())))
    const resolve = () => Promise.resolve([{ address: asked++ === 0 ? '192.0.2.1' : '127.0.0.1', family: 4 }])
    const guard = client({ ...guarded, resolve, timeouts: { connect: seconds(1) } })
    const url = `http://rebind.example:${server.port}/`
    const stop = new AbortController()
    const first = guard.send({ method: 'GET', url }, stop.signal)
    await settled()
    stop.abort()
    expect(await first).toMatchObject({ ok: false })
    expect(await client({ ...guarded, resolve }).send({ method: 'GET', url }, patient)).toMatchObject({
      error: { kind: 'forbiddenAddress' },
    })
    expect(served).toBe(0)
  })

  it('are resolved once for each connection, so that what was checked is what is called', async () => {
    let asked = 0
    const server = await kept(serveHttp((_request, response) => response.end()))
    const resolve = () => {
      asked += 1
      return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
    }
    const local = client({ addressPolicy: { kind: 'public', allow: ['127.0.0.0/8'] }, resolve })
    expect(await local.send({ method: 'GET', url: `http://ca.example:${server.port}/` }, patient)).toMatchObject({
      ok: true,
    })
    expect(asked).toBe(1)
  })

  it('are called when the operator allows them', async () => {
    const server = await kept(serveHttp((_request, response) => response.end()))
    const allowed = client({ addressPolicy: { kind: 'public', allow: ['127.0.0.1'] } })
    expect(await allowed.send({ method: 'GET', url: server.url }, patient)).toMatchObject({ ok: true })
  })

  it('are refused as proxies too', () => {
    const options = {
      userAgent: 'x',
      ...guarded,
      clock: systemClock,
      log: silentLogger,
      proxy: { url: 'http://169.254.169.254' },
    }
    expect(createHttpClient(options)).toMatchObject({ ok: false, error: expect.stringContaining('proxy') })
  })
})
