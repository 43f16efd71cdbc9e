/** R6: somebody writes to Certificates and to their Secrets fifty times a second, while they are renewed and while nothing is due. */
import { setTimeout as sleep } from 'node:timers/promises'
import { inParallel } from '../../bench/api.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { Churn, patience, recovery, settle, spent } from './fleet.ts'

/** Writes a second to each object. */
const pace = 50
/** Milliseconds in which nothing is due. */
const idle = 20_000
const renewals = 3
/** Seconds from the request to renew until it is Ready. */
const slowest = 10
/** Requests of the operator a second and object in which nothing is due. */
const busiest = 2

export async function writeInBetween({ say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r6', houses: ['ca', 'cmp'] })
  try {
    const names = await settle(world, 1)
    const storm = new Storm(world, names)
    storm.start()
    const asked = await requestsIn(world, idle)
    const perObject = asked / names.length / (idle / 1000)
    say(`while nothing was due: ${asked} requests, ${perObject.toFixed(2)} a second and object`)
    const took: number[] = []
    const churn = new Churn(world, names)
    for (const name of Array.from({ length: renewals }, () => names).flat()) {
      took.push(await renewal(world, churn, name))
      say(`${name} renewed in ${took.at(-1)?.toFixed(1)} s`)
    }
    const written = await storm.stop()
    const rest = await recovery(world, patience)
    const { issued, least } = await spent(world)
    const lost = [...(await breaches(world)), ...(typeof rest === 'string' ? [rest] : [])]
    const worst = Math.max(...took)
    if (worst > slowest) lost.push(`a renewal took ${worst.toFixed(1)} s`)
    if (perObject >= busiest) lost.push(`${perObject.toFixed(2)} requests a second and object while nothing was due`)
    if (issued > least) lost.push(`I3: ${issued} certificates were issued where ${least} would have done`)
    return [
      {
        id: 'R6',
        what: `somebody else writes ${pace} times a second to each of ${names.length} Certificates and of their Secrets`,
        often: `${written} writes of theirs, ${took.length} renewals`,
        found: `a renewal took ${worst.toFixed(1)} s at most; ${perObject.toFixed(2)} requests a second and object while nothing was due; ${issued} issued where ${least} had to be`,
        lost,
      },
    ]
  } finally {
    await world.close()
  }
}

interface Target {
  readonly plural: 'certificates' | 'secrets'
  readonly name: string
}

/** Annotations that nobody reads. */
class Storm {
  readonly #world: World
  readonly #names: readonly string[]
  #written = 0
  #isOver = false
  #running: Promise<void> = Promise.resolve()

  constructor(world: World, names: readonly string[]) {
    this.#world = world
    this.#names = names
  }

  start(): void {
    const targets = this.#names.flatMap((name): readonly Target[] => [
      { plural: 'certificates', name },
      { plural: 'secrets', name },
    ])
    this.#running = inParallel(targets.length, targets.length, async (i) => {
      const target = targets[i]
      if (target !== undefined) await this.#blowAt(target)
    })
  }

  async #blowAt({ plural, name }: Target): Promise<void> {
    while (!this.#isOver) {
      const annotations = { 'weather.example/storm': `${(this.#written += 1)}` }
      const next = sleep(1000 / pace)
      await this.#world.ns.patch(plural, name, { metadata: { annotations } })
      await next
    }
  }

  /** @returns how often it has written */
  async stop(): Promise<number> {
    this.#isOver = true
    await this.#running
    return this.#written
  }
}

/** Watches and Leases aside. */
async function requestsIn({ proxy }: World, length: number): Promise<number> {
  const before = proxy.passed.length
  await sleep(length)
  return proxy.passed.slice(before).filter(({ verb, resource }) => verb !== 'watch' && resource !== 'leases').length
}

/** @returns seconds */
async function renewal({ ns }: World, churn: Churn, name: string): Promise<number> {
  const revision = ((await ns.seenCertificate(name))?.status?.revision ?? 0) + 1
  const begun = performance.now()
  await churn.renew(name)
  await ns.told(name, { status: 'True', revision }, patience)
  return (performance.now() - begun) / 1000
}
