/** The inventory of a running operator with the rights that the chart gives it, and people with rights of their own. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { CertificateList, Detail, IssuerList, Me, SummaryAnswer } from '../../src/web/contract.ts'
import { exitCodes } from '../../src/cli/exitcodes.ts'
import { openChartWorld } from '../support/chartworld.ts'
import type { ChartWorld } from '../support/chartworld.ts'
import { runCli } from '../support/clitool.ts'
import type { CliEnd } from '../support/clitool.ts'
import { Namespace, makeAuthority, until } from '../support/cluster.ts'
import type { RunningOperator } from '../support/operator.ts'
import { people, pod, webhook } from '../support/inventorypeople.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'
import { freePorts } from '../support/process.ts'
import { tlsCa, tlsLeaf } from '../support/tls.ts'
import type { TlsMaterial } from '../support/tls.ts'

let world: ChartWorld
let operator: RunningOperator
let shop: Namespace
let bank: Namespace
let root: string
let stranger: TlsMaterial
const tokens = new Map<string, string>()

/** As much as a Secret takes. */
const junk = 'x'.repeat(1_000_000)

beforeAll(async () => {
  world = await openChartWorld()
  await world.apply({ web: { enabled: true, inventory: 'all' } })
  const [port = 0] = await freePorts(1)
  operator = await world.run([`--web-address=127.0.0.1:${port}`])
  root = `http://127.0.0.1:${port}`
  shop = await Namespace.make(world.plane, 'shop')
  bank = await Namespace.make(world.plane, 'bank')
  for (const ns of [shop, bank]) {
    await makeAuthority(ns)
    await ns.certificate('web', {}, { labels: { team: ns.name } })
    await ns.ready('web')
  }
  const ca = await tlsCa('Strange CA')
  stranger = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'found.example' }] })
  const { certificate, key } = stranger
  await shop.secret('found', { 'tls.crt': certificate, 'tls.key': key }, 'kubernetes.io/tls')
  await bank.secret('broken', { 'tls.crt': junk, 'tls.key': key }, 'kubernetes.io/tls')
  await world.plane.kubectl(['create', 'configmap', 'roots', '-n', 'bank', `--from-literal=ca.crt=${certificate}`])
  await world.plane.kubectl(['apply', '-f', '-'], webhook(certificate))
  const tls = [{ hosts: ['web.example'], secretName: 'web' }]
  const defaultBackend = { service: { name: 'web', port: { number: 80 } } }
  await shop.create('ingresses', { metadata: { name: 'front' }, spec: { tls, defaultBackend } })
  await world.plane.kubectl(['apply', '-f', '-'], people)
  await until('the account of pods', () => world.plane.kubectl(['apply', '-f', '-'], pod).catch(() => undefined))
  for (const name of ['watcher', 'keeper', 'boss'])
    tokens.set(name, (await world.plane.kubectl(['create', 'token', name, '-n', 'shop'])).trim())
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await shop?.close()
  await bank?.close()
  await world?.close()
}, testTimeout)

async function ask(path: string, who = 'boss'): Promise<Response> {
  const token = tokens.get(who) ?? who
  return fetch(`${root}${path}`, { headers: { authorization: `Bearer ${token}` } })
}

const answer = async (path: string, who?: string): Promise<unknown> => (await ask(path, who)).json()

const listed = async (search: string, who?: string): Promise<readonly string[]> => {
  const { items } = (await answer(`/api/certificates?sort=name&${search}`, who)) as CertificateList
  return items.map(({ id }) => id).sort()
}

