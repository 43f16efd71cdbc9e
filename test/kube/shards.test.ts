/** Replicas that share work over one API server, each with a clock of its own. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { LeaseLost } from '../../src/kube/lease.ts'
import { memberName, shardName } from '../../src/kube/shardtable.ts'
import { fractionOf } from '../../src/std/fraction.ts'
import { hours, seconds } from '../../src/std/time.ts'
import { failure } from '../support/fakeapi/faults.ts'
import type { Fault, SeenRequest } from '../support/fakeapi/faults.ts'
import { startFakeApi } from '../support/fakeapi/server.ts'
import type { FakeApi } from '../support/fakeapi/server.ts'
import { startReplica } from './replica.ts'
import { home, startSharer } from './sharer.ts'
import type { Sharer } from './sharer.ts'

let api: FakeApi
let sharers: Sharer[]

beforeEach(async () => {
  api = await startFakeApi()
  sharers = []
})

afterEach(async () => {
  api.always(undefined)
  await Promise.all(sharers.map((sharer) => sharer.close()))
  await api.close()
})

async function start(name: string, shards = 12): Promise<Sharer> {
  const sharer = startSharer(api, name, shards)
  sharers.push(sharer)
  await sharer.settle()
  return sharer
}

/** Time passes for these, and no shard is ever worked on by two of them. */
async function live(length: number, who: readonly Sharer[] = sharers): Promise<void> {
  for (let second = 0; second < length; second++) {
    for (const sharer of who) await sharer.live(seconds(1))
    const all = who.flatMap(({ works, leaving }) => [...works, ...leaving])
    expect(new Set(all).size).toBe(all.length)
  }
}

const shares = (): readonly number[] => sharers.map(({ works }) => works.length)
const leaseNames = (): readonly string[] =>
  api.objects.list({ ...home, name: undefined }).map(({ metadata }) => metadata.name)
const holder = (shard: number): unknown => {
  const spec = api.objects.get({ ...home, name: shardName('op', shard) })?.['spec']
  return typeof spec === 'object' && spec !== null && 'holderIdentity' in spec ? spec.holderIdentity : undefined
}
const of = (sharer: Sharer) => (seen: SeenRequest) => seen.headers['user-agent'] === sharer.name

describe('replicas that share', () => {
  it('leave everything to the only one', async () => {
    await start('one')
    expect(shares()).toEqual([12])
  })

  it('come to equal shares when another one comes, within seconds', async () => {
    await start('one')
    await start('two')
    await live(8)
    expect(shares()).toEqual([6, 6])
    await start('three')
    await live(8)
    expect(shares()).toEqual([4, 4, 4])
  })

  it('that come at the same moment come to equal shares', async () => {
    sharers = ['one', 'two', 'three'].map((name) => startSharer(api, name))
    await Promise.all(sharers.map((sharer) => sharer.settle()))
    await live(12)
    expect(shares()).toEqual([4, 4, 4])
  })

  it('leave it at that: nothing moves and nothing but the signs of life is written', async () => {
    await start('one')
    await start('two')
    await live(10)
    const before = api.requests.length
    await live(20)
    const written = api.requests.slice(before).filter(({ verb }) => verb === 'patch' || verb === 'create')
    expect(new Set(written.map(({ path }) => path.split('/').at(-1)))).toEqual(
      new Set([memberName('op', 'one'), memberName('op', 'two')]),
    )
  })

  it('hand over at once what one gives up that ends', async () => {
    const one = await start('one')
    const two = await start('two')
    await live(8)
    one.stop()
    await one.settle()
    expect(one.ended).toBe('stopped')
    await live(4, [two])
    expect(two.works).toHaveLength(12)
  })

  it('take what a dead one held within 22 seconds, and not before it counts as dead', async () => {
    await start('one')
    const two = await start('two')
    await start('three')
    await live(12)
    const living = sharers.filter((sharer) => sharer !== two)
    await live(12, living)
    expect(living.flatMap(({ works }) => works)).toHaveLength(8)
    await live(10, living)
    expect(living.map(({ works }) => works.length)).toEqual([6, 6])
  })

  it('may have one too many, which stands by', async () => {
    await start('one', 2)
    await start('two', 2)
    await start('zoe', 2)
    await live(8)
    expect(shares()).toEqual([1, 1, 0])
    const [one, , zoe] = sharers
    one?.stop()
    await live(4, sharers.slice(1))
    expect(zoe?.works).toHaveLength(1)
  })

  it('measure by the monotonic clock: a wall clock that is set wrong changes nothing', async () => {
    await start('one')
    await start('two')
    await live(8)
    sharers[0]?.clock.jump(hours(-1))
    sharers[1]?.clock.jump(hours(5))
    await live(20)
    expect(shares()).toEqual([6, 6])
  })

  it('remove the Leases of those who have ended, and the dead after a while', async () => {
    const one = await start('one')
    const two = await start('two')
    await live(6)
    two.stop()
    await two.settle()
    await live(3, [one])
    expect(leaseNames()).not.toContain(memberName('op', 'two'))
    await start('three')
    await live(4, [one, ...sharers.slice(2)])
    await live(330, [one])
    expect(leaseNames()).not.toContain(memberName('op', 'three'))
    expect(leaseNames()).toContain(memberName('op', 'one'))
  })
})

