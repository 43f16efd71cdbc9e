/** One of several replicas is killed while it has work: how long that lies, until another one does it. */
import { follow } from './api.ts'
import type { Api } from './api.ts'
import { createLeaves } from './bars/leaves.ts'
import * as objects from './objects.ts'
import type { Replica } from './replicas.ts'
import { anyCrashed, holdersOf, rangeOf, spread, untilTaken } from './replicas.ts'

export interface Takeover {
  /** Certificates that were not Ready at that moment; of those, the ones in the ranges of who was killed. */
  readonly waiting: number
  readonly orphaned: number
  /** How many ranges who was killed held, and how many each of the others holds in the end. */
  readonly ranges: number
  readonly spread: readonly number[]
  /** Seconds from the kill until others hold the last of its ranges. */
  readonly held: number
  /** Seconds until a certificate of the last of its ranges is Ready that waited. */
  readonly working: number
  /** Seconds until all are Ready. */
  readonly done: number
}

export interface Attack {
  readonly api: Api
  readonly victim: Replica
  readonly others: readonly Replica[]
  /** How many leaves there are already, all Ready, and how many are made. */
  readonly from: number
  readonly count: number
}

/** Certificates are made; when they are, and a quarter of them Ready, the victim is killed. */
export async function takeOver({ api, victim, others, from, count }: Attack): Promise<Takeover> {
  const names = Array.from({ length: count }, (_, i) => objects.nameOf('ca', from + i))
  const readiness = new Readiness(names)
  const watching = readiness.watch(api)
  // Whoever waits for it hears of it.
  watching.catch(() => undefined)
  await createLeaves(api, { from, count })
  await Promise.race([readiness.until(count / 4), watching, anyCrashed([victim, ...others])])
  const holders = await holdersOf(api)
  const ranges = [...holders].flatMap(([range, holder]) => (holder === victim.name ? [range] : []))
  await victim.operator.kill()
  const killedAt = performance.now()
  const waiting = names.filter((name) => !readiness.at.has(name))
  const all = Promise.all([untilTaken(api, { ranges, from: victim.name }), watching])
  const [taken] = await Promise.race([all, anyCrashed(others)])
  const worked = ranges.flatMap((range) => readiness.firstOf(waiting, { range, after: taken.get(range) ?? killedAt }))
  const since = (moment: number): number => (moment - killedAt) / 1000
  return {
    waiting: waiting.length,
    orphaned: waiting.filter((name) => ranges.includes(rangeOf(name))).length,
    ranges: ranges.length,
    spread: spread(await holdersOf(api), others),
    held: since(Math.max(...taken.values())),
    working: since(Math.max(...worked)),
    done: since(Math.max(...readiness.at.values())),
  }
}

/** When each of some Certificates became Ready, in milliseconds as `performance.now` has them. */
class Readiness {
  readonly at = new Map<string, number>()
  readonly #names: ReadonlySet<string>
  #enough = { count: Number.POSITIVE_INFINITY, tell: (): void => undefined }

  constructor(names: readonly string[]) {
    this.#names = new Set(names)
  }

  /** Until all are. */
  async watch(api: Api): Promise<void> {
    for await (const object of follow(api, objects.certificatesPath)) {
      const seen = object as objects.Seen
      const { name } = seen.metadata
      if (!this.#names.has(name) || this.at.has(name) || !objects.isReady(seen)) continue
      this.at.set(name, performance.now())
      if (this.at.size >= this.#enough.count) this.#enough.tell()
      if (this.at.size === this.#names.size) return
    }
  }

  async until(count: number): Promise<void> {
    if (this.at.size >= count) return
    await new Promise<void>((resolve) => {
      this.#enough = { count, tell: resolve }
    })
  }

  /** @returns the first that became Ready in the range after that moment, none when nothing of the range waited */
  firstOf(
    waiting: readonly string[],
    { range, after }: { readonly range: number; readonly after: number },
  ): readonly number[] {
    const moments = waiting.flatMap((name) => (rangeOf(name) === range ? [this.at.get(name) ?? Number.NaN] : []))
    const later = moments.filter((moment) => moment > after)
    return later.length === 0 ? [] : [Math.min(...later)]
  }
}
