import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { memoryKind, MemoryStore } from '../../../../src/controllers/notify/memory.ts'
import type { MemoryObject } from '../../../../src/controllers/notify/memory.ts'
import { emptyMemory } from '../../../../src/domain/notify/plan.ts'
import type { Memory } from '../../../../src/domain/notify/plan.ts'
import { Resource } from '../../../../src/kube/resource.ts'
import { makeWorld } from '../../../kube/world.ts'
import type { World } from '../../../kube/world.ts'

let world: World

beforeEach(async () => {
  world = await makeWorld()
})

afterEach(async () => {
  await world.end()
})

const place = { namespace: 'perennial', name: 'told' }
const since = '2026-11-24T00:00:00Z'
const memory: Memory = {
  standing: { 'shop/web': since },
  told: { chat: { 'shop/web': { severity: 'warning', at: since } } },
  digests: { mail: '2026-11-24' },
}

const store = (): MemoryStore =>
  new MemoryStore({ resource: new Resource<MemoryObject>(world.transport, memoryKind), ...place })

describe('what was told', () => {
  it('is known to whoever looks next', async () => {
    await store().save(memory, world.ending.signal)
    expect(await store().load(world.ending.signal)).toEqual(memory)
  })

  it.each<[string, string, Memory]>([
    ['nothing', '', emptyMemory],
    ['no JSON', '{"standing":', emptyMemory],
    ['something else', '[]', emptyMemory],
    ['lists', '{"standing":[],"told":[null],"digests":7}', emptyMemory],
    [
      'entries that are none',
      JSON.stringify({
        standing: { ...memory.standing, 'shop/api': 5 },
        told: {
          chat: { ...memory.told['chat'], 'shop/api': null, 'shop/old': { severity: 'bad', at: since } },
          mail: 'x',
        },
        digests: memory.digests,
      }),
      { ...memory, told: { ...memory.told, mail: {} } },
    ],
  ])('is forgotten as far as somebody made it unreadable: %s', async (_what, text, expected) => {
    const { transport, ending } = world
    const resource = new Resource<MemoryObject>(transport, memoryKind)
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: place, data: { 'memory.json': text } }
    await resource.create(object, ending.signal)
    expect(await store().load(ending.signal)).toEqual(expected)
  })
})
