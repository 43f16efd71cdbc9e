/**
 * The benchmark: prints, in one run, what the API server can do by itself and what the operator makes of it. Figures that
 * matter are ratios; absolute ones belong to the machine.
 *
 *   npm run bench                  1000 certificates of a CA issuer, 200 by ACME
 *   npm run bench -- --count 5000  as many
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir, cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { operatorLaunch } from '../scripts/launch.ts'
import { startControlPlane } from '../test/support/controlplane.ts'
import { startPebble } from '../test/support/pebble.ts'
import { connect, inParallel } from './api.ts'
import type { Api } from './api.ts'
import * as objects from './objects.ts'
import { startOperator } from './operator.ts'
import type { OperatorOptions, RunningOperator } from './operator.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    acme: { type: 'string', default: '200' },
    flags: { type: 'string', default: '' },
    bundle: { type: 'string', default: 'dist/perennial.mjs' },
    node: { type: 'string', default: operatorLaunch.nodeOptions.join(' ') },
  },
})
const count = Number(values.count)
const acmeCount = Number(values.acme)
const words = (text: string): readonly string[] => text.split(' ').filter(Boolean)
const program = { bundle: values.bundle, nodeOptions: words(values.node) }
const ports = { metrics: 19402, http01: 15002 }
const logs = mkdtempSync(join(tmpdir(), 'perennial-bench-'))

type Pod = OperatorOptions['pod']

/** What Kubernetes mounts into a pod, for an operator that runs beside the benchmark. */
function podOf({ url, token, ca }: { url: string; token: string; ca: string }): Pod {
  const directory = join(logs, 'serviceaccount')
  mkdirSync(directory)
  writeFileSync(join(directory, 'token'), token, { mode: 0o600 })
  writeFileSync(join(directory, 'ca.crt'), ca)
  const { hostname, port } = new URL(url)
  return { host: hostname, port, directory }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
const line = (name: string, value: string): void => console.log(`${name.padEnd(44)} ${value}`)

async function until(what: string, isTrue: () => Promise<boolean>, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (performance.now() < deadline) {
    if (await isTrue().catch(() => false)) return
    await pause(250)
  }
  throw new Error(`${what} did not come true within ${seconds} s; the operator's log is in ${logs}`)
}

/** Creates a second of 1 KB objects over 32 connections. */
async function createRate(api: Api): Promise<number> {
  const fillers = 2000
  const started = performance.now()
  await inParallel(fillers, 32, async (i) => {
    await api.call('POST', `/api/v1/namespaces/${objects.namespace}/configmaps`, objects.filler(i))
  })
  return fillers / ((performance.now() - started) / 1000)
}

/** Waits until so many certificates are Ready. It watches them as anyone would: reading metrics costs the operator. */
async function untilReady(api: Api, total: number): Promise<void> {
  const ready = new Set<string>()
  for await (const object of api.watch(objects.certificatesPath)) {
    const { metadata, status } = object as objects.SeenCertificate
    if (status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'))
      ready.add(metadata.name)
    if (ready.size === total) return
  }
  throw new Error(`the watch ended when ${ready.size} of ${total} certificates were Ready`)
}

interface Measured {
  readonly seconds: number
  readonly cpu: number
  readonly requests: number
  readonly events: number
  readonly conflicts: number
}

/** Starts the operator on `certificates` that wait, and measures until all are Ready. */
async function measure(
  operator: RunningOperator,
  { api, total, before }: { api: Api; total: number; before: number },
): Promise<Measured> {
  await Promise.race([untilReady(api, before + total), operator.crashed])
  const seconds = (performance.now() - operator.startedAt) / 1000
  // Events are written behind the work; wait until the last one is out before counting.
  await until('events written', async () => (await eventCount(operator)) >= total, 60)
  return {
    seconds,
    cpu: operator.cpuSeconds(),
    requests: await requestCount(operator),
    events: await eventCount(operator),
    conflicts: await operator.metric('perennial_api_requests_total', { status: '409' }),
  }
}

const eventCount = (operator: RunningOperator): Promise<number> =>
  operator.metric('perennial_api_requests_total', { resource: 'events' })

/** Everything but the lists and watches that fill the caches: those cost the same for one certificate as for all. */
async function requestCount(operator: RunningOperator): Promise<number> {
  const all = await operator.metric('perennial_api_requests_total')
  const lists = await operator.metric('perennial_api_requests_total', { verb: 'list' })
  const watches = await operator.metric('perennial_api_requests_total', { verb: 'watch' })
  return all - lists - watches
}

function report(
  name: string,
  total: number,
  { measured, rate, peak, idle = 0 }: { measured: Measured; rate: number; peak: number; idle?: number },
): void {
  const perSecond = total / measured.seconds
  line(`${name}: certificates`, `${total} Ready ${measured.seconds.toFixed(1)} s after the operator was started`)
  line(`${name}: certificates/s`, `${perSecond.toFixed(1)} (${(perSecond / rate).toFixed(3)} of the create rate)`)
  line(
    `${name}: API requests per certificate`,
    `${((measured.requests - idle) / total).toFixed(2)} (Events: ${(measured.events / total).toFixed(2)})`,
  )
  line(`${name}: conflicts`, String(measured.conflicts))
  line(`${name}: operator CPU per certificate`, `${((measured.cpu / total) * 1000).toFixed(1)} ms`)
  line(`${name}: peak RSS`, `${peak.toFixed(0)} MB`)
}

async function caCase(api: Api, pod: Pod, rate: number): Promise<void> {
  await api.call('POST', objects.issuersPath, objects.selfSignedIssuer)
  await api.call('POST', objects.certificatesPath, objects.caCertificate)
  await api.call('POST', objects.issuersPath, objects.caIssuer)
  const options = {
    pod,
    metricsPort: ports.metrics,
    http01Port: ports.http01,
    ...program,
    flags: words(values.flags),
  }
  const first = startOperator({ ...options, logFile: join(logs, 'prepare.log') })
  await Promise.race([untilReady(api, 1), first.crashed])
  await first.stop()
  await inParallel(count, 32, async (i) => {
    await api.call('POST', objects.certificatesPath, objects.leaf('ca', i))
  })
  const operator = startOperator({ ...options, logFile: join(logs, 'ca.log') })
  const measured = await measure(operator, { api, total: count, before: 1 })
  report('CA issuer', count, { measured, rate, peak: operator.peakMegabytes() })
  await operator.stop()
}

/** What the issuer itself takes, account and all, when no Certificate waits for it. */
async function idleRequests(api: Api, issuer: object, options: Omit<OperatorOptions, 'logFile'>): Promise<number> {
  await api.call('POST', objects.issuersPath, issuer)
  const operator = startOperator({ ...options, logFile: join(logs, 'idle.log') })
  await until('the issuer Ready', () => isReady(api, objects.acmeIssuerPath), 30)
  const requests = await requestCount(operator)
  await operator.stop()
  await api.call('DELETE', objects.acmeIssuerPath)
  await api.call('DELETE', objects.acmeAccountPath)
  return requests
}

async function isReady(api: Api, path: string): Promise<boolean> {
  const { status } = (await api.call('GET', path)) as Pick<objects.SeenCertificate, 'status'>
  return status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false
}

async function acmeCase(api: Api, pod: Pod, { rate, before }: { rate: number; before: number }): Promise<void> {
  if (acmeCount === 0) return
  const pebble = await startPebble({ httpPort: ports.http01, nonceReject: 0, env: { PEBBLE_VA_NOSLEEP: '1' } })
  try {
    const options = {
      pod,
      metricsPort: ports.metrics,
      http01Port: ports.http01,
      ...program,
      flags: ['--http01-self-check=false', ...words(values.flags)],
    }
    const issuer = objects.acmeIssuer(pebble.directoryUrl, pebble.caBundle)
    const idle = await idleRequests(api, issuer, options)
    await api.call('POST', objects.issuersPath, issuer)
    await inParallel(acmeCount, 32, async (i) => {
      await api.call('POST', objects.certificatesPath, objects.leaf('acme', i))
    })
    const operator = startOperator({ ...options, logFile: join(logs, 'acme.log') })
    const measured = await measure(operator, { api, total: acmeCount, before })
    report('ACME (Pebble, HTTP-01)', acmeCount, { measured, rate, idle, peak: operator.peakMegabytes() })
    await operator.stop()
  } finally {
    await pebble.stop()
  }
}

async function main(): Promise<void> {
  line('machine', `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`)
  const plane = await startControlPlane()
  const api = connect(plane)
  try {
    await plane.kubectl(['apply', '--server-side', '-f', 'crds/'])
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: objects.namespace } })
    const rate = await createRate(api)
    line('API server: creates/s (32 connections, 1 KB)', rate.toFixed(0))
    const pod = podOf(plane)
    await caCase(api, pod, rate)
    await acmeCase(api, pod, { rate, before: count + 1 })
  } finally {
    await api.close()
    await plane.stop()
  }
}

await main()
