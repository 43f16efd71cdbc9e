import { connect } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { startServer } from '../../../src/net/server.ts'
import type { RunningServer } from '../../../src/net/listen.ts'
import type { ServerReply, ServerRequest } from '../../../src/net/server.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { seconds } from '../../../src/std/time.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { recordingLogger } from '../../support/log.ts'

const running: RunningServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

const echo = ({ method, path, host }: ServerRequest): ServerReply => ({
  status: 200,
  contentType: 'text/plain',
  body: `${method} ${path} ${host}`,
})

async function start(answer: Parameters<typeof startServer>[0]['answer'] = echo, clock = systemClock) {
  const log = recordingLogger()
  const started = await startServer({ name: 'test', address: '127.0.0.1:0', answer, clock, log })
  if (!started.ok) throw new Error(started.error)
  running.push(started.value)
  return { server: started.value, log, ...started.value }
}

/** Sends bytes as they are and gives everything that comes back until the server hangs up. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let reply = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => (reply += chunk.toString())).on('error', () => undefined)
    socket.on('close', () => resolve(reply))
  })
}

describe('startServer', () => {
  it('tells its answerer method, path without query, and host without port', async () => {
    const { port } = await start()
    const reply = await raw(
      port,
      'GET /.well-known/acme-challenge/a%2Fb?x=1 HTTP/1.1\r\nHost: WWW.example:80\r\nConnection: close\r\n\r\n',
    )
    expect(reply).toContain('HTTP/1.1 200 OK')
    expect(reply.split('\r\n\r\n')[1]).toBe('GET /.well-known/acme-challenge/a%2Fb www.example')
  })

  it('answers HEAD without a body', async () => {
    const { port } = await start()
    const reply = await raw(port, 'HEAD / HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n')
    expect(reply).toContain('content-length: 12')
    expect(reply.split('\r\n\r\n')[1]).toBe('')
  })

  it.each([
    ['another method', 'DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', '405'],
    ['a body', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nxxxx', '413'],
    ['a chunked body', 'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nxxxx\r\n', '413'],
  ])('refuses %s and hangs up', async (_case, bytes, status) => {
    const { port } = await start()
    expect(await raw(port, bytes)).toContain(`HTTP/1.1 ${status}`)
  })

  it.each([
    ['garbage', '\x16\x03\x01\x02\x00\r\n\r\n'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\n${'X-Filler: 0123456789\r\n'.repeat(2000)}`],
  ])('hangs up on %s', async (_case, bytes) => {
    const { port } = await start()
    expect(await raw(port, bytes)).toBe('')
  })

  it('answers 500 and logs once when the answerer throws', async () => {
    const { port, log } = await start(() => Promise.reject(new Error('bug with a secret')))
    const reply = await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(reply).toContain('HTTP/1.1 500')
    expect(reply).not.toContain('secret')
    expect(log.lines).toHaveLength(1)
  })

  it('says that the port is taken', async () => {
    const { port } = await start()
    const options = {
      name: 'metrics',
      address: `127.0.0.1:${port}`,
      answer: echo,
      clock: systemClock,
      log: recordingLogger(),
    }
    const second = await startServer(options)
    expect(second).toEqual({
      ok: false,
      error: `The metrics server cannot listen on 127.0.0.1:${port}: another process has the port.`,
    })
  })

  it.each(['9402', 'host', ':99999', 'a:b:80', ''])('says that "%s" is not an address', async (address) => {
    const options = { name: 'metrics', address, answer: echo, clock: systemClock, log: recordingLogger() }
    expect(await startServer(options)).toMatchObject({ ok: false, error: expect.stringContaining('host:port') })
  })

  it('lets an answer that is on its way finish when it closes', async () => {
    let finish = (): void => undefined
    let asked = (): void => undefined
    const arrived = new Promise<void>((resolve) => (asked = resolve))
    const { server, port } = await start(() => {
      asked()
      return new Promise(
        (resolve) => (finish = () => resolve({ status: 200, contentType: 'text/plain', body: 'done' })),
      )
    })
    const reply = raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await arrived
    const closed = server.close()
    finish()
    await closed
    expect(await reply).toContain('done')
  })

  it('breaks what does not finish when it closes', async () => {
    const clock = new FakeClock()
    let asked = (): void => undefined
    const arrived = new Promise<void>((resolve) => (asked = resolve))
    const { server, port } = await start(() => {
      asked()
      return new Promise(() => undefined)
    }, clock)
    const reply = raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await arrived
    const closed = server.close()
    await settled()
    clock.advance(seconds(2))
    await closed
    expect(await reply).toBe('')
    running.length = 0
  })
})
