/**
 * Three replicas that share ten thousand certificates, beside one that does them all: what sharing gains on this machine, what it
 * costs, and what becomes of the work of a replica that is killed.
 */
import type { Api } from './api.ts'
import { createLeaves, prepareCa } from './bars/leaves.ts'
import { sumOf } from './exposition.ts'
import { line } from './lines.ts'
import { untilReady } from './measure.ts'
import * as objects from './objects.ts'
import type { BenchOptions } from './options.ts'
import { anyCrashed, holdersOf, spread, startSharing, untilSpread } from './replicas.ts'
import type { Replica } from './replicas.ts'
import { introduce, onStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { takeOver } from './takeover.ts'
import type { Takeover } from './takeover.ts'
import { witness } from './witness.ts'
import type { Witnessed } from './witness.ts'

const names = ['one', 'two', 'three'] as const
/** Certificates that are made while one is killed. */
const lot = 1000
/** Seconds. */
const bar = 30

export async function measureScale(options: BenchOptions, count: number): Promise<void> {
  introduce()
  const shared = await measureShared(options, count)
  const alone = await measureAlone(options, count)
  line('three replicas: time, of what one takes', `${(shared / alone).toFixed(2)}x`)
}

/** Certificates wait, and what begins now is counted. */
async function prepare(stage: Stage, count: number): Promise<ServerCounts> {
  await prepareCa(stage)
  await createLeaves(stage.api, { count })
  return countsOf(stage.api)
}

/** @returns seconds that three replicas take which are started at the same moment */
async function measureShared(options: BenchOptions, count: number): Promise<number> {
  let seconds = Number.NaN
  await onStage('three', options, async (stage) => {
    const { api } = stage
    const idle = await prepare(stage, count)
    const endWitness = witness(api)
    const began = performance.now()
    const replicas = await startSharing(stage, names)
    const isSpread = untilSpread(api, replicas)
    // Whoever waits for it hears of it.
    isSpread.catch(() => undefined)
    await Promise.race([untilReady(api, count + 1), anyCrashed(replicas)])
    seconds = (performance.now() - began) / 1000
    reportIssued('three replicas', { stage, count, seconds })
    line('three replicas: shares even after', `${(((await isSpread) - began) / 1000).toFixed(1)} s`)
    await reportReplicas(api, replicas)
    const issued = await reportServer('three replicas', api, idle)
    await measureTakeover(api, replicas, count)
    await reportServer('killed', api, issued)
    for (const { operator } of replicas) await operator.stop()
    await reportTwice(api, { expected: count + lot + 1, seen: await endWitness() })
  })
  return seconds
}

async function measureTakeover(api: Api, replicas: readonly Replica[], from: number): Promise<void> {
  const [victim, ...others] = replicas
  if (victim === undefined) throw new Error('there are too few replicas')
  const seen = await takeOver({ api, victim, others, from, count: lot })
  reportTakeover(victim, seen)
}

/** @returns seconds that one replica takes which elects itself */
async function measureAlone(options: BenchOptions, count: number): Promise<number> {
  let seconds = Number.NaN
  await onStage('one', options, async (stage) => {
    const { api } = stage
    const idle = await prepare(stage, count)
    const endWitness = witness(api)
    const operator = stage.run('one', { leaseNamespace: objects.namespace })
    await Promise.race([untilReady(api, count + 1), operator.crashed])
    seconds = (performance.now() - operator.startedAt) / 1000
    reportIssued('one replica', { stage, count, seconds })
    await reportReplicas(api, [{ name: 'alone', operator }])
    await reportServer('one replica', api, idle)
    await operator.stop()
    await endWitness()
  })
  return seconds
}

interface IssuedAll {
  readonly stage: Stage
  readonly count: number
  readonly seconds: number
}

function reportIssued(who: string, { stage: { rate }, count, seconds }: IssuedAll): void {
  line(`${who}: certificates`, `${count} Ready ${seconds.toFixed(1)} s after the start`)
  const perSecond = count / seconds
  line(`${who}: certificates/s`, `${perSecond.toFixed(1)} (${(perSecond / rate).toFixed(3)} of the create rate)`)
}

/** What each of them did until now, and what it took. */
async function reportReplicas(api: Api, replicas: readonly Replica[]): Promise<void> {
  const shares = spread(await holdersOf(api), replicas)
  for (const [i, { name, operator }] of replicas.entries()) {
    const [cpu, peak] = [operator.cpuSeconds(), operator.peakMegabytes()]
    const issued = await operator.metric('perennial_issuance_outcomes_total', { outcome: 'issued' })
    const took = `${cpu.toFixed(1)} s CPU, ${peak.toFixed(0)} MB peak`
    line(`replica ${name}: ranges; issued; CPU; peak RSS`, `${shares[i] ?? 0} ranges, ${issued} issued, ${took}`)
  }
}

interface ServerCounts {
  /** Writes refused with 409, those of Leases apart. */
  readonly refused: number
  readonly refusedLeases: number
  /** Seconds of CPU. */
  readonly cpu: number
}

/** By the API server's own count, so that those of a replica that is dead are among them. */
async function countsOf(api: Api): Promise<ServerCounts> {
  const text = await api.text('/metrics')
  const refused = (labels: Readonly<Record<string, string>>): number =>
    sumOf(text, 'apiserver_request_total', { code: '409', ...labels })
  const refusedLeases = refused({ resource: 'leases' })
  return { refused: refused({}) - refusedLeases, refusedLeases, cpu: sumOf(text, 'process_cpu_seconds_total') }
}

/** @returns what is counted by now, to go on from */
async function reportServer(who: string, api: Api, before: ServerCounts): Promise<ServerCounts> {
  const now = await countsOf(api)
  const leases = now.refusedLeases - before.refusedLeases
  line(`${who}: writes refused with 409`, `${now.refused - before.refused}, and ${leases} of Leases`)
  line(`${who}: CPU of the API server`, `${(now.cpu - before.cpu).toFixed(0)} s`)
  return now
}

function reportTakeover({ name }: Replica, seen: Takeover): void {
  const { waiting, orphaned, ranges, held, working, done } = seen
  line(
    `killed: ${name}, which held ${ranges} ranges`,
    `${waiting} of ${lot} were waiting, ${orphaned} of them in its ranges`,
  )
  line(
    'killed: all its ranges held by others after',
    `${held.toFixed(1)} s (bar: ${bar} s), ${seen.spread.join(' and ')}`,
  )
  line('killed: certificates issued in each of them after', `${working.toFixed(1)} s (bar: ${bar} s)`)
  line('killed: all Ready after', `${done.toFixed(1)} s`)
}

interface Account {
  /** How many Certificates there are, the CA's own among them. */
  readonly expected: number
  readonly seen: Witnessed
}

async function reportTwice(api: Api, { expected, seen }: Account): Promise<void> {
  const { items } = (await api.call('GET', objects.certificatesPath)) as { readonly items: readonly objects.Seen[] }
  const again = items.filter(({ status }) => status?.revision !== 1).length
  line('twice: Certificates; of a revision other than 1', `${items.length} of ${expected}; ${again}`)
  const { secrets, changed, serials } = seen
  line('twice: Secrets; that ever held two; serial numbers', `${secrets}; ${changed}; ${serials}`)
}
