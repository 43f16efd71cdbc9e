/** R1: kill -9 before and after every write and every call of a CA, through the whole life of a certificate, protocol by protocol. */
import { inParallel } from '../../bench/api.ts'
import { Dice } from '../../test/sim/dice.ts'
import type { House } from '../houses/house.ts'
import type { HouseName } from '../houses/table.ts'
import type { BatteryOptions } from '../options.ts'
import { settled, openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { breaches, brokenOff } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { dnsNameOf, phasesOf } from './lives.ts'
import type { Phase } from './lives.ts'
import { aim, pointsOf, quiet, sayPoint, tallyOf } from './points.ts'
import type { Point } from './points.ts'

/** What became of one protocol. */
interface Toll {
  kills: number
  points: number
  issuances: number
  extra: number
  readonly lost: string[]
}

/** Each has an API server to itself; two at a time, for one waits often. */
const lanes = 2

export async function killEverywhere(options: BatteryOptions): Promise<readonly Row[]> {
  const rows = new Map<HouseName, Row>()
  await inParallel(options.protocols.length, lanes, async (i) => {
    const name = options.protocols[i]
    if (name === undefined) return
    // Where one breaks off, what the others show is kept.
    const row = await killAll(name, options).catch((error: unknown) => brokenOff(`R1 ${name}`, error))
    rows.set(name, row)
  })
  return options.protocols.flatMap((name) => rows.get(name) ?? [])
}

async function killAll(name: HouseName, { seeds, say }: BatteryOptions): Promise<Row> {
  const world = await openWorld({ name: `r1-${name}`, houses: [name] })
  try {
    const [house] = world.houses
    if (house === undefined) throw new Error('there is no CA')
    const toll: Toll = { kills: 0, points: 0, issuances: 0, extra: 0, lost: [] }
    const [first, last] = seeds
    for (let seed = first; seed <= last; seed++) await oneSeed({ world, house, toll, say }, seed)
    toll.lost.push(...(await breaches(world)))
    return {
      id: `R1 ${name}`,
      what: `kill -9 before and after each write and each CA call of issue, renew, ${house.revokes === 'order' ? 'revoke, ' : ''}delete`,
      often: `${toll.kills} kills at ${toll.points} points, seeds ${first} to ${last}`,
      found:
        house.ledger === undefined
          ? 'no log of a CA to count in'
          : `${toll.issuances} issued, ${toll.extra} of them beyond need`,
      lost: toll.lost,
    }
  } finally {
    await world.close()
  }
}

interface Scene {
  readonly world: World
  readonly house: House
  readonly toll: Toll
  readonly say: (line: string) => void
}

/** Odd seeds have the CA keep requests waiting; all have watches come late, each by its own time. */
async function oneSeed(scene: Scene, seed: number): Promise<void> {
  const { world, house, toll, say } = scene
  const dice = new Dice(seed)
  house.keepsWaiting(seed % 2 === 1)
  world.plan.clear()
  const length = seed === 1 ? 0 : dice.below(400)
  if (length > 0) world.plan.lay({ isMeant: ({ verb }) => verb === 'watch', fault: { kind: 'stale', length } })
  const points = await pointsOfPhases(scene, `dry-${seed}`)
  const lives = Math.max(...[...points.values()].map((all) => all.length))
  toll.points += [...points.values()].reduce((sum, all) => sum + all.length, 0)
  say(
    `${house.protocol}, seed ${seed}: ${[...points].map(([phase, all]) => `${phase} ${all.length}`).join(', ')} points`,
  )
  for (let i = 0; i < lives; i++) {
    const life = `life-${seed}-${i}`
    let allowed = 0
    for (const phase of phasesOf(house)) {
      const point = points.get(phase.name)?.[i]
      if (await livePhase(scene, { phase, life, point })) allowed += phase.issues
    }
    await weigh(scene, life, allowed)
  }
}

/** A life without a death, to see how many points each phase has. */
async function pointsOfPhases({ world, house }: Scene, life: string): Promise<ReadonlyMap<string, readonly Point[]>> {
  const points = new Map<string, readonly Point[]>()
  for (const phase of phasesOf(house)) {
    const before = tallyOf(world, house)
    await phase.begin(world, life)
    await phase.done(world, life)
    await quiet(world, house)
    const after = tallyOf(world, house)
    points.set(phase.name, pointsOf({ writes: after.writes - before.writes, calls: after.calls - before.calls }))
  }
  return points
}

/** @returns whether a death may have cost a certificate: between the CA's signature and the write that keeps it */
async function livePhase(
  { world, house, toll, say }: Scene,
  { phase, life, point }: { readonly phase: Phase; readonly life: string; readonly point: Point | undefined },
): Promise<boolean> {
  const aimed = point === undefined ? undefined : aim(world, house, point)
  await phase.begin(world, life)
  const done = phase.done(world, life)
  done.catch(() => undefined)
  const struck = await Promise.race(
    [aimed?.struck.then(() => true), done.then(() => quiet(world, house)).then(() => false)].filter(
      (one) => one !== undefined,
    ),
  )
  aimed?.lift()
  if (struck) {
    toll.kills += 1
    await world.operator.revive()
  }
  try {
    await done
    await quiet(world, house)
  } catch (error) {
    const where = point === undefined ? 'no kill' : sayPoint(point)
    toll.lost.push(
      `I7: ${phase.name} of ${life}, ${where}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`,
    )
    say(toll.lost.at(-1) ?? '')
  }
  return struck && point !== undefined && (point.at === 'call' || point.when === 'before')
}

/** I3: what the CA has issued against what was asked of it. */
async function weigh({ world, house, toll, say }: Scene, life: string, allowed: number): Promise<void> {
  try {
    await settled(world, 10_000)
  } catch (error) {
    toll.lost.push(error instanceof Error ? error.message : String(error))
  }
  if (house.ledger === undefined) return
  const wanted = phasesOf(house).reduce((sum, { issues }) => sum + issues, 0)
  const issued = await world.observer.issuedFor(dnsNameOf(life), house.ledger)
  toll.issuances += issued
  toll.extra += Math.max(0, issued - wanted)
  if (issued > wanted) say(`${house.protocol} ${life}: ${issued} issued, ${wanted} wanted, ${allowed} more allowed`)
  if (issued > wanted + allowed)
    toll.lost.push(`I3: ${issued} certificates were issued for ${life}, ${wanted} were asked for`)
}
