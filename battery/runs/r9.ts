/** R9: the clock of the operator is set wrong, and right again, and runs too fast; and the operator stands still over a renewal. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { WrongClock } from '../wrongclock.ts'
import { Churn, issuedAtCas, patience, recovery, settle, specOf } from './fleet.ts'

/** Certificates of each CA, with ninety days to live. */
const each = 33
const [minute, day] = [60_000, 86_400_000]

interface Setting {
  readonly what: string
  readonly ahead: number
  readonly rate?: number
  /** Milliseconds; it takes the operator a minute to notice. */
  readonly lasting: number
}

const right = (lasting: number): Setting => ({ what: 'right', ahead: 0, lasting })

const settings: readonly Setting[] = [
  { what: '+10 min', ahead: 10 * minute, lasting: 20_000 },
  { what: '-10 min', ahead: -10 * minute, lasting: 20_000 },
  right(20_000),
  { what: '+1 day', ahead: day, lasting: 65_000 },
  { what: '-1 day', ahead: -day, lasting: 65_000 },
  right(20_000),
  { what: 'twice as fast', ahead: 0, rate: 1, lasting: 40_000 },
  right(65_000),
]

/** Lives of those that fall due while the operator stands still. */
const short = { count: 10, duration: '3m', standsFrom: 100_000, standsFor: 45_000 }

interface Scene {
  readonly world: World
  readonly clock: WrongClock
  readonly lost: string[]
  readonly say: (line: string) => void
}

export async function setClocks({ say }: BatteryOptions): Promise<readonly Row[]> {
  const clock = new WrongClock(join(mkdtempSync(join(tmpdir(), 'perennial-clock-')), 'clock'))
  const world = await openWorld({ name: 'r9', houses: ['ca', 'est', 'cmp'], nodeOptions: clock.nodeOptions })
  const scene: Scene = { world, clock, lost: [], say }
  try {
    const late = await standStill(scene)
    const names = await settle(world, each)
    const before = await issuances(world)
    const churn = new Churn(world, names)
    for (const setting of settings) await live(scene, churn, setting)
    const rest = await recovery(world, patience)
    if (typeof rest === 'string') scene.lost.push(rest)
    const extra = (await issuances(world)) - before - churn.requests
    if (extra > names.length / 100) scene.lost.push(`${extra} certificates were renewed for no reason but the clock`)
    return [
      {
        id: 'R9',
        what: `${short.count} certificates of ${short.duration} fall due while the operator is stopped; then its clock is ${settings.map(({ what }) => what).join(', ')}`,
        often: `${names.length} certificates of 90 days, ${churn.requests} renewals asked for meanwhile`,
        found: `the short ones were renewed ${late.toFixed(1)} s after it went on, none had expired; of the long ones ${Math.max(0, extra)} were renewed without being asked`,
        lost: [...scene.lost, ...(await breaches(world))],
      },
    ]
  } finally {
    await world.close()
  }
}

/** All that was ever stored: every CA counts so, also the one that keeps no log. */
async function issuances(world: World): Promise<number> {
  const stored = [...world.observer.stored.values()].reduce((sum, all) => sum + all.length, 0)
  const logged = await issuedAtCas(world)
  const inCluster = [...world.observer.stored].filter(([key]) => key.startsWith(`${world.ns.name}/ca-`))
  return Math.max(stored, logged + inCluster.reduce((sum, [, all]) => sum + all.length, 0))
}

/** @returns seconds from when it goes on until the last is renewed */
async function standStill({ world, lost, say }: Scene): Promise<number> {
  const { ns, houses, operator } = world
  const names = Array.from({ length: short.count }, (_, i) => `short-${i}`)
  const spec = (name: string): ReturnType<typeof specOf> => ({ ...specOf(houses[0], name), duration: short.duration })
  for (const name of names) await ns.certificate(name, spec(name))
  const expiries = await Promise.all(
    names.map(async (name) => Date.parse((await ns.ready(name)).status?.notAfter ?? '')),
  )
  const first = Math.min(...expiries)
  await sleep(short.standsFrom)
  operator.signal('SIGSTOP')
  await sleep(short.standsFor)
  operator.signal('SIGCONT')
  const begun = performance.now()
  for (const name of names) await ns.told(name, { status: 'True', revision: 2 }, patience)
  const took = (performance.now() - begun) / 1000
  say(
    `renewed ${took.toFixed(1)} s after it went on, ${((first - Date.now()) / 1000).toFixed(0)} s before the first expires`,
  )
  if (Date.now() > first) lost.push('a certificate has expired while the operator could have renewed it')
  for (const name of names) world.observer.mayGo(`${ns.name}/${name}`)
  for (const name of names) await ns.remove('certificates', name)
  return took
}

/** Two renewals are asked for just before the clock is set, and are under way as it happens. */
async function live({ world, clock, say }: Scene, churn: Churn, { what, lasting, ...setting }: Setting): Promise<void> {
  const before = await issuances(world)
  const asked = churn.requests
  await churn.renew('ca-0')
  await churn.renew('cmp-0')
  await churn.renew('est-0')
  clock.set(setting)
  await sleep(lasting)
  const issued = (await issuances(world)) - before
  say(`${what}: ${issued} issued, ${churn.requests - asked} asked for`)
  for (const name of ['ca-0', 'cmp-0', 'est-0']) {
    const { lastFailure } = (await world.ns.seenCertificate(name))?.status ?? {}
    if (lastFailure !== undefined) say(`  ${name}: ${lastFailure.code}: ${lastFailure.message}`)
  }
}
