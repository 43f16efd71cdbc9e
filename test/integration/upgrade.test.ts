/**
 * Two versions, one after the other on the same cluster, each with its own chart and its own kinds: nothing is issued anew, and
 * what one has begun the other ends. There is no release yet, so the first version that had a chart stands for the one before.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { someCa } from '../support/ca-material.ts'
import { openChartWorld } from '../support/chartworld.ts'
import type { ChartWorld } from '../support/chartworld.ts'
import { Namespace, ec, makeAuthority, until } from '../support/cluster.ts'
import { checkOut, isInHistory } from '../support/earlier.ts'
import type { Earlier } from '../support/earlier.ts'
import { FakeEst } from '../support/est-server/fake.ts'
import { serveEst } from '../support/est-server/serve.ts'
import { serverCertificate } from '../support/estserver.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'
import { startPebble } from '../support/pebble.ts'
import type { Pebble } from '../support/pebble.ts'
import type { LocalServer } from '../support/servers.ts'

const before = '950783049c9b0c48c70051fd657a605ad7691968'
const isHere = isInHistory(before)
const only = isHere ? it : it.skip
const why = isHere ? '' : ' (skipped: the history of this checkout does not go back that far)'

let world: ChartWorld
let earlier: Earlier
let operator: RunningOperator
let ns: Namespace
let pebble: Pebble
let est: FakeEst
let server: LocalServer

const values = { http01: { selfCheck: false }, config: { 'allow-addresses': '127.0.0.0/8' } }
const from = (name: string): { name: string; kind: 'Issuer'; group: string } => ({
  name,
  kind: 'Issuer',
  group: 'perennial.dev',
})

async function startCas(): Promise<void> {
  pebble = await startPebble({ httpPort: 1, alwaysValid: true, authzReuse: 0 })
  const ca = await someCa('EST CA')
  const { certificate, key } = await serverCertificate(ca)
  est = new FakeEst({ ca, now: () => systemClock.now() })
  server = await serveEst(est, { certificate, key })
  const { directoryUrl, caBundle } = pebble
  await ns.issuer('pebble', {
    acme: { server: directoryUrl, caBundle, privateKeySecretRef: { name: 'account' }, solvers: [{ http01: {} }] },
  })
  const url = server.url.replace('localhost', '127.0.0.1')
  await ns.issuer('est', { est: { server: url, caFingerprint: sha256Hex(ca.certificate) } })
}

/** An administrator has not decided yet. */
const putOff = (): void => {
  est.troubles.instead = (_request, operation) =>
    operation === 'simpleenroll' ? { status: 202, headers: { 'retry-after': '1' }, body: '' } : undefined
}
const decide = (): void => void delete est.troubles.instead

/** Different requests to issue: one that is repeated as it is counts once. */
const asked = (): number =>
  new Set(est.seen.filter(({ operation }) => operation === 'simpleenroll').map(({ body }) => body)).size

const contents = async (): Promise<readonly string[]> =>
  (await ns.secrets())
    .filter(({ type }) => type === 'kubernetes.io/tls')
    .map(({ metadata, data }) => `${metadata.name} ${data['tls.crt']?.toString() ?? ''}`)

async function begin(name: string): Promise<void> {
  const had = est.seen.length
  putOff()
  await ns.certificate(name, { issuerRef: from('est'), dnsNames: [`${name}.example`], privateKey: ec })
  await until('a first 202', async () =>
    est.seen.slice(had).some(({ operation }) => operation === 'simpleenroll') ? true : undefined,
  )
}

/** Installs another version over the one that runs, and lets it lead until it has looked at everything. */
async function change(chart: string | undefined, program: readonly string[] | undefined): Promise<void> {
  await operator.stop()
  await world.apply(values, chart)
  operator = await world.run([], program)
  await until('it leads', async () => ((await operator.metric('perennial_leader')) === 1 ? true : undefined))
}

describe(`another version${why}`, () => {
  beforeAll(async () => {
    if (!isHere) return
    earlier = checkOut(before)
    world = await openChartWorld()
    await world.apply(values, earlier.chart)
    operator = await world.run([], earlier.program)
    ns = await Namespace.make(world.plane, 'shop')
    await makeAuthority(ns)
    await startCas()
  }, startTimeout)

  afterAll(async () => {
    await operator?.stop()
    await ns?.close()
    await pebble?.stop()
    await server?.close()
    await world?.close()
    earlier?.remove()
  }, testTimeout)

  /** @returns what lies in the Secrets, once every Certificate named is there */
  const settled = async (...names: readonly string[]): Promise<readonly string[]> => {
    for (const name of names) expect((await ns.ready(name)).status?.revision).toBe(1)
    return contents()
  }

  only(
    'issues nothing anew when it takes over, and ends what the one before has begun',
    async () => {
      await ns.certificate('web', { issuerRef: from('ca') })
      await ns.certificate('acme', { issuerRef: from('pebble'), dnsNames: ['acme.example'], privateKey: ec })
      const had = await settled('web', 'acme')
      await begin('slow')
      await change(undefined, undefined)
      expect(await settled('web', 'acme')).toEqual(had)
      decide()
      expect(await settled('web', 'acme', 'slow')).toEqual(expect.arrayContaining([...had]))
      expect({ asked: asked(), issued: est.issued }).toEqual({ asked: 1, issued: 1 })
    },
    testTimeout,
  )

  only(
    'gives way again to the one before, which ends what it has begun, and issues nothing anew either',
    async () => {
      await ns.certificate('new', { issuerRef: from('ca'), privateKey: ec })
      const had = await settled('web', 'acme', 'slow', 'new')
      await begin('slower')
      await change(earlier.chart, earlier.program)
      decide()
      expect(await settled('web', 'acme', 'slow', 'new', 'slower')).toEqual(expect.arrayContaining([...had]))
      expect({ asked: asked(), issued: est.issued }).toEqual({ asked: 2, issued: 2 })
    },
    testTimeout,
  )
})
