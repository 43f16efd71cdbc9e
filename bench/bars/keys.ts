/** P12: large RSA keys are made while other certificates are issued. */
import * as objects from '../objects.ts'
import type { BenchOptions } from '../options.ts'
import { onStage } from '../stage.ts'
import { figure } from './figure.ts'
import { createLeaves, prepareCa, untilEach } from './leaves.ts'

const large = 50
const small = 300
const rsa4096 = { algorithm: 'RSA', size: 4096 } as const

export const largeKeys = (options: BenchOptions): Promise<void> =>
  onStage('keys', options, async (stage) => {
    const { api } = stage
    await prepareCa(stage)
    await createLeaves(api, { count: large, privateKey: rsa4096 })
    await createLeaves(api, { from: large, count: small })
    const operator = stage.run('keys')
    await untilEach({ api, operator }, 1 + large + small, objects.isReady)
    const seconds = (performance.now() - operator.startedAt) / 1000
    const lag = await operator.metric('nodejs_eventloop_lag_p99_seconds')
    figure('P12', `${large} RSA-4096 keys and ${small} P-256 in ${seconds.toFixed(0)} s: event-loop lag, p99`, {
      is: `${(lag * 1000).toFixed(0)} ms`,
      bar: '30 ms',
    })
  })
