/** P10: Secrets of others, many and large. */
import { inParallel } from '../api.ts'
import type { Api } from '../api.ts'
import { issue, until } from '../measure.ts'
import * as objects from '../objects.ts'
import type { BenchOptions } from '../options.ts'
import { onStage } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { figure, times } from './figure.ts'
import { issueWaiting } from './leaves.ts'

const managed = 100
const small = 20_000
const large = 200
const megabyte = 1_000_000
const rounds = 3

export const foreign = (options: BenchOptions): Promise<void> =>
  onStage('foreign', options, async (stage) => {
    await issueWaiting(stage, managed, issue)
    const before = await starts(stage, 'without')
    await inParallel(small, 32, (i) => secret(stage.api, `small-${i}`, 1000))
    await inParallel(large, 8, (i) => secret(stage.api, `large-${i}`, megabyte))
    const after = await starts(stage, 'with')
    figure('P10', `${small} foreign Secrets and ${large} of 1 MB: start; RSS`, {
      is: `${after.seconds.toFixed(2)} s (${times(after.seconds / before.seconds)}); ${after.peak.toFixed(0)} MB (${times(after.peak / before.peak)})`,
      bar: '1.1x; 1.1x',
    })
  })

async function secret(api: Api, name: string, bytes: number): Promise<void> {
  const data = { value: Buffer.alloc((bytes * 3) / 4, 'x').toString('base64') }
  const { namespace } = objects
  await api.call('POST', objects.paths.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    data,
  })
}

/** Until every Certificate has been looked at: the median of some starts, and the highest memory of them. */
async function starts({ run }: Stage, name: string): Promise<{ readonly seconds: number; readonly peak: number }> {
  const seen: { seconds: number; peak: number }[] = []
  for (let round = 0; round < rounds; round += 1) {
    const operator = run(`${name}-${round}`)
    const isDone = async (): Promise<boolean> =>
      (await operator.metric('perennial_reconciles_total', { controller: 'certificate' })) >= managed
    await Promise.race([until('every Certificate looked at', isDone, 60), operator.crashed])
    seen.push({ seconds: (performance.now() - operator.startedAt) / 1000, peak: operator.peakMegabytes() })
    await operator.stop()
  }
  const inOrder = seen.map(({ seconds }) => seconds).toSorted((a, b) => a - b)
  return { seconds: inOrder[Math.floor(rounds / 2)] ?? Number.NaN, peak: Math.max(...seen.map(({ peak }) => peak)) }
}
