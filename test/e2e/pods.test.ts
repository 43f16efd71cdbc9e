/** Everything together, in pods: the chart that Helm installs, a CA, an ingress controller, and a TLS client that knows none of it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { makeIssuer } from './issuer.ts'
import { zones } from './names.ts'
import { ready, shownOtherThan, siteOf } from './sites.ts'
import { openWorld } from './world.ts'
import type { World } from './world.ts'

/** Milliseconds: images are packed and loaded, pods are started. */
const startTimeout = 300_000
const testTimeout = 180_000

let world: World

beforeAll(async () => {
  world = await openWorld()
}, startTimeout)

afterAll(() => world?.close(), startTimeout)

const site = `shop.${zones.http01}`

describe('the chart that Helm installs', () => {
  it(
    'has two ready replicas under restricted Pod Security, of which one acts',
    async () => {
      await world.install()
      const replicas = await world.replicas()
      expect(replicas).toHaveLength(2)
      expect(replicas).toContain(await world.leader())
    },
    testTimeout,
  )
})

describe('an Ingress that an annotation gives an issuer', () => {
  it(
    'is served by nginx with a certificate that the CA issued after HTTP-01 through that nginx',
    async () => {
      await makeIssuer(world)
      await world.kube.create(siteOf('shop', site))
      await ready(world.kube, 'shop')
      const shown = await shownOtherThan(world, site)
      expect(shown.issuer).toContain('Pebble')
      expect(shown.names).toBe(`DNS:${site}`)
    },
    testTimeout,
  )
})
