/** The chart for some namespaces: no ClusterRole, and nothing asked of the whole cluster. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Namespace, makeAuthority } from '../support/cluster.ts'
import { home, openChartWorld } from '../support/chartworld.ts'
import type { ChartWorld } from '../support/chartworld.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

let world: ChartWorld
let operator: RunningOperator
let blue: Namespace

beforeAll(async () => {
  world = await openChartWorld()
  blue = await Namespace.make(world.plane, 'blue')
  await world.apply({ namespaces: [blue.name] })
  operator = await world.run()
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await blue?.close()
  await world?.close()
}, testTimeout)

describe('the chart for some namespaces', () => {
  it(
    'lets certificates be issued there, with Roles alone',
    async () => {
      await makeAuthority(blue)
      await world.plane.kubectl([
        'apply',
        '-n',
        blue.name,
        '-f',
        'examples/50-ingress.yaml',
        '-f',
        'examples/51-gateway.yaml',
      ])
      for (const secret of ['shop-tls', 'edge-tls']) await blue.secretWhere(secret, () => true)
      expect((await world.roles()).map(({ kind, metadata }) => `${kind} in ${metadata.namespace}`).toSorted()).toEqual([
        'Role in blue',
        `Role in ${home}`,
      ])
    },
    testTimeout,
  )

  it(
    'says of a ClusterIssuer that it is not looked after',
    async () => {
      await blue.certificate('lost', {
        issuerRef: { name: 'everywhere', kind: 'ClusterIssuer', group: 'perennial.dev' },
      })
      const told = await blue.told('lost', { status: 'False', reason: 'IssuerNotFound' })
      expect(JSON.stringify(told.status)).toContain('is not looked after')
    },
    testTimeout,
  )

  it('is refused nothing, and asks for nothing outside', () => {
    expect([...world.audit.refused()]).toEqual([])
    expect(world.audit.places()).toEqual(new Set(['blue', home]))
  })
})
