/** P1, P3, P4, P5, P6, P8, P9: Certificates that wait, all Ready, and an operator that has nothing to do. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import type { Measured } from '../measure.ts'
import { requestCount } from '../measure.ts'
import type { RunningOperator } from '../operator.ts'
import type { BenchOptions } from '../options.ts'
import { onStage } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { figure, times } from './figure.ts'
import { issueWaiting } from './leaves.ts'

const few = 1000
const many = 10_000
/** The peer's certificates/s over the create rate, measured on another day with 1000. */
const peerShare = 0.025
/** Seconds that an idle operator is looked at. */
const idleSeconds = 60

let ofFew: Measured | undefined

const milliseconds = ({ cpu }: Measured, count: number): string => `${((cpu / count) * 1000).toFixed(1)} ms`

export const thousand = (options: BenchOptions): Promise<void> =>
  onStage('thousand', options, async (stage) => {
    const measured = await issueWaiting(stage, few)
    ofFew = measured
    const share = few / measured.seconds / stage.rate
    figure('P1', `${few} waiting, CA issuer: ${measured.seconds.toFixed(1)} s, of the create rate`, {
      is: `${share.toFixed(3)} (${times(peerShare / share)} the peer's time)`,
      bar: '0.125 (0.2x)',
    })
    const each = (measured.requests / few).toFixed(2)
    figure('P4', 'API requests per certificate, CA issuer; conflicts', {
      is: `${each}; ${measured.conflicts}`,
      bar: '4; 0',
    })
    figure('P5', `operator CPU per certificate at ${few}`, { is: milliseconds(measured, few), bar: '5.6 ms' })
    figure('P6', `peak RSS at ${few}`, { is: `${measured.peak.toFixed(0)} MB`, bar: '110 MB' })
  })

export const tenThousand = (options: BenchOptions): Promise<void> =>
  onStage('tenthousand', options, async (stage) => {
    const measured = await issueWaiting(stage, many)
    reportMany(stage, measured)
    figure('P3', 'etcd, on disk', { is: `${((await storedBytes(stage.api)) / 1e6).toFixed(0)} MB`, bar: '-' })
    const operator = await restart(stage)
    await idle(operator)
    await operator.stop()
  })

function reportMany({ rate }: Stage, measured: Measured): void {
  const { seconds, conflicts, peak } = measured
  const share = (many / seconds / rate).toFixed(3)
  figure('P3', `${many} waiting, CA issuer; of the create rate; conflicts`, {
    is: `${seconds.toFixed(0)} s; ${share}; ${conflicts}`,
    bar: '-; -; 0',
  })
  if (ofFew !== undefined) {
    const ratio = seconds / many / (ofFew.seconds / few)
    figure('P3', `time per certificate at ${many}, of that at ${few}`, { is: times(ratio), bar: '1.3x' })
  }
  figure('P5', `operator CPU per certificate at ${many}`, { is: milliseconds(measured, many), bar: '5.6 ms' })
  figure('P6', `peak RSS at ${many}`, { is: `${peak.toFixed(0)} MB`, bar: '160 MB' })
}

async function storedBytes(api: Api): Promise<number> {
  const text = await api.text('/metrics')
  const line = text.split('\n').find((one) => one.startsWith('apiserver_storage_size_bytes'))
  return Number(line?.split(' ').at(-1) ?? Number.NaN)
}

/** Every key has been looked at, and none is left over. */
async function isDrained(operator: RunningOperator): Promise<boolean> {
  const controller = 'certificate'
  if ((await operator.metric('perennial_reconciles_total', { controller })) < many) return false
  const ready = await operator.metric('perennial_queue_depth', { controller, state: 'ready' })
  return ready + (await operator.metric('perennial_queue_depth', { controller, state: 'processing' })) === 0
}

async function restart({ run }: Stage): Promise<RunningOperator> {
  const operator = run('restart')
  const isDone = (): Promise<boolean> => isDrained(operator).catch(() => false)
  while (!(await Promise.race([isDone(), operator.crashed]))) await sleep(500)
  const seconds = (performance.now() - operator.startedAt) / 1000
  figure('P8', `restart with ${many} Ready: queue drained after; writes; CPU; peak RSS`, {
    is: `${seconds.toFixed(1)} s; ${await writes(operator)}; ${operator.cpuSeconds().toFixed(1)} s; ${operator.peakMegabytes().toFixed(0)} MB`,
    bar: '8 s; 0',
  })
  return operator
}

async function writes(operator: RunningOperator): Promise<number> {
  const all = await requestCount(operator)
  return all - (await operator.metric('perennial_api_requests_total', { verb: 'get' }))
}

async function idle(operator: RunningOperator): Promise<void> {
  const requests = await requestCount(operator)
  const cpu = operator.cpuSeconds()
  await sleep(idleSeconds * 1000)
  const used = operator.cpuSeconds() - cpu
  const made = (await requestCount(operator)) - requests
  figure('P9', `idle for ${idleSeconds} s with ${many} Ready: requests/s; of a core`, {
    is: `${(made / idleSeconds).toFixed(2)}; ${((used / idleSeconds) * 100).toFixed(1)} %`,
    bar: '0.1; 1 %',
  })
}
