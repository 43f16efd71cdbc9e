/** The chart as it comes, in a cluster whose Nodes say which addresses their pods have. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Namespace, until } from '../support/cluster.ts'
import { openChartWorld } from '../support/chartworld.ts'
import type { ChartWorld } from '../support/chartworld.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'
import { startPebble } from '../support/pebble.ts'
import type { Pebble } from '../support/pebble.ts'

let world: ChartWorld
let operator: RunningOperator
let pebble: Pebble
let ns: Namespace

/** Addresses that lead nowhere (RFC 5737). */
const node = (name: string, range: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { podCIDR: range, podCIDRs: [range] } })
const [pod, allowedPod] = ['198.51.100.9', '198.51.100.200']

beforeAll(async () => {
  world = await openChartWorld()
  await world.plane.kubectl(['create', '-f', '-'], node('one', '198.51.100.0/25'))
  await world.plane.kubectl(['create', '-f', '-'], node('two', '198.51.100.128/25'))
  await world.apply({ config: { 'allow-addresses': `127.0.0.0/8,${allowedPod}`, 'log-level': 'debug' } })
  operator = await world.run()
  pebble = await startPebble({ httpPort: 1, alwaysValid: true, authzReuse: 0 })
  ns = await Namespace.make(world.plane, 'shop')
  const { directoryUrl: server, caBundle } = pebble
  const solvers = [{ http01: { ingress: { class: 'nginx' } } }]
  await ns.issuer('web', { acme: { server, caBundle, privateKeySecretRef: { name: 'account' }, solvers } })
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await pebble?.stop()
  await ns?.close()
  await world?.close()
}, testTimeout)

/** The hosts that the operator really tried to speak with over HTTP. */
function called(): readonly string[] {
  const lines = operator.log().split('\n')
  return lines.flatMap((line) => (line.includes('http exchange') ? (/"host":"([^"]*)"/.exec(line)?.[1] ?? []) : []))
}

const byWeb = { issuerRef: { name: 'web', kind: 'Issuer', group: 'perennial.dev' } } as const

describe('self-checks in a cluster whose Nodes have ranges of pods', () => {
  it(
    'are not led to pods: they are left out, and the CA is asked at once',
    async () => {
      expect(operator.log()).toContain('"pods":["198.51.100.0/24"]')
      await ns.certificate('lured', { ...byWeb, dnsNames: [], ipAddresses: [pod] })
      await ns.ready('lured')
      expect(called()).not.toContain(pod)
      expect([...world.audit.refused()]).toEqual([])
    },
    testTimeout,
  )

  it(
    'are led to the one that --allow-addresses names',
    async () => {
      await ns.certificate('meant', { ...byWeb, dnsNames: [], ipAddresses: [allowedPod] })
      const hosts = await until('a self-check', () =>
        Promise.resolve(called().includes(allowedPod) ? called() : undefined),
      )
      expect(hosts).not.toContain(pod)
    },
    testTimeout,
  )
})
