/** Counts what an operator makes of certificates that wait. */
import { follow } from './api.ts'
import type { Api } from './api.ts'
import { line } from './lines.ts'
import * as objects from './objects.ts'
import type { RunningOperator } from './operator.ts'

/** Until the last certificate is Ready. */
export interface Issued {
  readonly seconds: number
  /** Seconds of CPU. */
  readonly cpu: number
  readonly conflicts: number
  /** MB. */
  readonly peak: number
}

/** Until its Event is written, too. */
export interface Measured extends Issued {
  readonly requests: number
  readonly events: number
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

export async function until(what: string, isTrue: () => Promise<boolean>, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (performance.now() < deadline) {
    if (await isTrue().catch(() => false)) return
    await pause(250)
  }
  throw new Error(`${what} did not come true within ${seconds} s`)
}

/** Waits until so many certificates are Ready. It watches them as anyone would: reading metrics costs the operator. */
export async function untilReady(api: Api, total: number): Promise<void> {
  const ready = new Set<string>()
  for await (const object of follow(api, objects.certificatesPath)) {
    const seen = object as objects.Seen
    if (objects.isReady(seen)) ready.add(seen.metadata.name)
    if (ready.size === total) return
  }
}

export interface Waiting {
  readonly api: Api
  /** How many there are beside `before` that are Ready already. */
  readonly total: number
  readonly before: number
}

/** An operator was started on Certificates that wait: until all are Ready. */
export async function issue(operator: RunningOperator, { total, before, api }: Waiting): Promise<Issued> {
  await Promise.race([untilReady(api, before + total), operator.crashed])
  return {
    seconds: (performance.now() - operator.startedAt) / 1000,
    cpu: operator.cpuSeconds(),
    conflicts: await operator.metric('perennial_api_requests_total', { status: '409' }),
    peak: operator.peakMegabytes(),
  }
}

/** The same, until everything is written. Events of good news come behind the work, 25 a second: too slow to wait for very many. */
export async function measure(operator: RunningOperator, waiting: Waiting): Promise<Measured> {
  const { api, total, before } = waiting
  await Promise.race([untilReady(api, before + total), operator.crashed])
  const seconds = (performance.now() - operator.startedAt) / 1000
  // Wait until the last one is out before counting. Asked of the API server, for reading metrics costs the operator.
  await until('events written', async () => (await eventsOf(api)) >= total, 120)
  return {
    seconds,
    cpu: operator.cpuSeconds(),
    requests: await requestCount(operator),
    events: await eventCount(operator),
    conflicts: await operator.metric('perennial_api_requests_total', { status: '409' }),
    peak: operator.peakMegabytes(),
  }
}

async function eventsOf(api: Api): Promise<number> {
  const list = (await api.call('GET', `${objects.paths.events}?limit=1`)) as {
    readonly items: readonly unknown[]
    readonly metadata: { readonly remainingItemCount?: number }
  }
  return list.items.length + (list.metadata.remainingItemCount ?? 0)
}

const eventCount = (operator: RunningOperator): Promise<number> =>
  operator.metric('perennial_api_requests_total', { resource: 'events' })

/** Everything but the lists and watches that fill the caches: those cost the same for one certificate as for all. */
export async function requestCount(operator: RunningOperator): Promise<number> {
  const all = await operator.metric('perennial_api_requests_total')
  const lists = await operator.metric('perennial_api_requests_total', { verb: 'list' })
  const watches = await operator.metric('perennial_api_requests_total', { verb: 'watch' })
  return all - lists - watches
}

export interface Report {
  readonly total: number
  readonly measured: Measured
  /** Creates a second of the API server. */
  readonly rate: number
  /** API requests of the issuer alone, which are not those of its certificates. */
  readonly idle: number
}

export function report(name: string, { total, measured, rate, idle }: Report): void {
  const { seconds, requests, events, conflicts, cpu, peak } = measured
  const perSecond = total / seconds
  line(`${name}: certificates`, `${total} Ready ${seconds.toFixed(1)} s after the operator was started`)
  line(`${name}: certificates/s`, `${perSecond.toFixed(1)} (${(perSecond / rate).toFixed(3)} of the create rate)`)
  const each = ((requests - idle) / total).toFixed(2)
  line(`${name}: API requests per certificate`, `${each} (Events: ${(events / total).toFixed(2)})`)
  line(`${name}: conflicts`, String(conflicts))
  line(
    `${name}: operator CPU per certificate`,
    `${((cpu / total) * 1000).toFixed(1)} ms, its start and its keys included`,
  )
  line(`${name}: peak RSS`, `${peak.toFixed(0)} MB`)
}
