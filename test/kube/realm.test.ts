/** What the process lists and watches when it looks after some namespaces, and roles of these are all that it has. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { makeCaches, makeResources, reflectAll, servesClusterIssuers, synced } from '../../src/caches.ts'
import type { Realm } from '../../src/caches.ts'
import { makeWorld } from './world.ts'
import type { World } from './world.ts'

let world: World

beforeEach(async () => {
  world = await makeWorld()
})

afterEach(() => world.end())

/** @returns the paths that were listed by the time that every cache was filled */
async function listedIn(realm: Realm): Promise<readonly string[]> {
  const { transport, clock, log, ending, api } = world
  const caches = makeCaches(log)
  const random = (): number => 0.5
  const loops = reflectAll({
    resources: makeResources(transport),
    caches,
    realm,
    clock,
    log,
    random,
    signal: ending.signal,
  })
  await synced(caches)
  ending.abort()
  await loops
  return [...new Set(api.requests.map(({ path }) => path.split('?')[0] ?? ''))].sort()
}

describe('a process that looks after some namespaces', () => {
  it('fills its caches from these, and asks for nothing of the whole cluster', async () => {
    const listed = await listedIn({ namespaces: ['blue', 'red'], clusterIssuers: 'auto' })
    expect(listed).toContain('/apis/perennial.dev/v1/namespaces/blue/certificates')
    expect(listed.filter((path) => !/\/namespaces\/(?:blue|red)\//.test(path))).toEqual([])
  })

  it('reads ClusterIssuers where it is told to', async () => {
    const listed = await listedIn({ namespaces: ['blue'], clusterIssuers: 'true' })
    expect(listed).toContain('/apis/perennial.dev/v1/clusterissuers')
  })
})

describe('ClusterIssuers', () => {
  it.each([
    { namespaces: [], clusterIssuers: 'auto', served: true },
    { namespaces: ['blue'], clusterIssuers: 'auto', served: false },
    { namespaces: ['blue'], clusterIssuers: 'true', served: true },
    { namespaces: [], clusterIssuers: 'false', served: false },
  ] as const)(
    'with --cluster-issuers=$clusterIssuers and namespaces $namespaces are looked after: $served',
    (realm) => {
      expect(servesClusterIssuers(realm)).toBe(realm.served)
    },
  )
})
