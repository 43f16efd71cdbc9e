import { describe, expect, it } from '@jest/globals'
import { openClusterAddresses } from '../../src/clusteraddresses.ts'
import { readConfig } from '../../src/config.ts'
import { addressPolicy, addressPolicyOutside } from '../../src/connections.ts'
import { KubeError } from '../../src/kube/errors.ts'
import { Transport } from '../../src/kube/transport.ts'
import type { ApiRequest } from '../../src/kube/transport.ts'
import { compilePolicy } from '../../src/net/address.ts'
import { silentLogger } from '../../src/std/log.ts'
import type { Logger } from '../../src/std/log.ts'
import { silentApiMeter } from '../../src/std/meters.ts'
import { minutes } from '../../src/std/time.ts'
import { FakeClock } from '../support/clock.ts'
import { unwrap } from '../support/unwrap.ts'

type Lists = Readonly<Record<'servicecidrs' | 'nodes', readonly object[] | KubeError>>

const pageSize = 100

/** A cluster that says this when it is asked for its ServiceCIDRs and its Nodes. */
class Cluster extends Transport {
  readonly asked: string[] = []
  lists: Lists
  /** After the first page. */
  breaksOff = false

  constructor(lists: Lists) {
    const identity = { server: 'https://cluster.test', credentials: () => Promise.reject(new Error('not called')) }
    super({ identity, clock: new FakeClock(), log: silentLogger, meter: silentApiMeter, userAgent: 'test' })
    this.lists = lists
  }

  override request<T>({ path, query = {} }: ApiRequest): Promise<T> {
    this.asked.push(path)
    const list = path.endsWith('/nodes') ? this.lists.nodes : this.lists.servicecidrs
    if (list instanceof KubeError) return Promise.reject(list)
    const [from, limit] = [Number(query['continue'] ?? 0), Number(query['limit'])]
    expect(limit).toBeLessThanOrEqual(pageSize)
    if (from > 0 && this.breaksOff) return Promise.reject(new KubeError('gone', 'the list has expired'))
    const end = from + limit
    const metadata = { resourceVersion: '1', ...(end < list.length ? { continue: String(end) } : {}) }
    return Promise.resolve({ metadata, items: list.slice(from, end) } as T)
  }
}

const services = (...lists: readonly (readonly string[])[]): readonly object[] =>
  lists.map((cidrs) => ({ metadata: {}, spec: { cidrs } }))
const nodes = (...lists: readonly (readonly string[])[]): readonly object[] =>
  lists.map((podCIDRs) => ({ metadata: {}, spec: { podCIDRs }, status: { images: [] } }))
const says = (...lists: readonly (readonly string[])[]): Cluster =>
  new Cluster({ servicecidrs: services(...lists), nodes: nodes(['10.244.0.0/24']) })
const forbidden = new KubeError('forbidden', 'no', { status: 403 })

async function opened(cluster: Cluster, ...flags: readonly string[]) {
  const warnings: string[] = []
  const log: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) }
  const config = unwrap(readConfig(flags, { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }))
  const clock = new FakeClock()
  const ending = new AbortController()
  const addresses = await openClusterAddresses({ config, transport: cluster, clock, log }, ending.signal)
  const held = (...asked: readonly string[]): readonly string[] => asked.filter((address) => addresses.hold(address))
  return { config, addresses, held, warnings, clock, ending }
}

