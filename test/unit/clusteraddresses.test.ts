import { describe, expect, it } from '@jest/globals'
import { clusterAddresses } from '../../src/clusteraddresses.ts'
import { readConfig } from '../../src/config.ts'
import { addressPolicy, addressPolicyOutside } from '../../src/connections.ts'
import { KubeError } from '../../src/kube/errors.ts'
import { Transport } from '../../src/kube/transport.ts'
import { compilePolicy } from '../../src/net/address.ts'
import { silentLogger } from '../../src/std/log.ts'
import type { Logger } from '../../src/std/log.ts'
import { silentApiMeter } from '../../src/std/meters.ts'
import { FakeClock } from '../support/clock.ts'
import { unwrap } from '../support/unwrap.ts'

/** A cluster that says this when it is asked for its ServiceCIDRs. */
class Cluster extends Transport {
  readonly asked: string[] = []
  readonly #answer: object | KubeError

  constructor(answer: object | KubeError) {
    const identity = { server: 'https://cluster.test', credentials: () => Promise.reject(new Error('not called')) }
    super({ identity, clock: new FakeClock(), log: silentLogger, meter: silentApiMeter, userAgent: 'test' })
    this.#answer = answer
  }

  override request<T>({ path }: { readonly path: string }): Promise<T> {
    this.asked.push(path)
    return this.#answer instanceof KubeError ? Promise.reject(this.#answer) : Promise.resolve(this.#answer as T)
  }
}

const says = (...lists: readonly (readonly string[])[]): Cluster =>
  new Cluster({ metadata: { resourceVersion: '1' }, items: lists.map((cidrs) => ({ metadata: {}, spec: { cidrs } })) })

async function refused(cluster: Cluster, ...flags: readonly string[]) {
  const warnings: string[] = []
  const log: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) }
  const config = unwrap(readConfig(flags, { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }))
  const { signal } = new AbortController()
  const ranges = await clusterAddresses({ config, transport: cluster, log, signal })
  return { config, ranges, warnings }
}

describe('the addresses of the cluster', () => {
  it('are those of Services, as the cluster says them, beside what the operator is told', async () => {
    const cluster = says(['10.96.0.0/12', 'fd00:10:96::/112'], ['10.200.0.0/16'])
    const { ranges, warnings } = await refused(cluster, '--cluster-addresses=auto,10.244.0.0/16')
    expect(ranges).toEqual(['10.244.0.0/16', '10.96.0.0/12', 'fd00:10:96::/112', '10.200.0.0/16'])
    expect(cluster.asked).toEqual(['/apis/networking.k8s.io/v1/servicecidrs'])
    expect(warnings).toEqual([])
  })

  it('are asked for by default', async () => {
    expect((await refused(says(['10.96.0.0/12']))).ranges).toEqual(['10.96.0.0/12'])
  })

  it.each([
    ['whoever looks after some namespaces, and has no right on the cluster', '--namespaces=shop'],
    ['whoever names them all', '--cluster-addresses=10.244.0.0/16'],
    ['whoever has none', '--cluster-addresses='],
    ['whoever wants no guard', '--address-guard=false'],
  ])('are not asked for by %s', async (_who, flag) => {
    const cluster = says(['10.96.0.0/12'])
    const { config, ranges } = await refused(cluster, flag)
    expect(cluster.asked).toEqual([])
    expect(ranges).toEqual(config.clusterAddresses.ranges)
  })

  it.each([
    ['does not know the kind', new KubeError('notFound', 'none', { status: 404 })],
    ['does not allow it', new KubeError('forbidden', 'no', { status: 403 })],
    ['is away', new KubeError('unreachable', 'no answer')],
  ])('are to be named where the cluster %s', async (_what, error) => {
    const { ranges, warnings } = await refused(new Cluster(error), '--cluster-addresses=auto,10.244.0.0/16')
    expect(ranges).toEqual(['10.244.0.0/16'])
    expect(warnings).toEqual([expect.stringContaining('name them with --cluster-addresses')])
  })

  it('that are no ranges are passed over', async () => {
    expect((await refused(says(['nonsense', '10.96.0.0/12']))).ranges).toEqual(['10.96.0.0/12'])
  })
})

describe('who is led where', () => {
  const table: readonly (readonly [string, string, boolean, boolean])[] = [
    ['the API server', '10.96.0.1', false, false],
    ['a Service', '10.96.7.7', true, false],
    ['a Service in IPv6 clothes', '::ffff:10.96.7.7', true, false],
    ['a Service behind NAT64', '64:ff9b::10.96.7.7', true, false],
    ['a Service over IPv6', 'fd00:10:96::7', true, false],
    ['a pod', '10.244.1.9', true, false],
    ['a Service that is allowed', '10.96.0.53', true, true],
    ['a private network beside the cluster', '10.1.2.3', true, true],
    ['the internet', '192.0.2.1', true, true],
    ['this machine', '127.0.0.1', false, false],
  ]

  it.each(table)('%s (%s): CAs %s, self-checks and providers of DNS %s', async (_what, address, ca, others) => {
    const { config, ranges } = await refused(
      says(['10.96.0.0/12', 'fd00:10:96::/112']),
      '--cluster-addresses=auto,10.244.0.0/16',
      '--allow-addresses=10.96.0.53',
    )
    expect(unwrap(compilePolicy(addressPolicy(config)))(address)).toBe(ca)
    expect(unwrap(compilePolicy(addressPolicyOutside(config, ranges)))(address)).toBe(others)
  })
})