describe('a shard that is given up', () => {
  it('is held until its work is done', async () => {
    const one = await start('one')
    one.holdUp()
    const two = await start('two')
    await live(20)
    expect(one.works).toHaveLength(6)
    expect(one.leaving).toHaveLength(6)
    expect(two.works).toEqual([])
    expect(one.leaving.map(holder)).toEqual(Array.from({ length: 6 }, () => 'one'))
    one.letGo()
    await live(4)
    expect(shares()).toEqual([6, 6])
  })

  it('is no longer taken back while it is being given up', async () => {
    const one = await start('one')
    one.holdUp()
    const two = await start('two')
    await live(4)
    two.stop()
    await two.settle()
    await live(6, [one])
    expect(one.works).toHaveLength(6)
    one.letGo()
    await live(4, [one])
    expect(one.works).toHaveLength(12)
  })
})

describe('a replica', () => {
  it('goes on with what it held when it is started again under the same name', async () => {
    await start('one')
    await live(2)
    // The first life has ended without a word: its clock stands still.
    const again = await start('one')
    await live(1, [again])
    expect(again.works).toHaveLength(12)
    sharers = [again]
  })

  it('ends when one of its shards was taken by another', async () => {
    const one = await start('one')
    await live(2)
    const lease = api.objects.get({ ...home, name: shardName('op', 3) })
    api.objects.put(home.collection, {
      ...lease,
      metadata: { ...lease?.metadata, name: shardName('op', 3) },
      spec: { holderIdentity: 'thief' },
    })
    await live(3)
    expect([one.ended, one.works]).toEqual(['lost', []])
    expect(one.reason).toBeInstanceOf(LeaseLost)
  })

  const faults: readonly [string, Fault][] = [
    ['refuses connections', { kind: 'drop' }],
    ['answers 500', failure(500, 'InternalError')],
    ['does what is asked, and its answers are lost', { kind: 'doneThenDrop' }],
  ]

  it.each(faults)(
    'that cannot renew because the server %s stops ten seconds after its last renewal',
    async (_, fault) => {
      const one = await start('one')
      await start('two')
      await live(8)
      api.always(fault, of(one))
      await live(9)
      expect(one.works).toHaveLength(6)
      await live(2)
      expect([one.ended, one.works]).toEqual(['lost', []])
    },
  )

  it.each(faults)('comes by its share although the server %s one time in five', async (_, fault) => {
    let count = 0
    api.always(fault, () => fractionOf(`request ${++count}`) < 0.2)
    await start('one')
    await live(60)
    expect(shares()).toEqual([12])
  })

  it('goes on when the list alone is refused, and says so once', async () => {
    const one = await start('one')
    await live(2)
    api.always(failure(403, 'Forbidden'), ({ verb }) => verb === 'list')
    await live(20)
    expect(one.works).toHaveLength(12)
    expect(one.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })
})

describe('another number of shards', () => {
  it('counts as soon as the last replica is gone that had the old one', async () => {
    // Age goes by when the server made their Leases, which this one does not note, and then by name.
    const [first = '', second = ''] = ['a', 'b'].toSorted((a, b) =>
      memberName('op', a) < memberName('op', b) ? -1 : 1,
    )
    const old = await start(first, 4)
    await live(4, [old])
    const fresh = await start(second, 8)
    for (const who of [[old], [fresh], [old], [fresh]]) await live(3, who)
    expect([old.works.length, fresh.works.length]).toEqual([4, 0])
    old.stop()
    await old.settle()
    await live(4, [fresh])
    expect(fresh.works).toHaveLength(8)
  })

  it('is waited with while one replica alone leads', async () => {
    const leader = startReplica(api, 'leader', 'op')
    await leader.settle()
    const one = await start('one')
    for (let second = 0; second < 6; second++) {
      await leader.live(seconds(1))
      await live(1)
    }
    expect(one.works).toEqual([])
    await leader.close()
    await live(4)
    expect(one.works).toHaveLength(12)
  })

  it('has those who share stop when one replica alone begins to lead', async () => {
    const one = await start('one')
    await live(2)
    const leader = startReplica(api, 'leader', 'op')
    await leader.settle()
    await live(3)
    expect(one.works).toEqual([])
    await leader.close()
  })
})
