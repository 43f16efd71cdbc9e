/** What an issuer says of its bundle where the cluster, or the CA, has nothing to make one of. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { IssuerSpec } from '../../../../src/api/issuer.ts'
import { TrustBundles } from '../../../../src/controllers/issuer/bundles.ts'
import type { BundleObject } from '../../../../src/controllers/issuer/bundles.ts'
import type { AnyIssuer } from '../../../../src/controllers/issuer/issuers.ts'
import { TrustKeeper } from '../../../../src/controllers/issuer/trust.ts'
import type { Trust } from '../../../../src/controllers/issuer/trust.ts'
import type { Authorities } from '../../../../src/enroll/authorities.ts'
import { Resource } from '../../../../src/kube/resource.ts'
import { hours, plus } from '../../../../src/std/time.ts'
import { makeWorld } from '../../../kube/world.ts'
import type { World } from '../../../kube/world.ts'
import { someCa } from '../../../support/ca-material.ts'
import type { CaMaterial } from '../../../support/ca-material.ts'

const configMapKind = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true } as const

let world: World

beforeEach(async () => {
  world = await makeWorld()
})

afterEach(async () => {
  await world.end()
})

const both = { configMap: { name: 'bundle' }, clusterTrustBundle: true }

async function kept(trustBundle: IssuerSpec['trustBundle'], authorities: Authorities, before?: Trust): Promise<Trust> {
  const { transport, clock, ending } = world
  const bundles = new TrustBundles({
    configMaps: new Resource<BundleObject>(transport, configMapKind),
    // As in a cluster of today, where the kind is off.
    clusterTrustBundles: () => Promise.resolve(undefined),
    clusterNamespace: 'perennial',
  })
  const object: AnyIssuer = {
    apiVersion: 'perennial.dev/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'house', uid: 'u1' },
    spec: { ca: { secretName: 'ca' }, ...(trustBundle === undefined ? {} : { trustBundle }) },
    ...(before === undefined ? {} : { status: { ...before.status } }),
  }
  const readiness = { kind: 'ready', message: 'fine', authorities } as const
  const keeper = new TrustKeeper({ bundles, leavesOf: () => [], clock })
  return keeper.keep('ClusterIssuer/house', { object, readiness }, ending.signal)
}

const cas = new Map<string, Promise<CaMaterial>>()

const shown = async (name = 'House CA'): Promise<Authorities> => {
  const ca = cas.get(name) ?? someCa(name)
  cas.set(name, ca)
  return { kind: 'shown', current: [(await ca).certificate], next: undefined, vouchedBy: 'settings' }
}
/** As ACME tells: a name, and no certificate. */
const named: Authorities = { kind: 'inferred', subject: 'CN=House CA', keyId: undefined }

const written = (): readonly string[] =>
  world.api.objects
    .list({ collection: '/api/v1/configmaps', namespace: 'perennial', name: undefined })
    .map(({ metadata }) => metadata.name)

describe('the bundle of an issuer', () => {
  it('says that the cluster does not serve ClusterTrustBundles, and is published in the ConfigMap all the same', async () => {
    const { conditions, status } = await kept(both, await shown())
    expect(conditions).toEqual([
      expect.objectContaining({ type: 'TrustBundle', status: 'False', reason: 'NoClusterTrustBundles' }),
    ])
    expect(conditions[0]?.message).toMatch(/in ConfigMap bundle alone; .* or leave clusterTrustBundle out$/)
    expect(written()).toEqual(['bundle'])
    expect(status.trustBundle).toEqual({ configMap: 'bundle', configMapKey: 'ca.crt', certificates: 1 })
    // What the cluster cannot have holds up no re-issue: the root counts as published.
    expect(status.authorities?.[0]?.publishedAt).toBeDefined()
  })

  it('holds up no re-issue where only a ClusterTrustBundle is asked for and none can be had, and says so', async () => {
    const first = await kept({ clusterTrustBundle: true }, await shown())
    world.clock.advance(hours(5))
    const changed = world.clock.now()
    const { conditions, status, rollover } = await kept({ clusterTrustBundle: true }, await shown('New CA'), first)
    const told = conditions.find(({ type }) => type === 'TrustBundle')
    expect(told).toMatchObject({ status: 'False', reason: 'NoClusterTrustBundles' })
    expect(told?.message).toMatch(
      /published nowhere, and re-issue .* does not wait for it; .* spec\.trustBundle\.configMap$/,
    )
    expect(status.trustBundle).toBeUndefined()
    expect(rollover?.from).toBe(plus(changed, hours(1)))
  })

  it('counts as published anew where it is asked for later, so that the delay of a re-issue begins then', async () => {
    const first = await kept({ clusterTrustBundle: true }, await shown())
    const changed = await kept({ clusterTrustBundle: true }, await shown('New CA'), first)
    world.clock.advance(hours(5))
    const later = await kept(both, await shown('New CA'), changed)
    expect(later.rollover?.from).toBe(plus(world.clock.now(), hours(1)))
    world.clock.advance(hours(5))
    expect((await kept(both, await shown('New CA'), later)).rollover).toEqual(later.rollover)
  })

  it('counts as published anew under another key of the same ConfigMap, and not where the usual one is only named', async () => {
    const [usual, other] = [{ configMap: { name: 'bundle' } }, { configMap: { name: 'bundle', key: 'roots.pem' } }]
    const changed = await kept(usual, await shown('New CA'), await kept(usual, await shown()))
    world.clock.advance(hours(5))
    const same = await kept({ configMap: { name: 'bundle', key: 'ca.crt' } }, await shown('New CA'), changed)
    expect(same.rollover).toEqual(changed.rollover)
    const moved = await kept(other, await shown('New CA'), same)
    expect(moved.rollover?.from).toBe(plus(world.clock.now(), hours(1)))
    world.clock.advance(hours(5))
    expect((await kept(other, await shown('New CA'), moved)).rollover).toEqual(moved.rollover)
  })

  it('begins no delay anew where its status is of a time before keys were noted', async () => {
    const bundle = { configMap: { name: 'bundle' } }
    const changed = await kept(bundle, await shown('New CA'), await kept(bundle, await shown()))
    const before = { ...changed, status: { ...changed.status, trustBundle: { configMap: 'bundle', certificates: 2 } } }
    world.clock.advance(hours(5))
    expect((await kept(bundle, await shown('New CA'), before)).rollover).toEqual(changed.rollover)
  })

  it('is no re-issue before it where it cannot be written', async () => {
    const first = await kept({ configMap: { name: 'bundle' } }, await shown())
    await new Resource<BundleObject>(world.transport, configMapKind).mergePatch(
      { namespace: 'perennial', name: 'bundle' },
      { metadata: { labels: null } },
      world.ending.signal,
    )
    const { conditions, rollover } = await kept({ configMap: { name: 'bundle' } }, await shown('New CA'), first)
    expect(conditions.map(({ reason }) => reason)).toEqual(['CAChanged', 'BundleTaken'])
    expect(rollover).toBeUndefined()
  })

  it('says that no root is known, and publishes nothing, where the CA tells a name only', async () => {
    const { conditions } = await kept({ configMap: { name: 'bundle' } }, named)
    expect(conditions).toEqual([expect.objectContaining({ type: 'TrustBundle', status: 'False', reason: 'NoRoots' })])
    expect(conditions[0]?.message).toMatch(/^no root of this CA is known/)
    expect(written()).toEqual([])
  })

  it('has no condition where nobody asked for one', async () => {
    expect((await kept(undefined, await shown())).conditions).toEqual([])
    expect(world.api.requests).toEqual([])
  })
})
