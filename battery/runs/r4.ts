/** R4: watches that lose events, tear, end, forget, and bring what nobody should. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseRule } from '../faults/rules.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { Churn, recovery, settle } from './fleet.ts'

const rules = [
  'watch -> cut 1s',
  'watch -> tear 2',
  'watch -> skip 3',
  'watch -> swap',
  'watch every 2 -> gone',
  'watch -> bare',
  'watch -> bulk 2000000',
  'watch -> bulk 5000000',
  'watch -> stale 3s',
  'watch -> reset',
] as const

/** Milliseconds for each. */
const lasting = 12_000

export async function spoilWatches({ say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r4', houses: ['ca', 'cmp'] })
  try {
    const names = await settle(world, 5)
    const lost: string[] = []
    const churn = new Churn(world, names)
    for (const rule of rules) {
      const took = await spoil(world, { rule, churn, names })
      say(`${rule}: ${typeof took === 'string' ? took : `all Ready ${took.toFixed(1)} s after`}`)
      if (typeof took === 'string') lost.push(`${rule}: ${took}`)
    }
    const { lists, told } = await listsAfterGone(world)
    if (lists > told) lost.push(`${lists} lists followed ${told} answers of 410`)
    lost.push(...(await breaches(world)))
    return [
      {
        id: 'R4',
        what: `watches under renewals: ${rules.map((rule) => rule.replace('watch ', '').replace('-> ', '')).join(', ')}`,
        often: `${rules.length} ways, 12 s each, ${world.plan.strikes} watches struck, ${churn.requests} renewals`,
        found: `all Ready after each; ${lists} lists after ${told} answers of 410`,
        lost,
      },
    ]
  } finally {
    await world.close()
  }
}

interface Spoiling {
  readonly rule: string
  readonly churn: Churn
  readonly names: readonly string[]
}

/** What was left out is heard of when the server has forgotten: the lists are read anew. */
async function spoil(world: World, { rule, churn, names }: Spoiling): Promise<number | string> {
  world.plan.lay(parseRule(rule))
  world.proxy.endWatches()
  const ends = performance.now() + lasting
  while (performance.now() < ends) {
    for (const name of names.slice(0, 3)) await churn.renew(name)
    await sleep(2000)
  }
  world.plan.clear()
  await listsAfterGone(world)
  return recovery(world, 150_000)
}

/** Answers every watch once with 410. @returns how many were told so, and how many lists followed */
async function listsAfterGone({ plan, proxy }: World): Promise<{ readonly told: number; readonly lists: number }> {
  const before = proxy.passed.length
  const told = new Set<string>()
  const { lift } = plan.lay({
    isMeant: ({ verb, resource, namespace }) => {
      const kind = `${namespace}/${resource}`
      const isFirst = verb === 'watch' && !told.has(kind)
      if (isFirst) told.add(kind)
      return isFirst
    },
    fault: { kind: 'gone' },
  })
  proxy.endWatches()
  await sleep(8000)
  lift()
  const after = proxy.passed.slice(before)
  const lists = after.filter(({ verb, path }) => verb === 'list' && !path.includes('continue='))
  return { told: told.size, lists: lists.length }
}
