/** The operator as a user runs it: one process of its own, told everything by flags. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, startProcess } from './process.ts'
import type { RunningProcess } from './process.ts'
import { programOf } from './program.ts'
import { scratchDirectory } from './scratch.ts'

export interface OperatorOptions {
  readonly kubeconfig: string
  /** Name of the replica; the process id tells replicas apart when it is left out. */
  readonly identity?: string
  /** Further flags, which win over those of every test. */
  readonly flags?: readonly string[]
  /** Where it logs, behind what is there already; a file that goes with it when left out. */
  readonly logFile?: string
  /** Further environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Options of Node. */
  readonly nodeOptions?: readonly string[]
  /** What Node runs: this version, when left out. */
  readonly program?: readonly string[]
  /** Milliseconds until its caches are filled; what every process gets when left out. */
  readonly readyWithin?: number
}

export type Labels = Readonly<Record<string, string>>

export interface RunningOperator {
  readonly pid: number
  readonly exited: RunningProcess['exited']
  /** Everything that was logged, one JSON object a line. */
  log(): string
  /** Everything that it measures, in the text format of Prometheus. */
  metrics(): Promise<string>
  /** The sum over all series of a metric that have these labels; 0 where there is none. */
  metric(name: string, labels?: Labels): Promise<number>
  /** Requests to the API server that changed something, Leases and Events aside. */
  writes(): Promise<number>
  /** SIGKILL: nothing is finished, nothing is handed over. */
  kill(): Promise<void>
  /** SIGTERM, as Kubernetes ends a pod. */
  stop(): Promise<void>
}

const changing = ['create', 'update', 'patch', 'apply', 'delete'] as const

/** Starts it and waits until its caches are filled. Without a Lease, unless the flags ask for one. */
export async function startOperator(options: OperatorOptions): Promise<RunningOperator> {
  const { kubeconfig, identity, flags = [], nodeOptions = [] } = options
  const scratch = scratchDirectory('operator')
  const logFile = options.logFile ?? join(scratch.path, 'operator.log')
  const [metricsPort = 0] = await freePorts(1)
  const metrics = `http://127.0.0.1:${metricsPort}`
  const running = await startProcess({
    name: 'operator',
    command: process.execPath,
    args: [
      ...nodeOptions,
      ...(options.program ?? programOf('dist/perennial.mjs', 'src/main.ts')),
      `--kubeconfig=${kubeconfig}`,
      `--metrics-address=127.0.0.1:${metricsPort}`,
      '--http01-address=off',
      '--leader-election=false',
      ...(identity === undefined ? [] : [`--identity=${identity}`]),
      ...flags,
    ],
    // What the person's own shell sets must not change what is tested.
    env: { ...Object.fromEntries(Object.keys(process.env).filter(isOurs).map(nothing)), ...options.env },
    logFile,
    leftovers: [scratch.path],
    isReady: async () => (await fetch(`${metrics}/readyz`)).ok,
    ...(options.readyWithin === undefined ? {} : { readyWithin: options.readyWithin }),
  })
  const measured = async (): Promise<string> => (await fetch(`${metrics}/metrics`)).text()
  const metric = async (name: string, labels: Labels = {}): Promise<number> => sumOf(await measured(), name, labels)
  const end = async (): Promise<void> => {
    await running.stop()
    scratch.remove()
  }
  return {
    pid: running.pid,
    exited: running.exited,
    log: () => readFileSync(logFile, 'utf8'),
    metrics: measured,
    metric,
    writes: () => writesIn(metric),
    kill: async () => {
      running.signal('SIGKILL')
      await end()
    },
    stop: end,
  }
}

const nothing = (variable: string): [string, undefined] => [variable, undefined]

const isOurs = (variable: string): boolean => variable.startsWith('PERENNIAL_') || variable.startsWith('POD_')

async function writesIn(metric: RunningOperator['metric']): Promise<number> {
  let sum = 0
  for (const verb of changing) {
    sum += await metric('perennial_api_requests_total', { verb })
    for (const resource of ['leases', 'events']) sum -= await metric('perennial_api_requests_total', { verb, resource })
  }
  return sum
}

/** Sums series in the Prometheus text format. */
function sumOf(text: string, name: string, labels: Labels): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((pair) => line.includes(pair)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
