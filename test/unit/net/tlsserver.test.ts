import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { RunningServer } from '../../../src/net/listen.ts'
import { tlsPeeker } from '../../../src/net/tlspeek.ts'
import { startTlsServer } from '../../../src/net/tlsserver.ts'
import { silentLogger } from '../../../src/std/log.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { asPem } from '../../../src/std/bytes.ts'
import { tlsCa, tlsLeaf } from '../../support/tls.ts'
import { unwrap } from '../../support/unwrap.ts'

const protocol = 'proof/1'
const running: RunningServer[] = []

afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

async function start(failing = false): Promise<RunningServer> {
  const ca = await tlsCa('ca')
  const leaf = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'here.test' }] })
  const shown = { certificate: asPem(leaf.certificate), key: asPem(leaf.key) }
  const certificateFor = (name: string): Promise<typeof shown | undefined> => {
    if (failing) return Promise.reject(new Error('broken'))
    return Promise.resolve(name === 'here.test' ? shown : undefined)
  }
  const address = '127.0.0.1:0'
  const server = unwrap(
    await startTlsServer({ name: 'test', address, protocol, certificateFor, clock: systemClock, log: silentLogger }),
  )
  running.push(server)
  return server
}

/** @returns the code with which OpenSSL gives up, or `connected` */
async function handshake(port: number, options: { servername?: string; ALPNProtocols?: string[] }): Promise<string> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  try {
    await once(socket, 'secureConnect')
    return `connected, ${String(socket.alpnProtocol)}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    socket.destroy()
  }
}

describe('a TLS server for one protocol', () => {
  it('shows the certificate of the name, in either case, with the protocol', async () => {
    const { port } = await start()
    const ALPNProtocols = ['h2', protocol]
    expect(await handshake(port, { servername: 'here.test', ALPNProtocols })).toBe('connected, proof/1')
    expect(await handshake(port, { servername: 'HERE.test', ALPNProtocols })).toBe('connected, proof/1')
  })

  it.each([
    ['another name', { servername: 'elsewhere.test', ALPNProtocols: [protocol] }, 'UNRECOGNIZED_NAME'],
    ['no name', { ALPNProtocols: [protocol] }, 'UNRECOGNIZED_NAME'],
    ['another protocol', { servername: 'here.test', ALPNProtocols: ['h2'] }, 'NO_APPLICATION_PROTOCOL'],
    ['no protocol', { servername: 'here.test' }, 'NO_APPLICATION_PROTOCOL'],
  ])('answers %s with the alert that is due', async (_what, options, alert) => {
    const { port } = await start()
    expect(await handshake(port, options)).toContain(alert)
  })

  it('answers with an alert when the certificate cannot be made', async () => {
    const { port } = await start(true)
    const ALPNProtocols = [protocol]
    expect(await handshake(port, { servername: 'here.test', ALPNProtocols })).toContain('INTERNAL_ERROR')
  })

  it('tells what speaks no TLS so, and goes on serving others', async () => {
    const { port } = await start()
    const socket = connectTcp({ port, host: '127.0.0.1' })
    socket.write('GET / HTTP/1.1\r\n\r\n')
    const [alert] = (await once(socket, 'data')) as [Buffer]
    expect([...alert]).toEqual([21, 3, 3, 0, 2, 2, 50])
    socket.destroy()
    const ALPNProtocols = [protocol]
    expect(await handshake(port, { servername: 'here.test', ALPNProtocols })).toBe('connected, proof/1')
  })

  it('lets go of a hello that never ends when it is told to close', async () => {
    const { port } = await start()
    const idle = connectTcp({ port, host: '127.0.0.1' }).on('error', () => undefined)
    idle.write(Buffer.from([22, 3, 1]))
    await once(idle, 'connect')
    const gone = new Promise((resolve) => idle.once('close', resolve))
    for (const one of running.splice(0)) await one.close()
    expect(await gone).toBeDefined()
  })
})

describe('a look at a TLS server', () => {
  const signal = new AbortController().signal

  it('sees protocol and certificate', async () => {
    const { port } = await start()
    const peek = unwrap(tlsPeeker('any'))
    const seen = await peek({ host: '127.0.0.1', port, serverName: 'here.test', protocol }, signal)
    expect(seen).toMatchObject({ value: { protocol } })
    expect(seen).toHaveProperty('value.certificate.length', expect.any(Number))
  })

  it('is not taken at addresses that nobody may be lured to, by whatever name', async () => {
    const { port } = await start()
    const peek = unwrap(tlsPeeker({ kind: 'public', allow: [] }))
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await peek({ host, port, serverName: 'here.test', protocol }, signal)).toMatchObject({
        error: { kind: 'forbiddenAddress' },
      })
  })

  it('says why nothing is to be seen', async () => {
    const { port } = await start()
    const peek = unwrap(tlsPeeker('any'))
    const asked = { host: '127.0.0.1', port, serverName: 'elsewhere.test', protocol }
    expect(await peek(asked, signal)).toMatchObject({ ok: false })
    expect(await peek(asked, AbortSignal.abort())).toMatchObject({ error: { kind: 'aborted' } })
  })
})
