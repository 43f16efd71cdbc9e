import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createHttpClient } from '../../../src/net/client.ts'
import type { HttpClientOptions } from '../../../src/net/client.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { silentLogger } from '../../../src/std/log.ts'
import { serveHttp, serveHttps } from '../../support/servers.ts'
import { tlsCa, tlsLeaf } from '../../support/tls.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const wanted = `Basic ${Buffer.from('user:pass word').toString('base64')}`

/** A forward proxy that wants a password and keeps the first line of each request. */
async function startProxy(): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const isKnown = (request: IncomingMessage): boolean => {
    seen.push(`${request.method} ${request.url}`)
    return request.headers['proxy-authorization'] === wanted
  }
  const server = createServer((request, response) => {
    if (isKnown(request)) response.end(`forwarded ${request.headers.host}`)
    else response.writeHead(407).end()
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.on('connect', (request, socket) => {
    socket.on('error', () => undefined)
    if (!isKnown(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const target = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(target).pipe(socket)
    })
    target.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

async function send(url: string, options: Partial<HttpClientOptions>) {
  const made = createHttpClient({
    userAgent: 'perennial/test',
    addressPolicy: 'any',
    clock: systemClock,
    log: silentLogger,
    ...options,
  })
  if (!made.ok) throw new Error(made.error)
  closers.push(() => made.value.close())
  const sent = await made.value.send({ method: 'GET', url }, new AbortController().signal)
  return sent.ok ? Buffer.from(sent.value.body).toString() : sent.error
}

describe('through a proxy', () => {
  it('https goes through a tunnel, with the trust of the issuer at its end', async () => {
    const ca = await tlsCa('Test CA')
    const leaf = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'ca.example' }] })
    const server = await serveHttps({ cert: leaf.certificate, key: leaf.key }, (_request, response) =>
      response.end('hello'),
    )
    closers.push(server.close)
    const proxy = await startProxy()
    const trust = { caBundle: ca.certificate, system: false }
    const target = `https://ca.example:${server.port}/`
    expect(await send(target, { trust, proxy: { url: `http://user:pass%20word@${proxy.url}` } })).toBe('hello')
    expect(proxy.seen).toEqual([`CONNECT ca.example:${server.port}`])
    expect(await send(target, { proxy: { url: `http://user:pass%20word@${proxy.url}` } })).toMatchObject({
      kind: 'tls',
    })
  })

  it('http is forwarded', async () => {
    const proxy = await startProxy()
    expect(await send('http://ca.example/scep?x=1', { proxy: { url: `http://user:pass%20word@${proxy.url}` } })).toBe(
      'forwarded ca.example',
    )
    expect(proxy.seen).toEqual(['GET http://ca.example/scep?x=1'])
  })

  it.each(['https://ca.example/', 'http://ca.example/'])(
    'tells that the proxy wants other credentials for %s',
    async (target) => {
      const proxy = await startProxy()
      const failure = await send(target, { proxy: { url: `http://user:wrong@${proxy.url}` } })
      expect(failure).toEqual({
        kind: 'unreachable',
        message: expect.stringContaining('wants other credentials (407)'),
      })
      expect(JSON.stringify(failure)).not.toContain('wrong')
    },
  )

  it("names that would be forbidden are the proxy's to resolve, addresses are still refused", async () => {
    const server = await serveHttp((_request, response) => response.end())
    closers.push(server.close)
    const proxy = await startProxy()
    const guarded = {
      addressPolicy: { kind: 'public', allow: ['127.0.0.1'] },
      proxy: { url: `http://${proxy.url}` },
    } as const
    expect(await send('http://169.254.169.254/', guarded)).toMatchObject({ kind: 'forbiddenAddress' })
    expect(proxy.seen).toEqual([])
  })
})
