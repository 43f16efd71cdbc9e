/** Starts the built bundle as a user would, and reads what it says of itself and what the kernel says of it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { request } from 'undici'
import { operatorLaunch } from '../scripts/launch.ts'
import { sumOf } from './exposition.ts'

export interface RunningOperator {
  readonly startedAt: number
  readonly pid: number
  /** Sum of the samples of a metric whose labels hold all of `labels`. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>
  /** Seconds of CPU so far, user and system. */
  cpuSeconds(): number
  /** Highest resident memory so far, MB. */
  peakMegabytes(): number
  stop(): Promise<void>
  /** SIGKILL: it gets no chance to give anything up. */
  kill(): Promise<void>
  /** Rejects when the process ends without having been stopped or killed. */
  readonly crashed: Promise<never>
}

/** Where an operator listens on the loopback address. */
export interface Ports {
  readonly metrics: number
  readonly http01: number
}

export interface OperatorOptions {
  /** The API server as a pod meets it: its address, and a folder with `token` and `ca.crt`. */
  readonly pod: { readonly host: string; readonly port: string; readonly directory: string }
  readonly ports: Ports
  /** Namespace of the Leases by which it acts. Without it, it acts alone and at once. */
  readonly leaseNamespace?: string | undefined
  readonly logFile: string
  readonly flags?: readonly string[]
  /** The program to measure and options of Node for it; the built bundle with what it is shipped with when left out. */
  readonly bundle: string
  readonly nodeOptions: readonly string[]
}

/** Clock ticks of /proc/<pid>/stat in a second; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

export function startOperator(options: OperatorOptions): RunningOperator {
  const child = launch(options)
  let isStopping = false
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    isStopping = true
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  const crashed = once(child, 'exit').then(() => {
    // Nobody looks at the promise of an operator that was stopped.
    if (isStopping) return new Promise<never>(() => undefined)
    throw new Error(`the operator ended by itself; its log is ${options.logFile}`)
  })
  return {
    crashed,
    startedAt: performance.now(),
    pid: child.pid ?? 0,
    metric: (name, labels = {}) => readMetric(options.ports.metrics, name, labels),
    cpuSeconds: () => cpuSeconds(child),
    peakMegabytes: () => peakMegabytes(child),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

/** As the image starts it, in the surroundings of a pod. */
function launch(options: OperatorOptions): ChildProcess {
  const log = openSync(options.logFile, 'w')
  return spawn(
    process.execPath,
    [
      ...options.nodeOptions,
      options.bundle,
      `--service-account-directory=${options.pod.directory}`,
      `--metrics-address=127.0.0.1:${options.ports.metrics}`,
      `--http01-address=127.0.0.1:${options.ports.http01}`,
      options.leaseNamespace === undefined
        ? '--leader-election=false'
        : `--leader-election-namespace=${options.leaseNamespace}`,
      '--address-guard=false',
      ...(options.flags ?? []),
    ],
    {
      stdio: ['ignore', log, log],
      env: {
        ...operatorLaunch.environment,
        KUBERNETES_SERVICE_HOST: options.pod.host,
        KUBERNETES_SERVICE_PORT: options.pod.port,
      },
    },
  )
}

async function readMetric(port: number, name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const reply = await request(`http://127.0.0.1:${port}/metrics`)
  return sumOf(await reply.body.text(), name, labels)
}

function cpuSeconds({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function peakMegabytes({ pid }: ChildProcess): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? Number.NaN) / 1024
}
