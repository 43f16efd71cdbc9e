/**
 * The benchmark of the operator: what the API server can do by itself, and what the operator makes of it with each protocol. Each
 * has an API server to itself. The CAs are processes of their own.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startControlPlane } from '../test/support/controlplane.ts'
import type { ControlPlane } from '../test/support/controlplane.ts'
import { connect, inParallel } from './api.ts'
import type { Api } from './api.ts'
import { cases } from './cases.ts'
import type { Started } from './cases.ts'
import { line } from './lines.ts'
import { measure, report, requestCount, until, untilReady } from './measure.ts'
import * as objects from './objects.ts'
import { startOperator } from './operator.ts'
import type { OperatorOptions, RunningOperator } from './operator.ts'
import type { BenchOptions, BenchProtocol } from './options.ts'

const ports = { metrics: 19402, http01: 15002 }
const logs = mkdtempSync(join(tmpdir(), 'perennial-bench-'))

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

interface Stage {
  readonly api: Api
  readonly started: Started
  readonly protocol: BenchProtocol
  readonly run: (logName: string) => RunningOperator
}

/** Certificates that must be Ready before the issuer can be: the CA's own. */
const waitedFor = ({ before }: Started): number => before.filter(({ path }) => path === 'certificates').length

/** What the issuer itself takes, account and all, when no Certificate waits for it. */
async function idleRequests({ api, started, protocol, run }: Stage): Promise<number> {
  const path = `${objects.paths.issuers}/${protocol}`
  await api.call('POST', objects.paths.issuers, started.issuer)
  const operator = run('idle')
  const isReady = async (): Promise<boolean> => objects.isReady((await api.call('GET', path)) as objects.Seen)
  await Promise.race([until('the issuer Ready', isReady, 30), operator.crashed])
  const requests = await requestCount(operator)
  await operator.stop()
  await api.call('DELETE', path)
  for (const name of started.made) await api.call('DELETE', `${objects.paths.secrets}/${name}`)
  return requests
}

/** Everything that the issuer needs, up to the CA's own certificate. */
async function prepare({ api, started, run }: Stage): Promise<void> {
  for (const { path, object } of started.before) await api.call('POST', objects.paths[path], object)
  const total = waitedFor(started)
  if (total === 0) return
  const operator = run('prepare')
  await Promise.race([untilReady(api, total), operator.crashed])
  await operator.stop()
}

async function measureCase(stage: Stage, total: number, rate: number): Promise<void> {
  const { api, started, protocol, run } = stage
  await prepare(stage)
  const idle = await idleRequests(stage)
  await api.call('POST', objects.paths.issuers, started.issuer)
  await inParallel(total, 32, async (i) => {
    await api.call('POST', objects.paths.certificates, objects.leaf(protocol, i, started.privateKey))
  })
  const operator = run('measured')
  const measured = await measure(operator, { api, total, before: waitedFor(started) })
  await operator.stop()
  report(cases[protocol].title, { total, measured, rate, idle })
}

/** @returns the create rate, which is measured once */
async function onOwnPlane(options: BenchOptions, protocol: BenchProtocol, known: number | undefined): Promise<number> {
  const plane = await startControlPlane()
  const api = connect(plane)
  const started = await cases[protocol].start(ports)
  try {
    await plane.kubectl(['apply', '--server-side', '-f', 'crds/'])
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', 'crds/'])
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: objects.namespace } })
    const rate = known ?? (await createRate(api))
    if (known === undefined) line('API server: creates/s (32 connections, 1 KB)', rate.toFixed(0))
    const fixed = { pod: podOf(protocol, plane), metricsPort: ports.metrics, http01Port: ports.http01 }
    const { bundle, nodeOptions } = options
    const flags = [...started.flags, ...options.flags]
    const run = (name: string): RunningOperator =>
      startOperator({ ...fixed, bundle, nodeOptions, flags, logFile: join(logs, `${protocol}-${name}.log`) })
    await measureCase({ api, started, protocol, run }, options.countOf(protocol), rate)
    return rate
  } finally {
    await started.stop()
    await api.close()
    await plane.stop()
  }
}

export async function measureOperator(options: BenchOptions): Promise<void> {
  line('machine', `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`)
  line('logs of the operator', logs)
  let rate: number | undefined
  for (const protocol of options.protocols) rate = await onOwnPlane(options, protocol, rate)
}
