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
import { makeWorld } from '../../../kube/world.ts'
import type { World } from '../../../kube/world.ts'
import { someCa } from '../../../support/ca-material.ts'

const configMapKind = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true } as const

let world: World

beforeEach(async () => {
  world = await makeWorld()
})

afterEach(async () => {
  await world.end()
})

const both = { configMap: { name: 'bundle' }, clusterTrustBundle: true }

async function kept(trustBundle: IssuerSpec['trustBundle'], authorities: Authorities): Promise<Trust> {
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
  }
  const readiness = { kind: 'ready', message: 'fine', authorities } as const
  const keeper = new TrustKeeper({ bundles, leavesOf: () => [], clock })
  return keeper.keep('ClusterIssuer/house', { object, readiness }, ending.signal)
}

const shown = async (): Promise<Authorities> => ({
  kind: 'shown',
  current: [(await someCa('House CA')).certificate],
  next: undefined,
  vouchedBy: 'settings',
})
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
    expect(conditions[0]?.message).toMatch(/use spec\.trustBundle\.configMap$/)
    expect(written()).toEqual(['bundle'])
    expect(status.trustBundle).toEqual({ configMap: 'bundle', certificates: 1 })
    // What the cluster cannot have holds up no re-issue: the root counts as published.
    expect(status.authorities?.[0]?.publishedAt).toBeDefined()
  })

  it('is not said to be published where only a ClusterTrustBundle is asked for, and none can be had', async () => {
    const { conditions, status } = await kept({ clusterTrustBundle: true }, await shown())
    expect(conditions.map(({ reason }) => reason)).toEqual(['NoClusterTrustBundles'])
    expect(status.trustBundle).toBeUndefined()
    expect(status.authorities?.[0]?.publishedAt).toBeUndefined()
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
