/** R11: networks that let nothing through, or nothing one way, between the operator and one CA, and between it and the API server. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Direction, Partition } from '../faults/partition.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { Churn, patience, recovery, settle, spent } from './fleet.ts'

const directions = ['both', 'requests', 'answers'] as const satisfies readonly Direction[]
/** Milliseconds: longer than the operator waits for any one answer. */
const lasting = 35_000
const each = 3

interface Wall {
  readonly before: string
  readonly partition: Partition
  readonly direction: Direction
}

export async function partNetworks({ say, protocols }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r11', houses: protocols })
  try {
    const churn = new Churn(world, await settle(world, each))
    const lost: string[] = []
    const took: number[] = []
    for (const direction of directions)
      for (const walls of wallsOf(world, direction)) {
        const rest = await behind(world, churn, walls)
        say(`${sayWalls(walls)}: ${typeof rest === 'string' ? rest : `all Ready ${rest.toFixed(1)} s after`}`)
        if (typeof rest === 'string') lost.push(`${sayWalls(walls)}: ${rest}`)
        else took.push(rest)
      }
    const { issued, least } = await spent(world)
    return [
      {
        id: 'R11',
        what: `renewals while nothing gets through to all CAs (${protocols.join(', ')}), then to the API server: both ways, only requests lost, only answers lost`,
        often: `${directions.length * 2} partitions of ${lasting / 1000} s, ${churn.requests} renewals`,
        found: `all Ready ${Math.max(...took).toFixed(0)} s after at most; ${issued} issued where ${least} had to be`,
        lost: [...lost, ...(await breaches(world))],
      },
    ]
  } finally {
    await world.close()
  }
}

/** All CAs at once, for their partitions do not touch each other, and then the API server. */
function wallsOf({ houses, proxy }: World, direction: Direction): readonly (readonly Wall[])[] {
  const cas = houses.flatMap(({ protocol, partition }) =>
    partition === undefined ? [] : [{ before: protocol, partition, direction }],
  )
  return [cas, [{ before: 'API server', partition: proxy.partition, direction }]]
}

const sayWalls = (walls: readonly Wall[]): string =>
  `${walls.map(({ before }) => before).join(', ')} lost ${walls[0]?.direction ?? ''}`

/** @returns seconds from the end of it until everything was Ready again; a sentence when it was not in time */
async function behind(world: World, churn: Churn, walls: readonly Wall[]): Promise<number | string> {
  churn.start(500)
  await sleep(2000)
  for (const { partition, direction } of walls) partition.begin(direction)
  await sleep(lasting)
  for (const { partition } of walls) partition.heal()
  await churn.stop()
  return recovery(world, patience)
}
