/** The DNS webhook protocol against cert-manager's own library, through the aggregation layer of a real API server. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Agent, request } from 'undici'
import type { DnsChange, ProviderCtx, TxtValue } from '../../src/enroll/solvers/dns01/provider.ts'
import { webhook } from '../../src/enroll/solvers/dns01/webhook/provider.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import type { Json } from '../../src/std/json.ts'
import { silentLogger } from '../../src/std/log.ts'
import { minutes } from '../../src/std/time.ts'
import { startDnsWebhook, webhookGroup } from '../support/dnswebhook.ts'
import type { DnsWebhook } from '../support/dnswebhook.ts'

const startTimeout = 300_000

let running: DnsWebhook
let agent: Agent
let operator: string

beforeAll(async () => {
  running = await startDnsWebhook()
  agent = new Agent({ connect: { ca: running.plane.ca } })
  await running.plane.kubectl(['apply', '-f', '-'], JSON.stringify(roleFor('solves')))
  operator = await accountWith('operator', 'solves')
}, startTimeout)

afterAll(async () => {
  await agent.close()
  await running.stop()
}, 60_000)

const roleFor = (name: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name },
  rules: [{ apiGroups: [webhookGroup], resources: ['*'], verbs: ['create'] }],
})

/** @returns a token of a ServiceAccount that has the role */
async function accountWith(name: string, role?: string): Promise<string> {
  const { plane } = running
  await plane.kubectl(['create', 'serviceaccount', name])
  const binding = ['create', 'clusterrolebinding', name, `--clusterrole=${role}`, `--serviceaccount=default:${name}`]
  if (role !== undefined) await plane.kubectl(binding)
  return (await plane.kubectl(['create', 'token', name])).trim()
}

function parsed(text: string): Json | undefined {
  return text.startsWith('{') ? (JSON.parse(text) as Json) : undefined
}

const ctxOf = (token: string): ProviderCtx => ({
  now: () => systemClock.now(),
  http: { send: () => Promise.reject(new Error('only the API server is called')) },
  dns: {
    recursive: [],
    asksAuthoritative: false,
    authoritativePort: 53,
    lookUp: () => Promise.reject(new Error('no DNS here')),
    ask: () => Promise.reject(new Error('no DNS here')),
    exchange: () => Promise.reject(new Error('no DNS here')),
  },
  cluster: {
    resourceNamespace: 'perennial',
    create: async (path, body, signal) => {
      const reply = await request(running.plane.url + path, {
        method: 'POST',
        dispatcher: agent,
        signal,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: reply.statusCode, body: parsed(await reply.body.text()) }
    },
  },
  ambient: { allowed: true, variable: () => undefined, file: () => Promise.resolve(undefined) },
  signal: AbortSignal.timeout(30_000),
  log: silentLogger,
})

const txt = (value: string, zone = 'example.com'): TxtValue => ({
  name: '_acme-challenge.www.example.com',
  zone,
  value,
  ttl: minutes(1),
  identifier: 'www.example.com',
})

const config = { secretName: 'dns', nested: [1, { deep: true }] }
const spec = { groupName: webhookGroup, solverName: 'memory', config }

function call(action: 'present' | 'remove', value: TxtValue, { token = operator, as = spec } = {}): Promise<DnsChange> {
  const provider = webhook.create(as, 'spec.acme.solvers[0].dns01', new Map())
  if ('code' in provider) throw new Error(provider.message)
  return provider[action](value, ctxOf(token))
}

describe("a DNS webhook made with cert-manager's library", () => {
  const fqdn = '_acme-challenge.www.example.com.'

  it('presents and cleans up one value among others, as often as it is asked to', async () => {
    for (const value of ['first', 'second', 'first'])
      expect(await call('present', txt(value))).toEqual({ kind: 'done' })
    expect((await running.records())[fqdn]).toEqual(['first', 'second'])
    for (const value of ['first', 'first', 'never']) expect(await call('remove', txt(value))).toEqual({ kind: 'done' })
    expect((await running.records())[fqdn]).toEqual(['second'])
  })

  it('understands every member of the request', async () => {
    await call('present', txt('third'))
    expect((await running.requests()).at(-1)).toEqual({
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      action: 'Present',
      type: 'dns-01',
      dnsName: 'www.example.com',
      key: 'third',
      resourceNamespace: 'perennial',
      resolvedFQDN: fqdn,
      resolvedZone: 'example.com.',
      allowAmbientCredentials: true,
      config,
    })
  })

  it('is heard out when it fails', async () => {
    expect(await call('present', txt('fourth', 'www.example.com'))).toMatchObject({
      kind: 'deferred',
      fault: { code: 'ServerFailed', message: expect.stringContaining('saying "no zone www.example.com."') },
    })
  })

  it('is missed by the name of its solver and by its group', async () => {
    const { token } = running.plane
    for (const other of [{ solverName: 'other' }, { groupName: 'nobody.example.com' }]) {
      const change = await call('present', txt('fifth'), { token, as: { ...spec, ...other } })
      expect(change).toMatchObject({ kind: 'failed', fault: { code: 'Misconfigured' } })
    }
  })

  it('may only be called by whom the cluster allows it', async () => {
    const token = await accountWith('stranger')
    expect(await call('present', txt('sixth'), { token })).toMatchObject({
      kind: 'failed',
      fault: { code: 'CredentialsRejected', message: expect.stringContaining('dns01.webhook.groupName') },
    })
  })
})