describe('the inventory of a cluster', () => {
  it(
    'holds what is managed, and what lies in Secrets and ConfigMaps',
    async () => {
      const expected = [
        'Certificate/bank/root',
        'Certificate/bank/web',
        'Certificate/shop/root',
        'Certificate/shop/web',
        'ConfigMap/bank/roots/ca.crt',
        // The CA of clients, which every API server publishes.
        'ConfigMap/kube-system/extension-apiserver-authentication/client-ca-file',
        'Secret/bank/broken',
        'Secret/shop/found',
      ]
      const { validTo } = new X509Certificate(stranger.certificate)
      const all = await until('the whole inventory', async () => {
        const ids = await listed('')
        return ids.length >= expected.length ? ids : undefined
      })
      expect(all).toEqual(expected)
      expect(await listed('finding=unreadable')).toEqual(['Secret/bank/broken'])
      expect(await listed('finding=sharedKey')).toEqual(['ConfigMap/bank/roots/ca.crt', 'Secret/shop/found'])
      expect(await listed('owner=shop&protocol=ca')).toEqual(['Certificate/shop/web'])
      expect(((await answer('/api/summary')) as SummaryAnswer).unread).toEqual([])
      const found = (metric: string, name: string): Promise<number> =>
        operator.metric(`perennial_found_certificate_${metric}`, { kind: 'Secret', name })
      expect(await found('expiration_timestamp_seconds', 'found')).toBe(Date.parse(validTo) / 1000)
      expect(await found('unreadable', 'broken')).toBe(1)
      const broken = (await answer('/api/certificates/Secret/bank/broken')) as Detail
      expect(broken.unreadable).toMatch(/\w/)
      expect(JSON.stringify(broken).length).toBeLessThan(10_000)
    },
    testTimeout,
  )

  it(
    'is shown to nobody without a token that the cluster knows',
    async () => {
      expect((await fetch(`${root}/api/certificates`)).status).toBe(401)
      expect((await ask('/api/summary', 'nobody')).status).toBe(401)
    },
    testTimeout,
  )

  it(
    'is shown to a person as far as they may list Certificates',
    async () => {
      expect(await listed('', 'watcher')).toEqual([
        'Certificate/shop/root',
        'Certificate/shop/web',
        'Secret/shop/found',
      ])
      expect((await ask('/api/certificates/Certificate/bank/web', 'watcher')).status).toBe(404)
      expect(((await answer('/api/me', 'watcher')) as Me).everywhere).toBe(false)
      expect(((await answer('/api/me', 'boss')) as Me).user).toBe('system:serviceaccount:shop:boss')
      // Certificates are all that it may list.
      expect(((await answer('/api/issuers', 'watcher')) as IssuerList).items).toEqual([])
      const issuers = ((await answer('/api/issuers', 'keeper')) as IssuerList).items
      expect(issuers.map(({ namespace }) => namespace)).toEqual(issuers.map(() => 'shop'))
      expect(issuers.map(({ name }) => name)).toContain('ca')
    },
    testTimeout,
  )

  it(
    'says who uses a certificate and what happened to it, as far as the person may know',
    async () => {
      const path = '/api/certificates/Certificate/shop/web'
      const detail = await until('the Ingress', async () => {
        const seen = (await answer(path, 'keeper')) as Detail
        return seen.row.consumers.length > 1 ? seen : undefined
      })
      expect(detail.row.consumers).toEqual([
        { kind: 'Ingress', namespace: 'shop', name: 'front' },
        { kind: 'Pod', namespace: 'shop', name: 'server' },
      ])
      expect(detail.timeline.map(({ title }) => title)).toContain('Issued')
      expect(detail.unread).toEqual([])
      const found = (await answer('/api/certificates/Secret/shop/found')) as Detail
      expect(found.row.consumers).toEqual([{ kind: 'ValidatingWebhookConfiguration', namespace: '', name: 'strange' }])
      const watched = (await answer(path, 'watcher')) as Detail
      expect(watched.row.consumers).toEqual([{ kind: 'Ingress', namespace: 'shop', name: 'front' }])
      expect(watched.unread).toHaveLength(2)
    },
    testTimeout,
  )

  it(
    'follows the cluster: what comes is there, what goes is gone',
    async () => {
      await shop.certificate('late', { dnsNames: ['late.example'] })
      const late = await until('the new one', async () => (await listed('q=late.example&state=ready'))[0])
      expect(late).toBe('Certificate/shop/late')
      await shop.remove('secrets', 'found')
      await until('the old one gone', async () => ((await listed('q=shop/found')).length === 0 ? true : undefined))
    },
    testTimeout,
  )

  it(
    'sends no key, whatever it is asked for',
    async () => {
      const secret = await shop.seenSecret('web')
      const keys = [secret?.data['tls.key']?.toString() ?? '', stranger.key]
      const bodies = await Promise.all(
        [
          '/api/certificates',
          '/api/certificates?format=json',
          '/api/certificates/Certificate/shop/web',
          '/api/summary',
        ].map(async (path) => (await ask(path)).text()),
      )
      for (const key of keys) {
        const [, line = key] = key.split('\n')
        for (const body of bodies) expect(body.includes(line)).toBe(false)
      }
      expect(bodies.join('')).not.toContain('PRIVATE')
    },
    testTimeout,
  )
})

const tool = (...args: readonly string[]): Promise<CliEnd> =>
  runCli(['inventory', ...args, '--kubeconfig', world.plane.kubeconfig])

describe('kubectl perennial inventory', () => {
  it(
    'reads no Secrets unless told to',
    async () => {
      const { code, stdout } = await tool('-A', '-q', 'sort=name', '-o', 'wide')
      expect(stdout).toMatch(/^NAMESPACE +NAME +KIND +STATE +EXPIRES +ISSUER +FINDINGS +RENEWS +NAMES/)
      expect(stdout).toMatch(/^shop +web +Certificate +ready +in 89d +Issuer\/ca +- +in \d+d +dns:web\.example /m)
      expect(stdout).not.toContain('broken')
      expect(code).toBe(exitCodes.fine)
    },
    testTimeout,
  )

  it(
    'shows what lies in other Secrets, and what cannot be read in them',
    async () => {
      const { stdout } = await tool('-n', 'bank', '--secrets', '--query', 'finding=unreadable')
      expect(stdout.trimEnd().split('\n')[1]).toMatch(/^broken +Secret +found +- +- +unreadable$/)
      const { stdout: json } = await tool('-n', 'bank', '--secrets', '-o', 'json', '-q', 'q=bank/web')
      const { items } = JSON.parse(json) as CertificateList
      expect(items).toEqual([expect.objectContaining({ id: 'Certificate/bank/web', key: 'ECDSA 256', owner: 'bank' })])
    },
    testTimeout,
  )

  it(
    'writes CSV, and says which part of a question is wrong',
    async () => {
      const { stdout } = await tool('-A', '-o', 'csv')
      expect(stdout).toMatch(/^namespace,name,kind,entry,secret,state,/)
      const wrong = await tool('-A', '-q', 'findig=expired')
      expect(wrong.stderr).toContain('--query: There is no parameter "findig"; did you mean finding?')
      expect(wrong.code).toBe(exitCodes.usage)
    },
    testTimeout,
  )
})