describe('the addresses of the cluster', () => {
  it('are those of Services and pods, as the cluster says them, beside what the operator is told', async () => {
    const cluster = says(['10.96.0.0/12', 'fd00:10:96::/112'], ['10.200.0.0/16'])
    const { held, warnings } = await opened(cluster, '--cluster-addresses=auto,10.9.0.0/16')
    const inside = ['10.96.0.1', 'fd00:10:96::9', '10.200.3.4', '10.9.9.9', '10.244.0.255']
    expect(held(...inside, '10.244.1.0', '10.8.9.9', 'fd00:10:97::9')).toEqual(inside)
    expect(cluster.asked).toEqual(['/apis/networking.k8s.io/v1/servicecidrs', '/api/v1/nodes'])
    expect(warnings).toEqual([])
  })

  it('are asked for by default', async () => {
    expect((await opened(says(['10.96.0.0/12']))).held('10.96.0.1', '10.244.0.1')).toHaveLength(2)
  })

  it.each([
    ['whoever looks after some namespaces, and has no right on the cluster', '--namespaces=shop', []],
    ['whoever names them all', '--cluster-addresses=10.244.0.0/16', ['10.244.0.1']],
    ['whoever has none', '--cluster-addresses=', []],
    ['whoever wants no guard', '--address-guard=false', []],
  ])('are not asked for by %s', async (_who, flag, inside) => {
    const cluster = says(['10.96.0.0/12'])
    const { addresses, held, ending } = await opened(cluster, flag)
    await addresses.follow(ending.signal)
    expect(cluster.asked).toEqual([])
    expect(held('10.96.0.1', '10.244.0.1')).toEqual(inside)
  })

  it.each([
    ['does not know the kind', new KubeError('notFound', 'none', { status: 404 })],
    ['does not allow it', forbidden],
    ['is away', new KubeError('unreachable', 'no answer')],
  ])('are to be named where the cluster %s', async (_what, error) => {
    const cluster = new Cluster({ servicecidrs: error, nodes: error })
    const { held, warnings } = await opened(cluster, '--cluster-addresses=auto,10.9.0.0/16')
    expect(held('10.9.0.1', '10.96.0.1')).toEqual(['10.9.0.1'])
    const cure = expect.stringContaining('name them with --cluster-addresses')
    expect(warnings).toEqual([cure, cure])
  })

  it('that are no ranges are passed over, and so is half the internet as the range of one Node', async () => {
    const cluster = new Cluster({
      servicecidrs: services(['nonsense', '10.96.0.0/12']),
      nodes: nodes(['0.0.0.0/1', 'nonsense'], ['10.244.0.0/24', '2000::/3']),
    })
    expect((await opened(cluster)).held('10.96.0.1', '10.244.0.9', '8.8.8.8', '2001:db8::1')).toHaveLength(2)
  })

  it('are to be named where Nodes have no ranges, which is said once', async () => {
    const cluster = new Cluster({ servicecidrs: services(['10.96.0.0/12']), nodes: [{ metadata: {}, spec: {} }] })
    const { warnings, ...opening } = await opened(cluster)
    await lookAgain(opening)
    expect(warnings).toEqual([expect.stringMatching(/no Node says .* name them with --cluster-addresses$/)])
    expect((await opened(cluster, '--cluster-addresses=auto,10.9.0.0/16')).warnings).toEqual([])
  })

  it('of thousands of Nodes are read in pages', async () => {
    const ranges = Array.from({ length: 2048 }, (_, index) => [
      `10.${240 + (index >> 8)}.${index & 255}.0/24`,
      `fd00:244:0:${index.toString(16)}::/64`,
    ])
    const cluster = new Cluster({ servicecidrs: [], nodes: nodes(...ranges) })
    const inside = ['10.240.0.1', '10.247.255.9', 'fd00:244:0:7ff::1']
    expect((await opened(cluster)).held(...inside, '10.248.0.0', 'fd00:244:0:800::')).toEqual(inside)
    expect(cluster.asked).toHaveLength(1 + Math.ceil(2048 / pageSize))
  })

  it('are kept within bounds where they are no neighbours, and the widest of them', async () => {
    const apart = Array.from({ length: 2000 }, (_, index) => [`10.${index >> 7}.${(index & 127) * 2}.0/24`])
    const cluster = new Cluster({ servicecidrs: [], nodes: nodes(...apart, ['10.99.0.0/16']) })
    const { held, warnings } = await opened(cluster)
    expect(held(...apart.map(([range = '']) => range.replace('/24', '')))).toHaveLength(1023)
    expect(held('10.99.7.7')).toEqual(['10.99.7.7'])
    expect(warnings).toEqual([expect.stringContaining('name with --cluster-addresses what holds them all')])
  })
})

/** Lets the time between two looks pass, and the look end. */
async function lookAgain({ addresses, clock }: Pick<Awaited<ReturnType<typeof opened>>, 'addresses' | 'clock'>) {
  const ending = new AbortController()
  const following = addresses.follow(ending.signal)
  await clock.advanceAsync(minutes(10))
  ending.abort()
  await following
  expect(clock.timers).toBe(0)
}

