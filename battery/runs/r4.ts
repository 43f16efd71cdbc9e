/** R4: watches that lose events, tear, end, forget, and bring what nobody should. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Asked } from '../faults/asked.ts'
import { parseRule } from '../faults/rules.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { Churn, patience, recovery, settle } from './fleet.ts'

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
/** Milliseconds: longer than a reflector waits between two tries. */
const quiet = 10_000

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
    for (const collection of new Set(lists)) {
      const count = lists.filter((one) => one === collection).length
      if (count > 1 || !told.includes(collection)) lost.push(`${count} lists of ${collection} after one 410 or none`)
    }
    lost.push(...(await breaches(world)))
    return [
      {
        id: 'R4',
        what: `watches under renewals: ${rules.map((rule) => rule.replace('watch ', '').replace('-> ', '')).join(', ')}`,
        often: `${rules.length} ways, 12 s each, ${world.plan.strikes} watches struck, ${churn.requests} renewals`,
        found: `all Ready after each; ${lists.length} lists after ${told.length} answers of 410`,
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
  return recovery(world, patience)
}

/** Of a list or a watch: what it is of, so that several of one kind are told apart. */
function collectionOf({ resource, namespace, path }: Asked): string {
  const { searchParams } = new URL(path, 'http://api')
  const selectors = ['labelSelector', 'fieldSelector'].map((name) => searchParams.get(name) ?? '')
  return [namespace ?? '', resource, ...selectors].join(' ').trim()
}

/** Answers every watch once with 410. @returns what was told so, and what was listed then */
async function listsAfterGone({ plan, proxy }: World): Promise<Aftermath> {
  const before = proxy.passed.length
  const told = new Set<string>()
  const { lift } = plan.lay({
    isMeant: (asked) => {
      const isFirst = asked.verb === 'watch' && !told.has(collectionOf(asked))
      if (isFirst) told.add(collectionOf(asked))
      return isFirst
    },
    fault: { kind: 'gone' },
  })
  proxy.endWatches()
  await sleep(8000)
  lift()
  await quietOfLists(proxy)
  const after = proxy.passed.slice(before)
  const lists = after.filter(({ verb, path }) => verb === 'list' && !path.includes('continue='))
  return { told: [...told], lists: lists.map(collectionOf) }
}

interface Aftermath {
  readonly told: readonly string[]
  readonly lists: readonly string[]
}

/** What is told to list does so after a pause that grows: none may be taken for an answer to what comes next. */
async function quietOfLists({ passed }: World['proxy']): Promise<void> {
  const lists = (): number => passed.filter(({ verb }) => verb === 'list').length
  for (let before = -1; before !== lists();) {
    before = lists()
    await sleep(quiet)
  }
}
