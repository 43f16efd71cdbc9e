/** P7: renewals that are all asked for at once. */
import { inParallel } from '../api.ts'
import { issue } from '../measure.ts'
import * as objects from '../objects.ts'
import type { BenchOptions } from '../options.ts'
import { onStage } from '../stage.ts'
import { figure, times } from './figure.ts'
import { issueWaiting, untilEach } from './leaves.ts'

const count = 1000

export const renewals = (options: BenchOptions): Promise<void> =>
  onStage('renewals', options, async (stage) => {
    const { api } = stage
    const first = await issueWaiting(stage, count, issue)
    const annotations = { 'perennial.dev/renew': 'all-at-once' }
    await inParallel(count, 32, async (i) => {
      await api.call('PATCH', `${objects.paths.certificates}/${objects.nameOf('ca', i)}`, { metadata: { annotations } })
    })
    const operator = stage.run('renew')
    await untilEach({ api, operator }, count, (seen) => objects.isReady(seen) && seen.status?.revision === 2)
    const seconds = (performance.now() - operator.startedAt) / 1000
    figure('P7', `${count} renewals at once; of the first issue's time`, {
      is: `${seconds.toFixed(1)} s; ${times(seconds / first.seconds)}`,
      bar: '1x',
    })
  })
