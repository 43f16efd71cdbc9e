/** Our client when a real API server is away, has forgotten, or does not know the kind yet; and leader election over it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { certificateKind } from '../../src/api/certificate.ts'
import { loadIdentity } from '../../src/kube/identity.ts'
import type { Identity } from '../../src/kube/identity.ts'
import { Elector } from '../../src/kube/lease.ts'
import type { ElectorOptions } from '../../src/kube/lease.ts'
import { Resource } from '../../src/kube/resource.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { seconds } from '../../src/std/time.ts'
import { installCrds, until } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { administrator, configMapKind, startReflecting, transportOf, when } from '../support/kubeclient.ts'
import type { ConfigMap } from '../support/kubeclient.ts'
import { recordingLogger } from '../support/log.ts'
import { unwrap } from '../support/unwrap.ts'

const startTimeout = 600_000
const testTimeout = 120_000

let plane: ControlPlane
let transport: Transport
const { signal } = new AbortController()

beforeAll(async () => {
  plane = await startControlPlane()
  transport = await administrator(plane)
}, startTimeout)

afterAll(async () => {
  await transport?.close()
  await plane?.stop()
}, testTimeout)

const makeConfigMap = (name: string): Promise<string> =>
  plane.kubectl(['create', 'configmap', name, '--from-literal=a=1'])

describe('a reflection', () => {
  it(
    'of a kind that the API server does not know says so once, and works as soon as it does',
    async () => {
      const { store, lines, stop } = startReflecting(transport, { kind: certificateKind })
      await until('a warning', () => Promise.resolve(lines.length > 0 ? lines : undefined))
      expect(lines.map(({ fields }) => fields['reason'])).toEqual([
        'The API server does not know certificates.perennial.dev; install the CustomResourceDefinitions.',
      ])
      await installCrds(plane)
      await store.synced
      expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
      await stop()
    },
    testTimeout,
  )

  it(
    'lives through a restart of the API server, and misses nothing of what happened after it',
    async () => {
      await makeConfigMap('before')
      const { store, stop } = startReflecting(transport, { namespaces: ['default'] })
      await store.synced
      await plane.restartApiServer()
      await makeConfigMap('after')
      await plane.kubectl(['delete', 'configmap', 'before'])
      await when(store, () => store.get('default/after') !== undefined && store.get('default/before') === undefined)
      await stop()

      // A server that has just started knows nothing older than its start, and says so in an event, not by a status.
      const lines: string[] = []
      const resource = new Resource<ConfigMap>(transport, configMapKind)
      for await (const line of resource.watch({ resourceVersion: '1', timeoutSeconds: 5 }, signal)) lines.push(line)
      expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
        { type: 'ERROR', object: expect.objectContaining({ kind: 'Status', code: 410, reason: 'Expired' }) },
      ])
    },
    testTimeout,
  )
})

describe('a Lease', () => {
  const replica = (identity: string, name: string, more: Partial<ElectorOptions> = {}): Elector =>
    new Elector({
      transport,
      clock: systemClock,
      log: recordingLogger(),
      random: () => 0.5,
      namespace: 'default',
      name,
      identity,
      leaseDuration: seconds(3),
      renewDeadline: seconds(2),
      retryPeriod: seconds(0.5),
      ...more,
    })

  interface Candidate {
    /** Resolves when it leads. */
    readonly leads: Promise<void>
    readonly ended: Promise<'stopped' | 'lost'>
    stop(): void
  }

  function run(elector: Elector): Candidate {
    const ending = new AbortController()
    let started = (): void => undefined
    const leads = new Promise<void>((resolve) => (started = resolve))
    const work = (leading: AbortSignal): Promise<void> => {
      started()
      return new Promise((resolve) => leading.addEventListener('abort', () => resolve(), { once: true }))
    }
    const ended = elector.run({ onStarted: work, signal: ending.signal })
    return { leads, ended, stop: () => ending.abort() }
  }

  const specOf = async (name: string): Promise<Record<string, unknown>> => {
    const text = await plane.kubectl(['get', 'lease', name, '-o', 'json'])
    return (JSON.parse(text) as { spec: Record<string, unknown> }).spec
  }

  it(
    'is held by one, in the form that client-go writes, and handed over when its holder stops',
    async () => {
      const first = run(replica('first', 'handed'))
      await first.leads
      const microTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
      const held = { holderIdentity: 'first', leaseDurationSeconds: 3, renewTime: microTime, acquireTime: microTime }
      expect(await specOf('handed')).toMatchObject(held)
      const second = run(replica('second', 'handed'))
      first.stop()
      expect(await first.ended).toBe('stopped')
      await second.leads
      expect(await specOf('handed')).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 })
      second.stop()
      expect(await second.ended).toBe('stopped')
      expect(await specOf('handed')).toMatchObject({ holderIdentity: '' })
    },
    testTimeout,
  )

  it(
    'is lost to its holder when the API server cannot be reached, and taken by another when it has run out',
    async () => {
      const known = unwrap(await loadIdentity({ kubeconfig: plane.kubeconfig, clock: systemClock }))
      let isCutOff = false
      const credentials: Identity['credentials'] = () =>
        isCutOff ? Promise.reject(new Error('cut off')) : known.credentials()
      const alone = transportOf({ ...known, credentials })
      const first = run(replica('first', 'lost', { transport: alone }))
      await first.leads
      const second = run(replica('second', 'lost'))
      isCutOff = true
      expect(await Promise.race([first.ended, second.leads.then(() => 'taken')])).toBe('lost')
      await second.leads
      expect(await specOf('lost')).toMatchObject({ holderIdentity: 'second' })
      second.stop()
      await second.ended
      await alone.close()
    },
    testTimeout,
  )

  it(
    'that kubectl took away is noticed by its holder',
    async () => {
      const first = run(replica('first', 'stolen'))
      await first.leads
      await plane.kubectl(['patch', 'lease', 'stolen', '--type=merge', '-p', '{"spec":{"holderIdentity":"thief"}}'])
      expect(await first.ended).toBe('lost')
      expect(await specOf('stolen')).toMatchObject({ holderIdentity: 'thief' })
    },
    testTimeout,
  )
})
