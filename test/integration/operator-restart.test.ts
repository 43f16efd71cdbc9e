/** The operator dies and comes back: nothing is lost, nothing is done twice, and another replica takes over. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Namespace, conditionOf, installCrds, makeAuthority, until } from '../support/cluster.ts'
import type { SeenCertificate } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'

const startTimeout = 600_000
const testTimeout = 120_000
const count = 50

let plane: ControlPlane
let ns: Namespace
let home: Namespace
const running = new Set<RunningOperator>()

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  ns = await Namespace.make(plane, 'restart')
  home = await Namespace.make(plane, 'perennial')
}, startTimeout)

afterAll(async () => {
  for (const operator of running) await operator.stop()
  await ns?.close()
  await home?.close()
  await plane?.stop()
}, testTimeout)

async function start(flags: readonly string[] = [], identity = 'one'): Promise<RunningOperator> {
  const operator = await startOperator({ kubeconfig: plane.kubeconfig, identity, flags })
  running.add(operator)
  return operator
}

async function kill(operator: RunningOperator): Promise<void> {
  await operator.kill()
  running.delete(operator)
}

async function stop(operator: RunningOperator): Promise<void> {
  await operator.stop()
  running.delete(operator)
}

/** Serial numbers of the certificates that lie in Secrets, by name of the Secret. */
async function serials(): Promise<ReadonlyMap<string, string>> {
  const secrets = await ns.secrets()
  return new Map(
    secrets
      .filter(({ metadata, data }) => metadata.name.startsWith('many-') && data['tls.crt'] !== undefined)
      .map(({ metadata, data }) => [metadata.name, new X509Certificate(data['tls.crt'] ?? '').serialNumber]),
  )
}

const isReady = (certificate: SeenCertificate): boolean => conditionOf(certificate, 'Ready')?.status === 'True'

describe('an operator that is killed while it works', () => {
  it(
    'goes on where it was: every certificate is issued, and none of them twice',
    async () => {
      let operator = await start()
      await makeAuthority(ns)
      await kill(operator)
      for (let i = 0; i < count; i++) await ns.certificate(`many-${i}`, {})
      const issued = new Map<string, string>()
      const killed: number[] = []
      for (const least of [1, 12, 30]) {
        // One worker, so that the end comes in the middle.
        operator = await start(['--workers=1'])
        await until(`${least} Secrets`, async () => ((await serials()).size >= least ? true : undefined))
        await kill(operator)
        for (const [name, serial] of await serials()) {
          expect(issued.get(name) ?? serial).toBe(serial)
          issued.set(name, serial)
        }
        killed.push(issued.size)
      }
      operator = await start()
      const seen = await until('all Ready', async () => {
        const all = await ns.list<SeenCertificate>('certificates')
        return all.every(isReady) ? all : undefined
      })
      expect(killed[0]).toBeLessThan(count)
      const after = await serials()
      expect(after.size).toBe(count)
      for (const [name, serial] of issued) expect([name, after.get(name)]).toEqual([name, serial])
      expect(seen.map(({ status }) => status?.revision)).toEqual(seen.map(() => 1))
      await kill(operator)
    },
    testTimeout,
  )

  it(
    'writes nothing when it starts and everything is in order',
    async () => {
      const operator = await start()
      await until('every Certificate was looked at, and nothing is left to do', async () => {
        const looked = await operator.metric('perennial_reconciles_total', { controller: 'certificate' })
        const busy =
          (await operator.metric('perennial_queue_depth', { state: 'ready' })) +
          (await operator.metric('perennial_queue_depth', { state: 'processing' }))
        return looked > count && busy === 0 ? true : undefined
      })
      expect(await operator.writes()).toBe(0)
      expect(await operator.metric('perennial_api_requests_total', { resource: 'events' })).toBe(0)
      expect(await operator.metric('perennial_certificate_ready_status')).toBe(count + 1)
      await stop(operator)
    },
    testTimeout,
  )
})

describe('two replicas', () => {
  const holder = async (): Promise<string> => (await home.lease('perennial'))?.spec.holderIdentity ?? ''

  it(
    'act one at a time: the other within 20 seconds of a kill, within 3 of a stop',
    async () => {
      const lead = ['--leader-election=true']
      const first = await start(lead, 'first')
      await until('the first leads', async () => ((await holder()) === 'first' ? true : undefined))
      const second = await start(lead, 'second')
      expect(await second.metric('perennial_leader')).toBe(0)
      await kill(first)
      await ns.certificate('after-kill', {})
      await ns.ready('after-kill', 20_000)
      expect(await holder()).toBe('second')
      const third = await start(lead, 'third')
      const stopped = stop(second)
      await ns.certificate('after-stop', {})
      await until('the third leads', async () => ((await holder()) === 'third' ? true : undefined), 3000)
      await stopped
      await ns.ready('after-stop')
      expect(await third.metric('perennial_leader')).toBe(1)
      expect((await ns.ready('after-kill')).status?.revision).toBe(1)
    },
    testTimeout,
  )

  it(
    'leave the work to whoever holds the Lease: one that loses it ends',
    async () => {
      const [third] = running
      if (third === undefined) throw new Error('the third replica is gone')
      await home.patch('leases', 'perennial', { spec: { holderIdentity: 'thief', leaseDurationSeconds: 3600 } })
      expect(await third.exited).toMatchObject({ code: 1 })
      expect(third.log()).toContain('The Lease was lost to another replica, or could not be renewed in time.')
    },
    testTimeout,
  )
})
