/** P11: Certificates of issuers that fail stand beside good ones. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import type { Api } from '../api.ts'
import { cases } from '../cases.ts'
import { until } from '../measure.ts'
import * as objects from '../objects.ts'
import type { BenchOptions } from '../options.ts'
import { onStage, ports } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { figure, times } from './figure.ts'
import { createLeaves, prepareCa, untilEach } from './leaves.ts'

const good = 100
/** Of each of two issuers. */
const failing = 250

export const failingIssuers = (options: BenchOptions): Promise<void> =>
  onStage('failing', options, async (stage) => {
    await prepareCa(stage)
    const alone = [await goodOnes(stage, 0), await goodOnes(stage, 1)]
    const stop = await breakIssuers(stage)
    const beside = [await goodOnes(stage, 2), await goodOnes(stage, 3)]
    await stop()
    const [before, after] = [Math.min(...alone), Math.min(...beside)]
    figure('P11', `${good} good ones beside ${failing * 2} of a CA that is gone and of one that hangs`, {
      is: `${after.toFixed(2)} s, alone ${before.toFixed(2)} s (${times(after / before)})`,
      bar: '1.1x',
    })
  })

/** @returns seconds from the start of an operator until `good` new ones are Ready */
async function goodOnes({ api, run }: Stage, round: number): Promise<number> {
  const from = round * good
  await createLeaves(api, { from, count: good })
  const names = new Set(Array.from({ length: good }, (_, i) => objects.nameOf('ca', from + i)))
  const operator = run(`good-${round}`)
  await untilEach({ api, operator }, good, (seen) => names.has(seen.metadata.name) && objects.isReady(seen))
  const seconds = (performance.now() - operator.startedAt) / 1000
  await operator.stop()
  return seconds
}

/** One issuer was Ready and its CA is gone, the other's takes connections and says nothing. */
async function breakIssuers({ api, run }: Stage): Promise<() => Promise<void>> {
  const gone = await cases.cmp.start(ports)
  for (const { path, object } of gone.before) await api.call('POST', objects.paths[path], object)
  await api.call('POST', objects.paths.issuers, gone.issuer)
  const operator = run('break', { flags: gone.flags })
  await Promise.race([until('the issuer Ready', () => isIssuerReady(api, 'cmp'), 60), operator.crashed])
  await operator.stop()
  await gone.stop()
  const silent = createServer((socket) => socket.on('error', () => undefined))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const est = { server: `https://127.0.0.1:${port}`, caFingerprint: '0'.repeat(64) }
  await api.call('POST', objects.paths.issuers, objects.issuer('est', { est }))
  for (const issuer of ['cmp', 'est']) await createLeaves(api, { issuer, count: failing })
  return async () => {
    silent.close()
    await Promise.resolve()
  }
}

const isIssuerReady = async (api: Api, name: string): Promise<boolean> =>
  objects.isReady((await api.call('GET', `${objects.paths.issuers}/${name}`)) as objects.Seen)
