/**
 * Where a person who may write issuers could try to lead the operator. Every spelling is tried in a URL, as an answer of DNS, over
 * bare TCP, and through a proxy's own address.
 */
import { afterEach, describe, expect, it } from '@jest/globals'
import { readConfig } from '../../../src/config.ts'
import { httpBench, patient } from '../../support/httpbench.ts'
import { serveHttp } from '../../support/servers.ts'
import { tlsPeeker } from '../../../src/net/tlspeek.ts'
import { unwrap } from '../../support/unwrap.ts'

const bench = httpBench()
const { client, kept } = bench
afterEach(() => bench.close())

/** What a pod is told by default. */
const config = unwrap(readConfig([], { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }))
const guarded = {
  addressPolicy: { kind: 'public', allow: config.allowAddresses, deny: config.denyAddresses },
} as const

const places: readonly (readonly [string, readonly string[]])[] = [
  ['this machine', ['127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '::']],
  ['its links', ['169.254.1.1', 'fe80::1', 'fec0::1']],
  ['cloud metadata', ['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', '168.63.129.16']],
  ['cloud metadata over IPv6', ['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254']],
  ['the API server of the pod', ['10.96.0.1', '::ffff:10.96.0.1']],
  ['IPv4 in IPv6', ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1', '::ffff:0:7f00:1']],
  ['IPv4 behind NAT64', ['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::7f00:1']],
  ['IPv4 in tunnels', ['2002:7f00:1::', '2001:0:7f00:1::']],
  ['everybody', ['224.0.0.1', '255.255.255.255', 'ff02::1']],
]
const addresses = places.flatMap(([place, all]) => all.map((address) => ({ place, address })))
const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address)

describe.each(addresses)('$place at $address', ({ address }) => {
  it('is not called by its address', async () => {
    const sent = await client(guarded).send({ method: 'GET', url: `http://${inUrl(address)}/` }, patient)
    expect(sent).toMatchObject({ ok: false, error: { kind: 'forbiddenAddress' } })
  })

  it('is not called by a name that leads there', async () => {
    const resolve = () => Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }])
    const sent = await client({ ...guarded, resolve }).send({ method: 'GET', url: 'http://ca.example/' }, patient)
    expect(sent).toMatchObject({ ok: false, error: { kind: 'forbiddenAddress' } })
  })

  it('is not called over bare TCP, nor looked at over TLS', async () => {
    const request = { host: address, port: 829, data: new Uint8Array(1), lengthOf: () => 1 }
    expect(await client(guarded).tcp?.(request, patient)).toMatchObject({ error: { kind: 'forbiddenAddress' } })
    const peek = unwrap(tlsPeeker(guarded.addressPolicy))
    const looked = await peek({ host: address, port: 443, serverName: 'a.example', protocol: 'acme-tls/1' }, patient)
    expect(looked).toMatchObject({ error: { kind: 'forbiddenAddress' } })
  })

  it('is called by nobody’s proxy setting', () => {
    expect(() => client({ ...guarded, proxy: { url: `http://${inUrl(address)}:3128` } })).toThrow(/may not be called/)
  })
})

describe('a spelling of 127.0.0.1', () => {
  it.each([
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '１２７.０.０.１',
    '[0:0:0:0:0:ffff:7f00:0001]',
    '[::ffff:127.0.0.1]',
  ])('%s is not called', async (host) => {
    const sent = await client(guarded).send({ method: 'GET', url: `http://${host}/` }, patient)
    expect(sent).toMatchObject({ error: { kind: 'forbiddenAddress' } })
  })
})

describe('a URL', () => {
  it.each([
    'unix:/run/containerd/containerd.sock',
    'http+unix://%2Frun%2Fsock/',
    'file:///var/run/secrets/kubernetes.io/serviceaccount/token',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'ftp://ca.example/',
    'data:text/plain,hello',
    'javascript:alert(1)',
    'ws://ca.example/',
    'http://user@ca.example/',
    'http://user:password@ca.example/',
    'http://ca.example@127.0.0.1/',
  ])('%s is not called', async (url) => {
    expect(await client(guarded).send({ method: 'GET', url }, patient)).toMatchObject({
      error: { kind: 'forbiddenAddress' },
    })
  })
})

describe('a name', () => {
  it('with a good and a bad address is called at the good one only', async () => {
    const called: (string | undefined)[] = []
    const server = await kept(
      serveHttp((request, response) => void (called.push(request.socket.localAddress), response.end())),
    )
    const resolve = () =>
      Promise.resolve(['127.0.0.2', '127.0.0.1', '127.0.0.3'].map((address) => ({ address, family: 4 })))
    const only = client({ addressPolicy: { kind: 'public', allow: ['127.0.0.1'] }, resolve })
    expect(await only.send({ method: 'GET', url: `http://ca.example:${server.port}/` }, patient)).toMatchObject({
      ok: true,
    })
    expect(called).toEqual(['127.0.0.1'])
  })
})

describe('a redirect', () => {
  it.each(['http://127.0.0.1:1/', 'https://elsewhere.example/', 'file:///etc/passwd'])(
    'to %s is given back, not followed, and nothing is sent there',
    async (location) => {
      const server = await kept(serveHttp((_request, response) => response.writeHead(307, { location }).end()))
      const resolved: string[] = []
      const resolve = (name: string) => {
        resolved.push(name)
        return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
      }
      const allowed = client({ addressPolicy: { kind: 'public', allow: ['127.0.0.1'] }, resolve })
      const request = {
        method: 'POST',
        url: `http://ca.example:${server.port}/`,
        headers: { authorization: 'Basic eDp5' },
      } as const
      expect(await allowed.send(request, patient)).toMatchObject({ ok: true, value: { status: 307 } })
      expect(resolved).toEqual(['ca.example'])
    },
  )
})

describe('what the operator allows', () => {
  it('outranks what is denied, the API server included', () => {
    const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }
    expect(unwrap(readConfig(['--deny-addresses=10.0.0.0/8'], env)).denyAddresses).toEqual(['10.0.0.0/8', '10.96.0.1'])
    expect(unwrap(readConfig([], {})).denyAddresses).toEqual([])
  })
})
