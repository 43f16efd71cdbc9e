/** Certificates of several CAs that are renewed again and again while something breaks. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CertificateSpec } from '../../src/api/certificate.ts'
import { inParallel } from '../../bench/api.ts'
import { Dice } from '../../test/sim/dice.ts'
import type { House } from '../houses/house.ts'
import { settled } from '../world.ts'
import type { World } from '../world.ts'

/** Milliseconds for all to be Ready after the last fault (I7): a minute, and the first waits of what backs off. */
export const patience = 150_000

const nameOf = (protocol: string, i: number): string => `${protocol}-${i}`

/** What a Certificate asks one of the CAs for. @throws when there is no such CA */
export function specOf(house: House | undefined, name: string): Partial<CertificateSpec> {
  if (house === undefined) throw new Error(`there is no CA for ${name}`)
  const { protocol, privateKey } = house
  return {
    issuerRef: { name: protocol, kind: 'Issuer', group: 'perennial.dev' },
    commonName: `${name}.battery.example`,
    dnsNames: [`${name}.battery.example`],
    privateKey,
  }
}

/** Issues so many certificates of each CA, and waits until they are Ready. @returns their names */
export async function settle(world: World, each: number): Promise<readonly string[]> {
  const all = world.houses.flatMap((house) => Array.from({ length: each }, (_, i) => ({ house, i })))
  await inParallel(all.length, 8, async (at) => {
    const one = all[at]
    if (one === undefined) return
    const { house, i } = one
    const name = nameOf(house.protocol, i)
    await world.ns.certificate(name, specOf(house, name))
  })
  await settled(world, 180_000)
  return all.map(({ house, i }) => nameOf(house.protocol, i))
}

/** Asks for a renewal of one after the other, at random, until it is told to end. */
export class Churn {
  requests = 0
  readonly #world: World
  readonly #names: readonly string[]
  readonly #dice: Dice
  #isOver = false
  #running: Promise<void> = Promise.resolve()

  constructor(world: World, names: readonly string[], seed = 1) {
    this.#world = world
    this.#names = names
    this.#dice = new Dice(seed)
  }

  /** @param interval - milliseconds between two requests */
  start(interval: number): void {
    this.#running = this.#run(interval)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async renew(name: string): Promise<void> {
    this.requests += 1
    const annotations = { 'perennial.dev/renew': `${this.requests}` }
    await this.#world.ns.patch('certificates', name, { metadata: { annotations } })
  }

  async #run(interval: number): Promise<void> {
    while (!this.#isOver) {
      await sleep(interval)
      // The API server may be what is broken.
      await this.renew(this.#dice.pick(this.#names)).catch(() => undefined)
    }
  }
}

/** How many certificates the CAs that keep a log have issued. */
export async function issuedAtCas({ houses }: World): Promise<number> {
  let issued = 0
  for (const { ledger } of houses) issued += (await ledger?.issued())?.length ?? 0
  return issued
}

export interface Spent {
  /** What the CAs have issued. */
  readonly issued: number
  /** What was stored and told: the least that would have done. */
  readonly least: number
}

/** Of the CAs that keep a log. */
export async function spent(world: World): Promise<Spent> {
  const { houses, observer, ns } = world
  let least = 0
  for (const { ledger, protocol } of houses) {
    if (ledger === undefined) continue
    // `cmp` is the beginning of another protocol's name.
    const isOurs = new RegExp(`^${ns.name}/${protocol}-\\d+$`)
    for (const [key, { status }] of observer.certificates)
      if (isOurs.test(key)) least += Number(status?.['revision'] ?? 0)
  }
  return { issued: await issuedAtCas(world), least }
}

/** @returns seconds until everything was Ready again; a sentence when it was not in time */
export async function recovery(world: World, within: number): Promise<number | string> {
  const begun = performance.now()
  try {
    await settled(world, within)
    return (performance.now() - begun) / 1000
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
