/** An API server of its own for a benchmark, and the built operator beside it. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startControlPlane } from '../test/support/controlplane.ts'
import type { ControlPlane } from '../test/support/controlplane.ts'
import { freePorts } from '../test/support/process.ts'
import { connect, inParallel } from './api.ts'
import type { Api } from './api.ts'
import { line } from './lines.ts'
import * as objects from './objects.ts'
import { startOperator } from './operator.ts'
import type { OperatorOptions, Ports, RunningOperator } from './operator.ts'
import type { BenchOptions } from './options.ts'

export async function newPorts(): Promise<Ports> {
  const [metrics = 0, http01 = 0] = await freePorts(2)
  return { metrics, http01 }
}

/** Of operators that run one after another. */
export const ports = await newPorts()
const logs = mkdtempSync(join(tmpdir(), 'perennial-bench-'))

export interface StartOptions extends Pick<OperatorOptions, 'leaseNamespace'> {
  /** Beside those of the command line. */
  readonly flags?: readonly string[]
  /** Of its own, for one that runs beside another. */
  readonly ports?: Ports
}

export interface Stage {
  readonly api: Api
  /** Creates a second of the API server, objects of 1 KB over 32 connections. */
  readonly rate: number
  /**
   * Starts an operator, which acts alone unless it is told otherwise.
   *
   * @param logName - its log is called so
   */
  readonly run: (logName: string, options?: StartOptions) => RunningOperator
}

/** What Kubernetes mounts into a pod, for an operator that runs beside the benchmark. */
function podOf(name: string, { url, token, ca }: ControlPlane): OperatorOptions['pod'] {
  const directory = join(logs, `${name}-serviceaccount`)
  mkdirSync(directory)
  writeFileSync(join(directory, 'token'), token, { mode: 0o600 })
  writeFileSync(join(directory, 'ca.crt'), ca)
  const { hostname, port } = new URL(url)
  return { host: hostname, port, directory }
}

/** Creates a second of 1 KB objects over 32 connections. */
async function createRate(api: Api): Promise<number> {
  const fillers = 2000
  const began = performance.now()
  await inParallel(fillers, 32, async (i) => {
    await api.call('POST', `/api/v1/namespaces/${objects.namespace}/configmaps`, objects.filler(i))
  })
  return fillers / ((performance.now() - began) / 1000)
}

let known: number | undefined

/**
 * Runs `work` on a fresh API server that has our kinds and a namespace. The create rate is measured on the first of a run.
 *
 * @param name - of the folder that holds the logs
 */
export async function onStage(
  name: string,
  { bundle, nodeOptions, flags: common }: BenchOptions,
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  const plane = await startControlPlane()
  const api = connect(plane)
  const running: RunningOperator[] = []
  try {
    await plane.kubectl(['apply', '--server-side', '-f', 'crds/'])
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', 'crds/'])
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: objects.namespace } })
    if (known === undefined) {
      known = await createRate(api)
      line('API server: creates/s (32 connections, 1 KB)', known.toFixed(0))
    }
    const fixed = { pod: podOf(name, plane), ports, bundle, nodeOptions }
    const run = (logName: string, { flags = [], ...own }: StartOptions = {}): RunningOperator => {
      const logFile = join(logs, `${name}-${logName}.log`)
      const operator = startOperator({ ...fixed, ...own, flags: [...flags, ...common], logFile })
      running.push(operator)
      return operator
    }
    await work({ api, rate: known, run })
  } finally {
    await Promise.all(running.map((operator) => operator.stop()))
    await api.close()
    await plane.stop()
  }
}

export function introduce(): void {
  line('machine', `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`)
  line('logs of the operator', logs)
}
