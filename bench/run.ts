/**
 * The benchmark of the operator: what the API server can do by itself, and what the operator makes of it with each protocol. Each
 * has an API server to itself. The CAs are processes of their own.
 */
import { inParallel } from './api.ts'
import { cases } from './cases.ts'
import type { Started } from './cases.ts'
import { measure, report, requestCount, until, untilReady } from './measure.ts'
import * as objects from './objects.ts'
import type { RunningOperator } from './operator.ts'
import type { BenchOptions, BenchProtocol } from './options.ts'
import { introduce, onStage, ports } from './stage.ts'
import type { Stage } from './stage.ts'

interface Scene extends Pick<Stage, 'api' | 'rate'> {
  readonly started: Started
  readonly protocol: BenchProtocol
  readonly run: (logName: string) => RunningOperator
}

/** Certificates that must be Ready before the issuer can be: the CA's own. */
const waitedFor = ({ before }: Started): number => before.filter(({ path }) => path === 'certificates').length

/** What the issuer itself takes, account and all, when no Certificate waits for it. */
async function idleRequests({ api, started, protocol, run }: Scene): Promise<number> {
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
async function prepare({ api, started, run }: Scene): Promise<void> {
  for (const { path, object } of started.before) await api.call('POST', objects.paths[path], object)
  const total = waitedFor(started)
  if (total === 0) return
  const operator = run('prepare')
  await Promise.race([untilReady(api, total), operator.crashed])
  await operator.stop()
}

async function measureScene(scene: Scene, total: number): Promise<void> {
  const { api, started, protocol, run, rate } = scene
  await prepare(scene)
  const idle = await idleRequests(scene)
  await api.call('POST', objects.paths.issuers, started.issuer)
  await inParallel(total, 32, async (i) => {
    await api.call('POST', objects.paths.certificates, objects.leaf(protocol, i, started.privateKey))
  })
  const operator = run('measured')
  const measured = await measure(operator, { api, total, before: waitedFor(started) })
  await operator.stop()
  report(cases[protocol].title, { total, measured, rate, idle })
}

export async function measureOperator(options: BenchOptions): Promise<void> {
  introduce()
  for (const protocol of options.protocols) await measureProtocol(options, protocol)
}

/** Certificates of one protocol that wait, and an operator that is started on them. */
export const measureProtocol = (options: BenchOptions, protocol: BenchProtocol): Promise<void> =>
  onStage(protocol, options, async ({ api, rate, run }) => {
    const started = await cases[protocol].start(ports)
    try {
      const scene: Scene = { api, rate, started, protocol, run: (name) => run(name, { flags: started.flags }) }
      await measureScene(scene, options.countOf(protocol))
    } finally {
      await started.stop()
    }
  })
