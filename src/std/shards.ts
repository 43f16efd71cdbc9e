/**
 * How work is shared among replicas: the hashes of keys are cut into ranges of equal size, and each replica holds some. Pure: the
 * same view gives the same plan on every replica.
 */
import { fractionOf } from './fraction.ts'

/** @returns the range, from 0, that a key falls into; the same on every replica and in every version */
export const shardOf = (key: string, shards: number): number => Math.floor(fractionOf(key) * shards)

export interface ShardView {
  readonly shards: number
  /** This replica's name. */
  readonly me: string
  /** Every replica that lives, by name; this one is among them whether it is named or not. */
  readonly members: Iterable<string>
  /** Who holds each shard that is held by somebody who lives. */
  readonly holders: ReadonlyMap<number, string>
}

export interface ShardPlan {
  /** Shards that nobody holds, to be taken by this replica. Others may be quicker. */
  readonly take: readonly number[]
  /** Shards that this replica holds and another one should. */
  readonly give: readonly number[]
}

/**
 * Equal shares; what cannot be divided goes to the first by name. Nobody takes what somebody else holds: a newcomer waits until it is
 * given up. So no shard moves but for balance.
 */
export function planShards({ shards, me, members, holders }: ShardView): ShardPlan {
  const all = [...new Set([...members, me])].toSorted()
  const extra = all.indexOf(me) < shards % all.length ? 1 : 0
  const share = Math.floor(shards / all.length) + extra
  const numbers = Array.from({ length: shards }, (_, shard) => shard)
  const held = numbers.filter((shard) => holders.get(shard) === me)
  if (held.length >= share) return { take: [], give: held.slice(share) }
  const free = numbers.filter((shard) => !holders.has(shard))
  // Each begins elsewhere, so that those who come at the same moment seldom reach for the same.
  const first = Math.floor(fractionOf(me) * free.length)
  return { take: [...free.slice(first), ...free.slice(0, first)].slice(0, share - held.length), give: [] }
}
