/** Everything together, in pods: the chart that Helm installs, a CA, an ingress controller, and a TLS client that knows none of it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { until } from '../support/cluster.ts'
import { runCli } from '../support/clitool.ts'
import { makeIssuer } from './issuer.ts'
import { home, shop, zones } from './names.ts'
import { certificate, page, ready, secretsOf, shownOtherThan, siteOf } from './sites.ts'
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
const edge = `edge.${zones.tlsAlpn01}`
const wild = `wild.${zones.dns01}`
const sites = ['asked', 'edge', 'hurried', 'shop', 'wild']

describe('the chart that Helm installs', () => {
  it(
    'has two ready replicas under restricted Pod Security, of which one acts',
    async () => {
      await world.install()
      const replicas = await world.replicas()
      expect(replicas).toHaveLength(2)
      expect(replicas).toContain(await world.leader())
      const careless = ['run', 'careless', '-n', home, '--image=careless', '--dry-run=server']
      await expect(world.kube.run(careless)).rejects.toThrow('violates PodSecurity "restricted')
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
      expect(await page(world, site)).toBe('the shop')
    },
    testTimeout,
  )

  it(
    'has nothing left beside it of what led the CA to the answer',
    async () => {
      const left = async (): Promise<readonly string[]> =>
        (await world.kube.run(['get', 'ingresses,services,endpointslices', '-n', shop, '-o', 'name']))
          .split('\n')
          .filter((name) => name.includes('http01') || name.includes('challenge'))
      await until('the route of the challenge is gone', async () => ((await left()).length === 0 ? true : undefined))
      expect(await left()).toEqual([])
    },
    testTimeout,
  )

  it(
    'is served with another certificate once a person asks for a renewal',
    async () => {
      const before = await shownOtherThan(world, site)
      const { code, stderr } = await runCli([
        'renew',
        'shop',
        `--namespace=${shop}`,
        `--kubeconfig=${world.kube.kubeconfig}`,
        '--wait',
      ])
      expect({ code, stderr }).toMatchObject({ code: 0 })
      const after = await shownOtherThan(world, site, before.serial)
      expect(after.names).toBe(before.names)
      expect(await page(world, site)).toBe('the shop')
    },
    testTimeout,
  )

  it(
    'is served with a certificate that the CA issued after TLS-ALPN-01 with a replica, through its Service',
    async () => {
      // There is nothing but that port of the replicas at this address.
      await world.parts.point(edge, await world.kube.addressOf(home, 'perennial-tls-alpn01'))
      await world.kube.create(siteOf('edge', edge))
      await ready(world.kube, 'edge')
      expect((await shownOtherThan(world, edge)).names).toBe(`DNS:${edge}`)
    },
    testTimeout,
  )
})

describe('an Ingress whose name nobody outside can reach', () => {
  it(
    'is served with a certificate that the CA issued after DNS-01 with a zone that takes updates, which is clean again',
    async () => {
      await world.parts.point(wild, world.parts.nobody)
      await world.kube.create(siteOf('wild', wild))
      await ready(world.kube, 'wild')
      await world.parts.point(wild, world.parts.nginx)
      expect((await shownOtherThan(world, wild)).names).toBe(`DNS:${wild}`)
      expect(await world.parts.texts(`_acme-challenge.${wild}`)).toEqual([])
    },
    testTimeout,
  )
})

describe('the acting replica, when its pod goes in the middle of an order', () => {
  const atOnce = ['--force', '--grace-period=0']

  it.each([
    { how: 'is asked to end', name: 'asked', flags: [] },
    { how: 'is given no time', name: 'hurried', flags: atOnce },
  ])(
    'and $how, leaves the order to the next one, which ends it: one order, one certificate',
    async ({ name, flags }) => {
      const host = `${name}.${zones.http01}`
      const before = await world.parts.orders()
      await world.parts.point(host, world.parts.nobody)
      await world.kube.create(siteOf(name, host))
      const token = await until('the CA has given a challenge', () => tokenOf(name))
      const leader = await world.leader()
      await world.kube.run(['delete', 'pod', leader, '-n', home, '--wait=false', ...flags])
      expect(await world.leader()).not.toBe(leader)
      expect(await tokenOf(name)).toBe(token)
      await world.parts.point(host, world.parts.nginx)
      await ready(world.kube, name)
      expect((await shownOtherThan(world, host)).names).toBe(`DNS:${host}`)
      expect((await certificate(world.kube, name))?.status?.revision).toBe(1)
      expect(await world.parts.orders()).toBe(before + 1)
    },
    testTimeout,
  )

  /** Of the challenge that a Certificate waits for. */
  const tokenOf = async (name: string): Promise<string | undefined> =>
    (await certificate(world.kube, name))?.status?.enrollment?.ticket?.answers?.[0]?.token
})

describe('the release', () => {
  it(
    'is upgraded with other values, and no certificate is issued anew',
    async () => {
      const [orders, secrets, replicas] = [await world.parts.orders(), await secretsOf(world), await world.replicas()]
      expect(await world.restarts()).toBe(0)
      await world.install({ 'config.log-level': 'debug', 'podAnnotations.changed': 'yes' })
      const now = await world.replicas()
      expect(now.filter((name) => replicas.includes(name))).toEqual([])
      await world.leader()
      for (const name of sites) await ready(world.kube, name)
      expect(await secretsOf(world)).toEqual(secrets)
      expect(await world.parts.orders()).toBe(orders)
    },
    testTimeout,
  )

  it(
    'is uninstalled, and every Secret is still there and served',
    async () => {
      const secrets = await secretsOf(world)
      const before = await shownOtherThan(world, site)
      await world.uninstall()
      expect(await world.replicas()).toEqual([])
      expect(await secretsOf(world)).toEqual(secrets)
      expect(Object.keys(secrets)).toEqual(sites)
      expect(await shownOtherThan(world, site)).toEqual(before)
    },
    testTimeout,
  )
})
