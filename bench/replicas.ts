/** Several replicas that share the work, and what their Leases say of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { shardOf } from '../src/std/shards.ts'
import type { Api } from './api.ts'
import * as objects from './objects.ts'
import type { RunningOperator } from './operator.ts'
import type { Stage } from './stage.ts'
import { newPorts } from './stage.ts'

/** As docs/operations.md advises for three replicas. */
const shards = 16

export interface Replica {
  readonly name: string
  readonly operator: RunningOperator
}

export async function startSharing({ run }: Stage, names: readonly string[]): Promise<readonly Replica[]> {
  const replicas: Replica[] = []
  for (const name of names) {
    const flags = [`--shards=${shards}`, `--identity=${name}`]
    const start = { flags, ports: await newPorts(), leaseNamespace: objects.namespace }
    replicas.push({ name, operator: run(name, start) })
  }
  return replicas
}

/** @returns the range that a Certificate of the benchmark falls into */
export const rangeOf = (name: string): number => shardOf(`${objects.namespace}/${name}`, shards)

/** Rejects when one of them ends by itself. */
export const anyCrashed = (replicas: readonly Replica[]): Promise<never> =>
  Promise.race(replicas.map(({ operator }) => operator.crashed))

interface SeenLease {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly holderIdentity?: string }
}

/** @returns who holds each range that somebody holds, dead or alive, as the Leases say */
export async function holdersOf(api: Api): Promise<ReadonlyMap<number, string>> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${objects.namespace}/leases`
  const { items } = (await api.call('GET', path)) as { readonly items: readonly SeenLease[] }
  const held = items.flatMap(({ metadata, spec }): readonly (readonly [number, string])[] => {
    const number = /^perennial-shard-(\d+)$/.exec(metadata.name)?.[1]
    return number === undefined || !spec.holderIdentity ? [] : [[Number(number), spec.holderIdentity]]
  })
  return new Map(held)
}

/** How many ranges each replica holds. */
export const spread = (holders: ReadonlyMap<number, string>, replicas: readonly Replica[]): readonly number[] =>
  replicas.map(({ name }) => [...holders.values()].filter((holder) => holder === name).length)

/** @returns when the replicas hold all ranges in equal shares, in milliseconds as `performance.now` has them */
export async function untilSpread(api: Api, replicas: readonly Replica[]): Promise<number> {
  for (;;) {
    const shares = spread(await holdersOf(api), replicas)
    const isAll = shares.reduce((sum, share) => sum + share, 0) === shards
    if (isAll && Math.max(...shares) - Math.min(...shares) <= 1) return performance.now()
    await sleep(100)
  }
}

/** @returns when each of these ranges had another holder, in milliseconds as `performance.now` has them */
export async function untilTaken(
  api: Api,
  { ranges, from }: { readonly ranges: readonly number[]; readonly from: string },
): Promise<ReadonlyMap<number, number>> {
  const taken = new Map<number, number>()
  while (taken.size < ranges.length) {
    const holders = await holdersOf(api)
    const moved = ranges.filter((range) => !taken.has(range) && (holders.get(range) ?? from) !== from)
    for (const range of moved) taken.set(range, performance.now())
    await sleep(100)
  }
  return taken
}
