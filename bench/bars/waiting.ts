/** P1, P3, P4, P5, P6, P8, P9: Certificates that wait, all Ready, and an operator that has nothing to do. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import { sumOf } from '../exposition.ts'
import type { Issued } from '../measure.ts'
import { issue, measure, requestCount } from '../measure.ts'
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
/** Milliseconds between two looks at its CPU, and for how many it must do next to nothing. */
const sampling = 250
const quietFor = 2000
/** Of a core. */
const quietShare = 0.1

let ofFew: Issued | undefined

const milliseconds = ({ cpu }: Issued, count: number): string => `${((cpu / count) * 1000).toFixed(1)} ms`

export const thousand = (options: BenchOptions): Promise<void> =>
  onStage('thousand', options, async (stage) => {
    const measured = await issueWaiting(stage, few, measure)
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
    const measured = await issueWaiting(stage, many, issue)
    reportMany(stage, measured)
    figure('P3', 'etcd, on disk', { is: `${((await storedBytes(stage.api)) / 1e6).toFixed(0)} MB`, bar: '-' })
    const operator = await restart(stage)
    await idle(operator)
    await operator.stop()
  })

function reportMany({ rate }: Stage, measured: Issued): void {
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

const storedBytes = async (api: Api): Promise<number> =>
  sumOf(await api.text('/metrics'), 'apiserver_storage_size_bytes')

/**
 * Waits until the operator has nothing more to do, which its CPU says: reading metrics of so many certificates costs it.
 *
 * @returns when that began, in milliseconds as `performance.now` has them
 */
async function untilQuiet(operator: RunningOperator): Promise<number> {
  let last = { at: performance.now(), cpu: operator.cpuSeconds() }
  let since = last.at
  while (last.at - since < quietFor) {
    await Promise.race([sleep(sampling), operator.crashed])
    const now = { at: performance.now(), cpu: operator.cpuSeconds() }
    if ((now.cpu - last.cpu) * 1000 > (now.at - last.at) * quietShare) since = now.at
    last = now
  }
  return since
}

async function restart({ run }: Stage): Promise<RunningOperator> {
  const operator = run('restart')
  const seconds = ((await untilQuiet(operator)) - operator.startedAt) / 1000
  const [cpu, peak] = [operator.cpuSeconds(), operator.peakMegabytes()]
  const looks = await operator.metric('perennial_reconciles_total', { controller: 'certificate' })
  if (looks < many) throw new Error(`after ${seconds.toFixed(1)} s only ${looks} of ${many} were looked at`)
  figure('P8', `restart with ${many} Ready: queue drained after; writes; CPU; peak RSS`, {
    is: `${seconds.toFixed(1)} s; ${await writes(operator)}; ${cpu.toFixed(1)} s; ${peak.toFixed(0)} MB`,
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
  await untilQuiet(operator)
  const cpu = operator.cpuSeconds()
  await sleep(idleSeconds * 1000)
  const used = operator.cpuSeconds() - cpu
  const made = (await requestCount(operator)) - requests
  figure('P9', `idle for ${idleSeconds} s with ${many} Ready: requests/s; of a core`, {
    is: `${(made / idleSeconds).toFixed(2)}; ${((used / idleSeconds) * 100).toFixed(1)} %`,
    bar: '0.1; 1 %',
  })
}
