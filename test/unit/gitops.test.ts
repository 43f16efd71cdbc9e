/** Argo CD asks a script in Lua, which is run here by Lua itself. Flux follows kstatus, and expressions that an API server can judge. */
import { describe, expect, it } from '@jest/globals'
import { kinds } from '../../src/api/kinds.ts'
import { conditions } from '../../src/domain/conditions.ts'
import type { Activity } from '../../src/domain/conditions.ts'
import { argoHealth, fluxChecks, luaIsHere } from '../support/gitops.ts'
import { now, snapshotOf } from './domain/snapshots.ts'
import type { World } from './domain/snapshots.ts'

const only = luaIsHere ? it : it.skip
const why = luaIsHere ? '' : ' (skipped: lua5.1 is not installed)'

const idle: Activity = { kind: 'none' }
const working: Activity = { kind: 'working', reason: 'Pending', message: 'the CA is looking' }
const stalled: Activity = { kind: 'stalled', reason: 'NeedsPerson', message: 'change the name' }
const gone: World = { more: { secret: undefined } }

/** Of the generation 2, as the operator would tell it. */
const told = (world: World, activity: Activity): object => ({
  metadata: { name: 'web', generation: 2 },
  status: { conditions: conditions(snapshotOf(world), activity, now), observedGeneration: 2 },
})

describe(`Argo CD takes an object of ours${why}`, () => {
  only.each([
    ['that is new', { metadata: { name: 'web', generation: 1 } }, 'Progressing', 'Not looked at yet'],
    ['that is good', told({}, idle), 'Healthy', ''],
    ['that is good and being renewed', told({}, working), 'Healthy', ''],
    ['that is being issued', told(gone, working), 'Progressing', 'CA is looking'],
    ['that only a person can mend', told(gone, stalled), 'Degraded', 'Change the name'],
    [
      'that was good before its spec was changed',
      { ...told({}, idle), metadata: { name: 'web', generation: 3 } },
      'Progressing',
      'Not looked at yet',
    ],
  ])('%s for what it is', (_what, object, status, words) => {
    const health = argoHealth(object)
    expect(health.status).toBe(status)
    expect(health.message).toContain(words)
  })
})

describe('the sample for Flux', () => {
  it('checks kinds that there are', () => {
    expect(fluxChecks.map(({ kind }) => kind)).toEqual(['Certificate', 'Issuer', 'ClusterIssuer'])
    const names: readonly string[] = kinds.map(({ kind }) => kind)
    for (const { apiVersion, kind } of fluxChecks) {
      expect(apiVersion).toBe('perennial.dev/v1')
      expect(names).toContain(kind)
    }
  })
})
