/** Where the identity comes from: a kubeconfig file, or what Kubernetes mounts into a pod. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { loadIdentity } from '../../src/kube/identity.ts'
import type { Identity } from '../../src/kube/identity.ts'
import { Transport } from '../../src/kube/transport.ts'
import { silentLogger } from '../../src/std/log.ts'
import { silentApiMeter } from '../../src/std/meters.ts'
import { seconds } from '../../src/std/time.ts'
import { FakeClock } from '../support/clock.ts'
import { scratchDirectory } from '../support/scratch.ts'
import { serveHttps } from '../support/servers.ts'
import type { LocalServer } from '../support/servers.ts'
import { tlsCa, tlsLeaf } from '../support/tls.ts'
import type { TlsMaterial } from '../support/tls.ts'
import { unwrap } from '../support/unwrap.ts'

let scratch: ReturnType<typeof scratchDirectory>
let clock: FakeClock

beforeEach(() => {
  scratch = scratchDirectory('identity')
  clock = new FakeClock()
})

afterEach(() => scratch.remove())

function file(name: string, content: string): string {
  const path = join(scratch.path, name)
  writeFileSync(path, content)
  return path
}

interface Parts {
  readonly cluster?: object
  readonly user?: object
  readonly context?: string
}

const kubeconfig = ({ cluster = {}, user = {}, context = 'main' }: Parts): string =>
  file(
    'kubeconfig',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: 'https://cluster.test:6443/', ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
      'current-context': context,
    }),
  )

const fromFile = async (parts: Parts): Promise<Identity> =>
  unwrap(await loadIdentity({ kubeconfig: kubeconfig(parts), clock }))
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('a kubeconfig', () => {
  it('gives the server without a slash at its end, and a token', async () => {
    const identity = await fromFile({
      user: { token: 'abc' },
      cluster: { 'certificate-authority-data': base64('the CA') },
    })
    expect(identity.server).toBe('https://cluster.test:6443')
    expect(await identity.credentials()).toMatchObject({
      ca: 'the CA',
      cert: undefined,
      key: undefined,
      skipVerify: false,
      headers: { authorization: 'Bearer abc' },
    })
  })

  it('gives a client certificate, from the file itself or from others', async () => {
    const inline = { 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') }
    expect(await (await fromFile({ user: inline })).credentials()).toMatchObject({
      cert: 'cert',
      key: 'key',
      headers: {},
    })
    const beside = { 'client-certificate': file('crt', 'cert'), 'client-key': file('key', 'key') }
    expect(await (await fromFile({ user: beside })).credentials()).toMatchObject({ cert: 'cert', key: 'key' })
  })

  it('gives the name that the server is to have, and whether to look at all', async () => {
    const cluster = { 'tls-server-name': 'other.test', 'insecure-skip-tls-verify': true }
    expect(await (await fromFile({ cluster })).credentials()).toMatchObject({
      serverName: 'other.test',
      skipVerify: true,
    })
  })

  it('gives a name and password as basic authentication', async () => {
    const { headers } = await (await fromFile({ user: { username: 'me', password: 'p:w' } })).credentials()
    expect(headers).toEqual({ authorization: `Basic ${base64('me:p:w')}` })
  })

  it('may name a program that gives the token', async () => {
    const answer = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'ran' } }
    const script = file('plugin', `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`)
    chmodSync(script, 0o755)
    const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' } }
    expect((await (await fromFile({ user })).credentials()).headers).toEqual({ authorization: 'Bearer ran' })
  })

  it.each([
    [
      'is not there',
      () => join(scratch.path, 'none'),
      'cannot be read: it does not exist; name another with --kubeconfig',
    ],
    ['is no YAML', () => file('bad', '{{{'), 'cannot be read'],
    ['names a context that does not exist', () => kubeconfig({ context: 'other' }), 'set current-context'],
  ])('that %s is an error in a sentence', async (_, path, sentence) => {
    const identity = await loadIdentity({ kubeconfig: path(), clock })
    expect(identity).toMatchObject({ ok: false, error: expect.stringContaining(sentence) })
  })

  it('that names a file which is not there says so when it is needed', async () => {
    const path = join(scratch.path, 'gone')
    const identity = await fromFile({ user: { 'client-certificate': path, 'client-key': path } })
    await expect(identity.credentials()).rejects.toThrow(
      `${path}, which the kubeconfig names, cannot be used: it does not exist`,
    )
  })

  it('that is broken beside a secret is told of without the secret', async () => {
    const path = file('broken', 'users:\n- name: u\n  user:\n    token: abc-def\n   - [\n')
    const identity = await loadIdentity({ kubeconfig: path, clock })
    expect(identity).toEqual({
      ok: false,
      error: `The kubeconfig ${path} cannot be read: it is no YAML at line 5, column 4.`,
    })
  })

  it('has a namespace that is text, or says so', async () => {
    const contexts = [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 7 } }]
    const clusters = [{ name: 'c', cluster: { server: 'https://cluster.test' } }]
    const path = file('number', JSON.stringify({ clusters, contexts, 'current-context': 'main' }))
    expect(await loadIdentity({ kubeconfig: path, clock })).toMatchObject({
      ok: false,
      error: expect.stringContaining('put it into quotes'),
    })
  })
})

describe('a pod', () => {
  const mounted = async (host = '10.0.0.1'): Promise<Identity> =>
    unwrap(await loadIdentity({ pod: { host, port: '443', directory: scratch.path }, clock }))
  const tokenOf = async (identity: Identity): Promise<string | undefined> =>
    (await identity.credentials()).headers['authorization']

  beforeEach(() => {
    file('token', 'first\n')
    file('ca.crt', 'the CA')
  })

  it('has its identity in files', async () => {
    const identity = await mounted()
    expect(identity.server).toBe('https://10.0.0.1:443')
    expect(await identity.credentials()).toEqual({
      ca: 'the CA',
      cert: undefined,
      key: undefined,
      serverName: undefined,
      skipVerify: false,
      headers: { authorization: 'Bearer first' },
    })
  })

  it('may live in a cluster of IPv6 addresses', async () => {
    expect((await mounted('fd00::1')).server).toBe('https://[fd00::1]:443')
  })

  it('reads its token and CA again once a minute', async () => {
    const identity = await mounted()
    file('token', 'second')
    file('ca.crt', 'another CA')
    clock.advance(seconds(59))
    expect(await tokenOf(identity)).toBe('Bearer first')
    clock.advance(seconds(1))
    expect(await identity.credentials()).toMatchObject({
      ca: 'another CA',
      headers: { authorization: 'Bearer second' },
    })
  })

  it('keeps its token while the file is empty or away, and takes it when it is back', async () => {
    const identity = await mounted()
    file('token', '')
    clock.advance(seconds(60))
    expect(await tokenOf(identity)).toBe('Bearer first')
    rmSync(join(scratch.path, 'token'))
    clock.advance(seconds(60))
    expect(await tokenOf(identity)).toBe('Bearer first')
    file('token', 'third')
    clock.advance(seconds(60))
    expect(await tokenOf(identity)).toBe('Bearer third')
  })

  it('without a ServiceAccount is an error in a sentence', async () => {
    rmSync(join(scratch.path, 'token'))
    const identity = await loadIdentity({ pod: { host: 'h', port: '443', directory: scratch.path }, clock })
    expect(identity).toEqual({
      ok: false,
      error: `The ServiceAccount of this pod cannot be read: ${join(scratch.path, 'token')}: it does not exist; have it mounted (automountServiceAccountToken), or name a kubeconfig with --kubeconfig.`,
    })
  })

  it('gives way to a kubeconfig that was asked for', async () => {
    const pod = { host: 'h', port: '443', directory: scratch.path }
    const identity = unwrap(await loadIdentity({ kubeconfig: kubeconfig({}), pod, clock }))
    expect(identity.server).toBe('https://cluster.test:6443')
  })
})

describe('TLS', () => {
  let ca: TlsMaterial
  let other: TlsMaterial
  let server: LocalServer
  let seen: string[]

  beforeEach(async () => {
    ca = await tlsCa('cluster')
    other = await tlsCa('other')
    const { certificate: cert, key } = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'kubernetes.test' }] })
    seen = []
    server = await serveHttps(
      { cert, key, ca: ca.certificate, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const { authorized, remotePort } = request.socket as typeof request.socket & { readonly authorized: boolean }
        seen.push(`${authorized ? 'certified' : 'unknown'} ${remotePort}`)
        response.end('{}')
      },
    )
  })

  afterEach(() => server.close())

  const ask = (transport: Transport): Promise<unknown> =>
    transport.request({ method: 'GET', path: '/x', verb: 'get', resource: 'x', signal: new AbortController().signal })
  const over = (identity: Identity): Transport =>
    new Transport({ identity, clock, log: silentLogger, meter: silentApiMeter, userAgent: 'test' })

  const certified = async (trusted: TlsMaterial, name: string): Promise<Identity> => {
    const client = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'client' }] })
    return fromFile({
      cluster: {
        server: server.url,
        'certificate-authority-data': base64(trusted.certificate),
        'tls-server-name': name,
      },
      user: { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) },
    })
  }

  it('shows the client certificate, and keeps the connection', async () => {
    const transport = over(await certified(ca, 'kubernetes.test'))
    for (let n = 0; n < 20; n++) await ask(transport)
    await transport.close()
    expect(new Set(seen).size).toBeLessThanOrEqual(2)
    expect(seen[0]).toMatch(/^certified/)
  })

  it.each([
    ['has another CA', () => other, 'kubernetes.test'],
    ['has another name', () => ca, 'elsewhere.test'],
  ])('refuses a server that %s', async (_, trusted, name) => {
    const transport = over(await certified(trusted(), name))
    await expect(ask(transport)).rejects.toMatchObject({ name: 'KubeError', reason: 'unreachable' })
    await transport.close()
    expect(seen).toEqual([])
  })

  it('takes new connections when the certificate was replaced, and only then', async () => {
    const first = await (await certified(ca, 'kubernetes.test')).credentials()
    const second = await (await certified(ca, 'kubernetes.test')).credentials()
    let now = first
    const transport = over({ server: server.url, credentials: () => Promise.resolve({ ...now }) })
    await ask(transport)
    await ask(transport)
    expect(new Set(seen).size).toBeLessThanOrEqual(2)
    const before = new Set(seen)
    now = second
    await ask(transport)
    expect(before.has(seen.at(-1) ?? '')).toBe(false)
    await transport.close()
  })
})
