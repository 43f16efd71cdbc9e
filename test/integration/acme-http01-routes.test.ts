/** HTTP-01 through Ingresses and HTTPRoutes that a small controller reads from a real API server, validated by Pebble. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openChallengeWorld } from '../support/challengeworld.ts'
import type { ChallengeWorld } from '../support/challengeworld.ts'
import { until } from '../support/cluster.ts'
import type { Seen } from '../support/cluster.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

let world: ChallengeWorld

beforeAll(async () => {
  world = await openChallengeWorld()
}, startTimeout)

afterAll(() => world?.close(), testTimeout)

const selfCheck = 'Disabled'
const from = (name: string) => ({ name, kind: 'Issuer', group: 'perennial.dev' }) as const

/** Waits until nothing is left of what was put up for challenges. */
const swept = (): Promise<true> =>
  until('nothing is left of the challenges', async () => {
    const kinds = ['ingresses', 'httproutes', 'services', 'endpointslices'] as const
    const lists = await Promise.all(kinds.map((kind) => world.ns.list<Seen>(kind)))
    const ours = lists.flat().filter(({ metadata }) => metadata.labels?.['perennial.dev/challenge'] !== undefined)
    return ours.length === 0 ? true : undefined
  })

describe('HTTP-01', () => {
  it(
    'is proven through an Ingress that is made for it and goes afterwards',
    async () => {
      await world.issuer('ingress', [{ http01: { selfCheck, ingress: { class: 'nginx' } } }])
      const dnsNames = ['a.example.test', 'b.example.test']
      await world.ns.certificate('made', {
        dnsNames,
        ipAddresses: ['127.0.0.1'],
        issuerRef: from('ingress'),
      })
      await world.ns.ready('made')
      expect(world.proxy.led.map((one) => one.replace(/\/.*/, '')).toSorted()).toEqual(
        expect.arrayContaining(['127.0.0.1', ...dnsNames]),
      )
      await swept()
    },
    testTimeout,
  )
})
