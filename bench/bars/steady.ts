/** P2: an operator that runs while Certificates are made: from creation to Ready. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import { inParallel } from '../api.ts'
import { untilReady } from '../measure.ts'
import * as objects from '../objects.ts'
import type { RunningOperator } from '../operator.ts'
import type { BenchOptions } from '../options.ts'
import { onStage } from '../stage.ts'
import { figure, quantile } from './figure.ts'
import { applyCa, p256, untilEach } from './leaves.ts'

const burst = 1000
const trickle = 300
const perSecond = 10

type Create = (i: number) => Promise<void>

export const steady = (options: BenchOptions): Promise<void> =>
  onStage('steady', options, async ({ api, run }) => {
    await applyCa(api)
    const operator = run('steady')
    await Promise.race([untilReady(api, 1), operator.crashed])
    const fast = await waits({ api, operator }, { from: 0, count: burst }, (create) => inParallel(burst, 32, create))
    report(`${burst} created as fast as the server takes them`, fast, '-')
    const slow = await waits({ api, operator }, { from: burst, count: trickle }, async (create) => {
      const began = performance.now()
      const created: Promise<void>[] = []
      for (let i = 0; i < trickle; i += 1) {
        await sleep(Math.max(0, began + (i * 1000) / perSecond - performance.now()))
        created.push(create(i))
      }
      await Promise.all(created)
    })
    report(`${trickle} created, ${perSecond} a second`, slow, 'p99 under 1 s')
  })

function report(what: string, seconds: readonly number[], bar: string): void {
  const is = `${quantile(seconds, 0.5).toFixed(2)} s; ${quantile(seconds, 0.99).toFixed(2)} s`
  figure('P2', `${what}: creation to Ready, p50; p99`, { is, bar })
}

/** @returns seconds from the request that makes a Certificate until the watch says that it is Ready, of each */
async function waits(
  world: { readonly api: Api; readonly operator: RunningOperator },
  { from, count }: { readonly from: number; readonly count: number },
  pace: (create: Create) => Promise<void>,
): Promise<readonly number[]> {
  const began = new Map<string, number>()
  const took = new Map<string, number>()
  const isDone = (seen: objects.Seen): boolean => {
    const start = began.get(seen.metadata.name)
    if (start === undefined || !objects.isReady(seen)) return false
    if (!took.has(seen.metadata.name)) took.set(seen.metadata.name, (performance.now() - start) / 1000)
    return true
  }
  const create = async (i: number): Promise<void> => {
    const leaf = objects.leaf('ca', from + i, p256)
    began.set(objects.nameOf('ca', from + i), performance.now())
    await world.api.call('POST', objects.paths.certificates, leaf)
  }
  await Promise.all([untilEach(world, count, isDone), pace(create)])
  return [...took.values()]
}
