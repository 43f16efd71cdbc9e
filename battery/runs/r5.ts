/**
 * R5: an operator that starts again on an API server which has not heard the news. Its lists are those of a minute ago and its watches
 * bring everything a minute late, while what it asks for by name, and what it writes, meets the present.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../test/support/cluster.ts'
import type { Asked } from '../faults/asked.ts'
import { parseRule } from '../faults/rules.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { issuedAtCas, patience, recovery, settle, specOf } from './fleet.ts'

/** How late it hears of everything, in seconds. */
const late = 60
const rounds = 2
const each = 4
/** The Ingress, its Secret and the Certificate that is made for it. */
const web = 'web'

interface Scene {
  readonly world: World
  readonly names: readonly string[]
  /** How many certificates were asked for, by the name of their Certificate. */
  readonly wanted: Map<string, number>
  readonly lost: string[]
}

export async function listTheOld({ say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r5', houses: ['ca', 'est', 'scep', 'cmp'] })
  try {
    const names = await settle(world, each)
    await world.ns.create('ingresses', ingress)
    await world.ns.ready(web)
    const scene: Scene = { world, names, wanted: new Map(names.map((name) => [name, 1])), lost: [] }
    let changes = 0
    for (let round = 1; round <= rounds; round++) {
      changes += await travel(scene, round)
      const rest = await recovery(world, patience)
      say(`round ${round}: ${typeof rest === 'string' ? rest : 'all Ready'}`)
      if (typeof rest === 'string') scene.lost.push(rest)
    }
    return [await rowOf(scene, changes)]
  } finally {
    await world.close()
  }
}

const asksFor = { 'perennial.dev/issuer': 'ca', 'perennial.dev/private-key-algorithm': 'ECDSA' }

const ingress = {
  metadata: { name: web, annotations: asksFor },
  spec: {
    tls: [{ hosts: ['web.battery.example'], secretName: web }],
    defaultBackend: { service: { name: web, port: { number: 80 } } },
  },
}

/**
 * The operator starts where everything is about to change, does what is asked of it, and starts again in front of the lists of its
 * first start: what it has renewed looks due, what was made anew looks as it was before, what was deleted looks alive.
 *
 * @returns how many objects were changed
 */
async function travel(scene: Scene, round: number): Promise<number> {
  const { world, names, wanted } = scene
  const { operator, plan, ns } = world
  const renewed = names.filter((_, i) => i % 2 === 0)
  const remade = names.filter((_, i) => i % 4 === 1)
  operator.kill()
  const annotations = { 'perennial.dev/renew': `${round}` }
  for (const name of renewed) await ns.patch('certificates', name, { metadata: { annotations } })
  await ns.patch('ingresses', web, { metadata: { annotations: { 'perennial.dev/issuer': null } } })
  await operator.revive()
  const seen = performance.now()
  for (const name of renewed) await ns.told(name, { status: 'True', revision: round + 1 }, patience)
  for (const name of remade) await remake(world, name)
  for (const name of [...renewed, ...remade]) wanted.set(name, (wanted.get(name) ?? 0) + 1)
  await gone(world, web)
  await ns.patch('ingresses', web, { metadata: { annotations: asksFor } })
  const before = await ns.ready(web)
  await sleep(Math.max(0, late * 1000 + 1000 - (performance.now() - seen)))
  operator.kill()
  plan.lay({ isMeant: listsAll, fault: { kind: 'stale', length: late * 1000 } })
  plan.lay(parseRule(`watch -> stale ${late}s`))
  await operator.revive()
  // It works on the past for as long as that is late, and then some.
  await sleep((late + 10) * 1000)
  plan.clear()
  world.proxy.endWatches()
  if ((await ns.seenCertificate(web))?.metadata.uid !== before.metadata.uid)
    scene.lost.push('the Certificate of an Ingress was removed for what the Ingress said a minute ago')
  return renewed.length + remade.length + 1
}

/** A list of one by its name is a question about the present, which no API server answers from what it remembers. */
const listsAll = ({ verb, path }: Asked): boolean => verb === 'list' && !path.includes('metadata.name')

async function gone({ ns }: World, name: string): Promise<void> {
  const isGone = async (): Promise<true | undefined> =>
    (await ns.seenCertificate(name)) === undefined ? true : undefined
  await until(`Certificate ${name} gone`, isGone)
}

/** The Secret goes too, so that one of the same name is made for the Certificate of the same name. */
async function remake(world: World, name: string): Promise<void> {
  const { ns, houses, observer } = world
  observer.mayGo(`${ns.name}/${name}`)
  await ns.remove('certificates', name)
  await gone(world, name)
  await ns.remove('secrets', name)
  const house = houses.find(({ protocol }) => name.startsWith(`${protocol}-`))
  await ns.certificate(name, specOf(house, name))
  await ns.ready(name, patience)
}

async function rowOf({ world, wanted, lost }: Scene, changes: number): Promise<Row> {
  for (const [name, count] of wanted) {
    const stored = world.observer.stored.get(`${world.ns.name}/${name}`)?.length ?? 0
    if (stored > count) lost.push(`I3: ${stored} certificates were stored for ${name}, ${count} were asked for`)
  }
  const logged = world.houses.filter(({ ledger }) => ledger !== undefined).map(({ protocol }) => protocol)
  const isLogged = (name: string): boolean => logged.some((protocol) => name.startsWith(`${protocol}-`))
  const asked = [...wanted].filter(([name]) => isLogged(name)).reduce((sum, [, count]) => sum + count, 0)
  const issued = await issuedAtCas(world)
  if (issued > asked) lost.push(`I3: CAs have issued ${issued} certificates, ${asked} were asked for`)
  return {
    id: 'R5',
    what: `starts in front of lists that are ${late} s old, with watches as late, after renewals, deletions and new objects of old names`,
    often: `${rounds} starts, ${world.plan.strikes} stale answers, ${changes} changes unheard of`,
    found: `${issued} issued where ${asked} were asked for; nothing removed that is wanted`,
    lost: [...lost, ...(await breaches(world))],
  }
}
