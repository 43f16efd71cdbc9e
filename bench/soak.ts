/** Certificates of five minutes, renewed for hours: what the operator holds on to, and whether anything expires meanwhile. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from './api.ts'
import { inParallel } from './api.ts'
import { applyCa } from './bars/leaves.ts'
import { line } from './lines.ts'
import * as objects from './objects.ts'
import type { RunningOperator } from './operator.ts'
import type { BenchOptions } from './options.ts'
import { plot } from './plot.ts'
import { introduce, onStage } from './stage.ts'

const certificates = 2000
const life = '5m'
/** Seconds between two samples. */
const interval = 30
/** Minutes before the slope of the memory counts: caches fill, code is compiled. */
const warmUp = 20
const picture = 'docs/soak.svg'

interface Sample {
  readonly minutes: number
  readonly megabytes: number
  /** Open files, sockets among them. */
  readonly files: number
  readonly renewals: number
  /** Certificates that are past their end, by their status. */
  readonly expired: number
}

/** @param minutes - for how long */
export async function soak(options: BenchOptions, minutes: number): Promise<void> {
  introduce()
  await onStage('soak', options, async ({ api, run }) => {
    await applyCa(api)
    const operator = run('soak')
    await inParallel(certificates, 32, async (i) => {
      const leaf = objects.leaf('ca', i, { algorithm: 'ECDSA' }) as { readonly spec: object }
      await api.call('POST', objects.paths.certificates, { ...leaf, spec: { ...leaf.spec, duration: life } })
    })
    const samples = await sampled({ api, operator }, minutes)
    report(samples)
    writeFileSync(picture, plotted(samples))
    line('plot', picture)
  })
}

interface World {
  readonly api: Api
  readonly operator: RunningOperator
}

async function sampled(world: World, minutes: number): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const began = performance.now()
  for (let passed = 0; passed < minutes;) {
    await Promise.race([sleep(interval * 1000), world.operator.crashed])
    passed = (performance.now() - began) / 60_000
    const look = await looked(world.api).catch(String)
    if (typeof look === 'string') {
      console.log(`${passed.toFixed(1).padStart(6)} min  not seen: ${look}`)
      continue
    }
    const sample = { minutes: passed, ...held(world.operator.pid), ...look }
    samples.push(sample)
    const { megabytes, files, renewals, expired } = sample
    const counts = `${files} open files, ${renewals} renewals, ${expired} expired`
    console.log(`${passed.toFixed(1).padStart(6)} min  ${megabytes.toFixed(1)} MB, ${counts}`)
  }
  return samples
}

function held(pid: number): Pick<Sample, 'megabytes' | 'files'> {
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return { megabytes: Number(resident?.[1] ?? Number.NaN) / 1024, files: readdirSync(`/proc/${pid}/fd`).length }
}

/** Asked of the API server alone. */
async function looked(api: Api): Promise<Pick<Sample, 'renewals' | 'expired'>> {
  const { items } = (await api.call('GET', objects.paths.certificates)) as { readonly items: readonly objects.Seen[] }
  const now = Date.now()
  const leaves = items.filter(({ metadata }) => metadata.name.startsWith('ca-') && metadata.name !== 'ca-root')
  const ends = leaves.map(({ status }) => Date.parse(status?.notAfter ?? ''))
  return {
    renewals: leaves.reduce((sum, { status }) => sum + Math.max(0, (status?.revision ?? 0) - 1), 0),
    expired: ends.filter((end) => end <= now).length,
  }
}

function report(samples: readonly Sample[]): void {
  const last = samples.at(-1)
  const settled = samples.filter(({ minutes }) => minutes >= warmUp)
  line('certificates, life of each', `${certificates}, ${life}`)
  line('minutes; renewals', `${last?.minutes.toFixed(0)}; ${last?.renewals}`)
  line('most that were past their end in any look', String(Math.max(...samples.map(({ expired }) => expired))))
  line(
    `RSS after ${warmUp} min, at the end`,
    `${settled[0]?.megabytes.toFixed(1)} MB, ${last?.megabytes.toFixed(1)} MB`,
  )
  line('slope of RSS', `${(slope(settled) * 60).toFixed(2)} MB/h (bar: 1)`)
  const files = settled.map((sample) => sample.files)
  line('open files, fewest and most', `${Math.min(...files)}, ${Math.max(...files)}`)
}

/** Least squares. @returns MB in a minute */
function slope(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length
  const x = mean(samples.map(({ minutes }) => minutes))
  const y = mean(samples.map(({ megabytes }) => megabytes))
  const above = samples.reduce((sum, one) => sum + (one.minutes - x) * (one.megabytes - y), 0)
  return above / samples.reduce((sum, one) => sum + (one.minutes - x) ** 2, 0)
}

const plotted = (samples: readonly Sample[]): string =>
  plot({
    title: `${certificates} certificates of ${life}: memory and open files of the operator`,
    x: { label: 'minutes', values: samples.map(({ minutes }) => minutes) },
    lines: [
      { label: 'resident memory, MB', values: samples.map(({ megabytes }) => megabytes) },
      { label: 'open files', values: samples.map(({ files }) => files) },
    ],
  })
