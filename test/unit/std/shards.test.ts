import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { planShards, shardOf } from '../../../src/std/shards.ts'

const key = fc
  .tuple(fc.stringMatching(/^[a-z0-9-]{1,40}$/), fc.stringMatching(/^[a-z0-9.-]{1,60}$/))
  .map((parts) => parts.join('/'))

describe('the shard of a key', () => {
  it('is one of those there are', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1024 }), (text, shards) => {
        const shard = shardOf(text, shards)
        return Number.isInteger(shard) && shard >= 0 && shard < shards
      }),
    )
  })

  it('is always the same', () => {
    // Held by hand: another answer would have replicas of two versions work on the same keys.
    expect([shardOf('team/web', 16), shardOf('team/api', 16), shardOf('shop/web', 16)]).toEqual([2, 2, 4])
  })

  it('keeps its range when there are twice as many', () => {
    fc.assert(
      fc.property(
        key,
        fc.integer({ min: 1, max: 128 }),
        (text, n) => Math.floor(shardOf(text, 2 * n) / 2) === shardOf(text, n),
      ),
    )
  })

  it.each([
    ['numbered names in one namespace', (n: number) => `bench/certificate-${n}`],
    ['one name in numbered namespaces', (n: number) => `team-${n}/web`],
  ])('spreads %s evenly: no shard of 16 is a fifth over its share of 10,000', (_, name) => {
    const counts = Array.from({ length: 16 }, () => 0)
    for (let n = 0; n < 10_000; n++) counts[shardOf(name(n), 16)] = (counts[shardOf(name(n), 16)] ?? 0) + 1
    expect(Math.max(...counts)).toBeLessThan((10_000 / 16) * 1.2)
    expect(Math.min(...counts)).toBeGreaterThan((10_000 / 16) * 0.8)
  })
})

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 9 })

/** A round in which every member plans from the same view, and those who reach for the same shard get it in order of name. */
function round(shards: number, members: readonly string[], holders: Map<number, string>): number {
  const view = new Map(holders)
  let moves = 0
  for (const me of members) {
    const { take, give } = planShards({ shards, me, members, holders: view })
    for (const shard of give) if (holders.get(shard) === me) moves += Number(holders.delete(shard))
    for (const shard of take) if (!holders.has(shard)) moves += Number(holders.set(shard, me).size > 0)
  }
  return moves
}

function settle(shards: number, members: readonly string[], holders: Map<number, string>): number {
  for (let rounds = 0; rounds < 100; rounds++) if (round(shards, members, holders) === 0) return rounds
  return Infinity
}

const counts = (members: readonly string[], holders: ReadonlyMap<number, string>): readonly number[] =>
  members.map((name) => [...holders.values()].filter((holder) => holder === name).length)

describe('a plan', () => {
  it('leaves nothing unheld and nobody with more than one over another, from wherever it begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        names,
        fc.array(fc.nat(8), { maxLength: 64 }),
        (shards, members, start) => {
          const holders = new Map(
            start
              .slice(0, shards)
              .flatMap((who, shard) => (members[who] === undefined ? [] : [[shard, members[who]] as const])),
          )
          expect(settle(shards, members, holders)).toBeLessThan(shards + 3)
          expect(holders.size).toBe(shards)
          const held = counts(members, holders)
          expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  it('moves nothing that is in balance', () => {
    const holders = new Map<number, string>()
    settle(16, ['a', 'b', 'c'], holders)
    expect(round(16, ['a', 'b', 'c'], holders)).toBe(0)
    expect(counts(['a', 'b', 'c'], holders)).toEqual([6, 5, 5])
  })

  it('never takes what somebody holds', () => {
    const holders = new Map(Array.from({ length: 8 }, (_, shard) => [shard, 'a'] as const))
    expect(planShards({ shards: 8, me: 'b', members: ['a', 'b'], holders })).toEqual({ take: [], give: [] })
    expect(planShards({ shards: 8, me: 'a', members: ['a', 'b'], holders }).give).toHaveLength(4)
  })

  it('gives a newcomer its share and moves hardly more', () => {
    const holders = new Map<number, string>()
    settle(60, ['b', 'c'], holders)
    const before = new Map(holders)
    settle(60, ['b', 'c', 'd'], holders)
    expect([...holders].filter(([shard, holder]) => before.get(shard) !== holder)).toHaveLength(20)
  })

  it('has the survivors take what a dead replica held, and nothing else moves', () => {
    const holders = new Map<number, string>()
    settle(12, ['a', 'b', 'c'], holders)
    const left = new Map([...holders].filter(([, holder]) => holder !== 'c'))
    const kept = new Map(left)
    settle(12, ['a', 'b'], left)
    expect(counts(['a', 'b'], left)).toEqual([6, 6])
    expect([...kept].every(([shard, holder]) => left.get(shard) === holder)).toBe(true)
  })

  it('needs no name of its own among the members', () => {
    expect(planShards({ shards: 3, me: 'a', members: [], holders: new Map() }).take).toHaveLength(3)
  })

  it('leaves those without a share when there are more replicas than shards', () => {
    expect(planShards({ shards: 1, me: 'b', members: ['a'], holders: new Map() })).toEqual({ take: [], give: [] })
  })
})
