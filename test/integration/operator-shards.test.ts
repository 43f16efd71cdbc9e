/** Three replicas share the work of one cluster: one is killed, and what it did is done by the others, and nothing twice. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { memberName } from '../../src/kube/shardtable.ts'
import { home, openChartWorld } from '../support/chartworld.ts'
import type { ChartWorld } from '../support/chartworld.ts'
import { Namespace, conditionOf, makeAuthority, until } from '../support/cluster.ts'
import type { Seen, SeenCertificate } from '../support/cluster.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

const shards = 12
const half = 30

let world: ChartWorld
let ns: Namespace
let replicas: RunningOperator[] = []
/** Every serial number that was ever seen in the Secret of that name. */
const serials = new Map<string, Set<string>>()

const values = {
  replicas: 3,
  shards,
  config: { 'lease-duration': '4s', 'lease-renew-deadline': '3s', 'lease-retry-period': '500ms' },
}

beforeAll(async () => {
  world = await openChartWorld()
  await world.apply(values)
  for (const identity of ['one', 'two', 'three']) replicas.push(await world.run([`--identity=${identity}`]))
  ns = await Namespace.make(world.plane, 'shared')
  await makeAuthority(ns)
}, startTimeout)

afterAll(async () => {
  for (const replica of replicas) await replica.stop()
  await ns?.close()
  await world?.close()
}, testTimeout)

const shares = (): Promise<readonly number[]> =>
  Promise.all(replicas.map((replica) => replica.metric('perennial_shard_held')))

const untilShared = (expected: readonly number[]): Promise<true> =>
  until(`shards are held as ${expected.join(', ')}`, async () =>
    (await shares()).toSorted((a, b) => a - b).join() === expected.join() ? true : undefined,
  )

/** Whether so many Certificates are Ready; then their Secrets are looked at. */
async function allReady(count: number): Promise<readonly SeenCertificate[] | undefined> {
  const ready = (await ns.list<SeenCertificate>('certificates')).filter(
    (one) => one.metadata.name.startsWith('many-') && conditionOf(one, 'Ready')?.status === 'True',
  )
  for (const { metadata, data } of await ns.secrets()) {
    if (!metadata.name.startsWith('many-') || data['tls.crt'] === undefined) continue
    const all = serials.get(metadata.name) ?? new Set()
    serials.set(metadata.name, all.add(new X509Certificate(data['tls.crt']).serialNumber))
  }
  return ready.length === count ? ready : undefined
}

async function make(first: number): Promise<void> {
  for (let i = first; i < first + half; i++) await ns.certificate(`many-${i}`, {})
}

const issued = async (replica: RunningOperator): Promise<number> =>
  replica.metric('perennial_issuance_outcomes_total', { outcome: 'issued' })

describe('three replicas with shards', () => {
  it(
    'hold equal shares, and each issues its part',
    async () => {
      await untilShared([4, 4, 4])
      await make(0)
      await until('the first half Ready', () => allReady(half))
      const parts = await Promise.all(replicas.map(issued))
      // The root is one more.
      expect(parts.reduce((sum, part) => sum + part)).toBe(half + 1)
      expect(Math.min(...parts)).toBeGreaterThan(0)
    },
    testTimeout,
  )

  it(
    'do what one of them did that was killed, and nothing twice',
    async () => {
      const [dead] = replicas
      replicas = replicas.slice(1)
      await make(half)
      await dead?.kill()
      const seen = await until('all Ready', () => allReady(2 * half))
      await untilShared([6, 6])
      expect(seen.map(({ status }) => status?.revision)).toEqual(seen.map(() => 1))
      expect([...serials.values()].map(({ size }) => size)).toEqual(Array.from({ length: 2 * half }, () => 1))
    },
    testTimeout,
  )

  it(
    'hand over at once what one gives up that ends, and remove its Lease',
    async () => {
      const [ending] = replicas
      replicas = replicas.slice(1)
      await ending?.stop()
      await untilShared([12])
      await until('its Lease is gone', async () => {
        const leases = await world.own.list<Seen>('leases')
        return leases.some(({ metadata }) => metadata.name === memberName(home, 'two')) ? undefined : true
      })
      await ns.patch('certificates', 'many-0', { metadata: { annotations: { 'perennial.dev/renew': 'now' } } })
      await until('it is renewed', async () => {
        const seenCertificate = await ns.seenCertificate('many-0')
        return seenCertificate?.status?.revision === 2 ? true : undefined
      })
      const [last] = replicas
      expect(last?.log()).not.toMatch(/"level":"error"/)
    },
    testTimeout,
  )

  it('need no more rights than the chart gives them, and use those on Leases', async () => {
    const [used, granted] = [world.audit.used(), await world.granted()]
    expect([...world.audit.refused()]).toEqual([])
    expect([...used].filter((deed) => !granted.has(deed))).toEqual([])
    const onLeases = ['create', 'delete', 'get', 'list', 'patch'].map((verb) => `${verb} leases.coordination.k8s.io`)
    expect([...granted].filter((deed) => deed.includes('leases')).toSorted()).toEqual(onLeases)
    expect([...used].filter((deed) => deed.includes('leases')).toSorted()).toEqual(onLeases)
  })
})