describe('addresses that the cluster gets later', () => {
  it('count from the next look on, and those that went no more', async () => {
    const cluster = says(['10.96.0.0/12'])
    const { held, ...opening } = await opened(cluster)
    cluster.lists = { servicecidrs: services(['10.96.0.0/12'], ['10.200.0.0/16']), nodes: nodes(['10.244.1.0/24']) }
    const asked = ['10.96.0.1', '10.200.0.1', '10.244.0.1', '10.244.1.1']
    expect(held(...asked)).toEqual(['10.96.0.1', '10.244.0.1'])
    await lookAgain(opening)
    expect(held(...asked)).toEqual(['10.96.0.1', '10.200.0.1', '10.244.1.1'])
  })

  it('count for clients that were made before', async () => {
    const cluster = says()
    const { config, addresses, ...opening } = await opened(cluster, '--allow-addresses=10.244.1.53')
    const mayCall = unwrap(compilePolicy(addressPolicyOutside(config, addresses.hold)))
    expect(mayCall('10.244.1.1')).toBe(true)
    cluster.lists = { ...cluster.lists, nodes: nodes(['10.244.1.0/24']) }
    await lookAgain({ addresses, ...opening })
    expect([mayCall('10.244.1.1'), mayCall('::ffff:10.244.1.1'), mayCall('10.244.1.53')]).toEqual([false, false, true])
  })

  it('are added to what is known where the list breaks off', async () => {
    const cluster = says(['10.96.0.0/12'])
    const { held, warnings, ...opening } = await opened(cluster)
    const many = Array.from({ length: pageSize + 1 }, (_, index) => [`10.245.${index}.0/24`])
    cluster.lists = { ...cluster.lists, nodes: nodes(...many) }
    cluster.breaksOff = true
    await lookAgain(opening)
    expect(held('10.244.0.1', '10.245.99.1', '10.245.100.1')).toEqual(['10.244.0.1', '10.245.99.1'])
    expect(warnings).toHaveLength(1)
    cluster.breaksOff = false
    await lookAgain(opening)
    expect(held('10.244.0.1', '10.245.99.1', '10.245.100.1')).toEqual(['10.245.99.1', '10.245.100.1'])
  })

  it('leave what is known where the cluster stops answering, which is said once each time', async () => {
    const cluster = says(['10.96.0.0/12'])
    const { held, warnings, ...opening } = await opened(cluster)
    const before = cluster.lists
    cluster.lists = { servicecidrs: services(['10.200.0.0/16']), nodes: forbidden }
    await lookAgain(opening)
    await lookAgain(opening)
    expect(held('10.96.0.1', '10.200.0.1', '10.244.0.1')).toEqual(['10.200.0.1', '10.244.0.1'])
    expect(warnings).toEqual([expect.stringMatching(/may not ask .* pods .* let its ClusterRole list nodes, or name/)])
    cluster.lists = before
    await lookAgain(opening)
    cluster.lists = { ...before, nodes: forbidden }
    await lookAgain(opening)
    expect(warnings).toHaveLength(2)
  })
})

describe('who is led where', () => {
  const table: readonly (readonly [string, string, boolean, boolean])[] = [
    ['the API server', '10.96.0.1', false, false],
    ['a Service', '10.96.7.7', true, false],
    ['a Service in IPv6 clothes', '::ffff:10.96.7.7', true, false],
    ['a Service behind NAT64', '64:ff9b::10.96.7.7', true, false],
    ['a Service over IPv6', 'fd00:10:96::7', true, false],
    ['a pod', '10.244.0.9', true, false],
    ['a pod that is allowed', '10.244.0.53', true, true],
    ['a range that is named', '10.9.1.1', true, false],
    ['a Service that is allowed', '10.96.0.53', true, true],
    ['a private network beside the cluster', '10.1.2.3', true, true],
    ['the internet', '192.0.2.1', true, true],
    ['this machine', '127.0.0.1', false, false],
  ]

  it.each(table)('%s (%s): CAs %s, self-checks and providers of DNS %s', async (_what, address, ca, others) => {
    const { config, addresses } = await opened(
      says(['10.96.0.0/12', 'fd00:10:96::/112']),
      '--cluster-addresses=auto,10.9.0.0/16',
      '--allow-addresses=10.96.0.53,10.244.0.53',
    )
    expect(unwrap(compilePolicy(addressPolicy(config)))(address)).toBe(ca)
    expect(unwrap(compilePolicy(addressPolicyOutside(config, addresses.hold)))(address)).toBe(others)
  })
})
