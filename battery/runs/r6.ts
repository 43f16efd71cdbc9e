/** R6: somebody writes to Certificates and to their Secrets fifty times a second, while they are renewed and while nothing is due. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, inParallel } from '../../bench/api.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { Churn, patience, recovery, settle, spent } from './fleet.ts'

/** Writes a second to each object, and how many of them may be on their way at once. */
const [pace, lanes] = [50, 4]
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
    const before = await cpuOf(world)
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
    await storm.stop()
    const after = await cpuOf(world)
    return [await rowOf(world, { storm, took, perObject, cpu: after.map((ms, i) => ms - (before[i] ?? 0)) })]
  } finally {
    await world.close()
  }
}

interface Seen {
  readonly storm: Storm
  /** Seconds of each renewal. */
  readonly took: readonly number[]
  readonly perObject: number
  /** As {@link cpuOf} has it. */
  readonly cpu: readonly number[]
}

async function rowOf(world: World, { storm, took, perObject, cpu }: Seen): Promise<Row> {
  const rest = await recovery(world, patience)
  const { issued, least } = await spent(world)
  const lost = [...(await breaches(world)), ...(typeof rest === 'string' ? [rest] : [])]
  const worst = Math.max(...took)
  if (worst > slowest) lost.push(`a renewal took ${worst.toFixed(1)} s`)
  if (perObject >= busiest) lost.push(`${perObject.toFixed(2)} requests a second and object while nothing was due`)
  if (issued > least) lost.push(`I3: ${issued} certificates were issued where ${least} would have done`)
  const [servers, theirs] = cpu.map((ms) => (ms / storm.written).toFixed(1))
  return {
    id: 'R6',
    what: `somebody else writes ${pace} times a second to each of ${storm.objects / 2} Certificates and of their Secrets`,
    often: `${storm.written} writes of theirs, ${storm.perSecond.toFixed(0)} a second and object, ${took.length} renewals`,
    found: `a renewal took ${worst.toFixed(1)} s at most; a write of theirs took ${storm.took.toFixed(0)} ms, and ${servers} ms of CPU in the API server, ${theirs} in who writes and watches; ${perObject.toFixed(2)} requests a second and object while nothing was due; ${issued} issued where ${least} had to be`,
    lost,
  }
}

interface Target {
  readonly plural: 'certificates' | 'secrets'
  readonly name: string
}

/** Annotations that nobody reads. */
class Storm {
  readonly #world: World
  readonly #targets: readonly Target[]
  /** Writes so far. */
  written = 0
  #waited = 0
  #lasted = 0
  #isOver = false
  #running: Promise<void> = Promise.resolve()

  constructor(world: World, names: readonly string[]) {
    this.#world = world
    this.#targets = names.flatMap((name): readonly Target[] => [
      { plural: 'certificates', name },
      { plural: 'secrets', name },
    ])
  }

  get objects(): number {
    return this.#targets.length
  }

  /** Milliseconds of a write, as its writer sees it. */
  get took(): number {
    return this.#waited / this.written
  }

  /** Writes a second to each object, while it blew. */
  get perSecond(): number {
    return this.written / this.objects / (this.#lasted / 1000)
  }

  start(): void {
    const count = this.objects * lanes
    const begun = performance.now()
    this.#running = inParallel(count, count, async (i) => {
      const target = this.#targets[i % this.#targets.length]
      if (target !== undefined) await this.#blowAt(target)
    }).finally(() => (this.#lasted = performance.now() - begun))
  }

  async #blowAt({ plural, name }: Target): Promise<void> {
    while (!this.#isOver) {
      const annotations = { 'weather.example/storm': `${(this.written += 1)}` }
      const next = sleep((1000 * lanes) / pace)
      const begun = performance.now()
      await this.#world.ns.patch(plural, name, { metadata: { annotations } })
      this.#waited += performance.now() - begun
      await next
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }
}

/** @returns milliseconds of CPU so far: of the API server, and of this process, which writes, stands between and watches */
async function cpuOf({ plane }: World): Promise<readonly [number, number]> {
  const api = connect(plane)
  const seconds = /^process_cpu_seconds_total (\S+)$/m.exec(await api.text('/metrics'))?.[1]
  await api.close()
  const { user, system } = process.cpuUsage()
  return [Number(seconds) * 1000, (user + system) / 1000]
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
