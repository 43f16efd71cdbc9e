import { connect as connectTcp, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { beforeAll, describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { readClientHello } from '../../../src/net/clienthello.ts'

/** The first bytes that OpenSSL sends. */
async function helloOf(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const received = new Promise<Buffer>((resolve) =>
    server.once('connection', (socket) => socket.on('error', () => undefined).once('data', resolve)),
  )
  const client = connect({ socket: connectTcp({ port, host: '127.0.0.1' }), rejectUnauthorized: false, ...options })
  client.on('error', () => undefined)
  const bytes = await received
  client.destroy()
  server.close()
  return bytes
}

describe('the first message of a TLS client', () => {
  let full: Buffer
  beforeAll(async () => {
    full = await helloOf({ servername: 'Here.Test', ALPNProtocols: ['h2', 'proof/1'] })
  })

  it('says whom the client wants and what it speaks', async () => {
    expect(readClientHello(full)).toEqual({ kind: 'hello', serverName: 'here.test', protocols: ['h2', 'proof/1'] })
    expect(readClientHello(await helloOf({}))).toEqual({ kind: 'hello', serverName: undefined, protocols: [] })
  })

  it('is waited for until it is whole', () => {
    for (let length = 0; length < full.length; length++)
      expect(readClientHello(full.subarray(0, length))).toEqual({ kind: 'more' })
  })

  it('may be spread over any records', () => {
    const message = full.subarray(5)
    const header = (length: number): Buffer => Buffer.from([22, 3, 1, length >> 8, length & 0xff])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: message.length - 1 }), (at) => {
        const parts = [message.subarray(0, at), message.subarray(at)]
        const bytes = Buffer.concat(parts.flatMap((part) => [header(part.length), part]))
        expect(readClientHello(bytes)).toMatchObject({ serverName: 'here.test' })
      }),
    )
  })

  it('is told from everything else, and nothing makes reading it fail', () => {
    expect(readClientHello(Buffer.from('GET / HTTP/1.1\r\n'))).toEqual({ kind: 'bad' })
    expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]))).toEqual({ kind: 'bad' })
    expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255]))).toEqual({ kind: 'bad' })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(['more', 'bad', 'hello']).toContain(readClientHello(bytes).kind)
      }),
    )
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), (at, octet) => {
        const changed = Buffer.from(full)
        changed[at % full.length] = octet
        expect(['more', 'bad', 'hello']).toContain(readClientHello(changed).kind)
      }),
    )
  })
})
