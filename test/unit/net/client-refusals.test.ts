import { afterEach, describe, expect, it } from '@jest/globals'
import { createHttpClient } from '../../../src/net/client.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { silentLogger } from '../../../src/std/log.ts'
import { seconds } from '../../../src/std/time.ts'
import { settled } from '../../support/clock.ts'
import { httpBench, patient } from '../../support/httpbench.ts'
import { serveHttp, serveTcp } from '../../support/servers.ts'

const bench = httpBench()
const { client, get, kept } = bench
afterEach(() => bench.close())

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
