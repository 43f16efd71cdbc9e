/** Budgets and renewal windows on a real API server: kept over a killed operator, told, and no hindrance when they are wrong. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Namespace, conditionOf, installCrds, makeAuthority, until } from '../support/cluster.ts'
import type { SeenCertificate } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

let plane: ControlPlane
let ns: Namespace
let operator: RunningOperator

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  operator = await startOperator({ kubeconfig: plane.kubeconfig, flags: [] })
  ns = await Namespace.make(plane, 'pacing')
  await makeAuthority(ns)
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await ns?.close()
  await plane?.stop()
}, testTimeout)

const from = (name: string) => ({ name, kind: 'Issuer', group: 'perennial.dev' }) as const
const spent = { type: 'Issuing', status: 'False', reason: 'BudgetSpent' } as const
const isReady = (certificate: SeenCertificate | undefined): boolean =>
  conditionOf(certificate, 'Ready')?.status === 'True'

describe('an issuer with a budget of two certificates an hour', () => {
  it(
    'issues two, and says of the third what it waits for',
    async () => {
      await ns.issuer('paced', { ca: { secretName: 'root' }, limits: { certificatesPerHour: 2 } })
      for (const name of ['a', 'b']) {
        await ns.certificate(name, { issuerRef: from('paced') })
        await ns.ready(name)
      }
      await ns.certificate('c', { issuerRef: from('paced') })
      const told = await ns.told('c', spent)
      expect(conditionOf(told, 'Issuing')?.message).toMatch(
        /^Waits for the budget of Issuer paced: 2 an hour; next at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.$/,
      )
      expect(conditionOf(told, 'Reconciling')?.reason).toBe('BudgetSpent')
    },
    testTimeout,
  )

  it(
    'has no second budget after its operator was killed',
    async () => {
      await operator.kill()
      operator = await startOperator({ kubeconfig: plane.kubeconfig, flags: [] })
      await ns.certificate('d', { issuerRef: from('paced') })
      await ns.told('d', spent)
      expect(isReady(await ns.seenCertificate('c'))).toBe(false)
    },
    testTimeout,
  )

  it(
    'issues the others when the budget is raised',
    async () => {
      await ns.patch('issuers', 'paced', { spec: { limits: { certificatesPerHour: 20 } } })
      for (const name of ['c', 'd']) expect(isReady(await ns.ready(name))).toBe(true)
    },
    testTimeout,
  )
})

describe('a Certificate with renewal windows', () => {
  it(
    'is issued at once, and renewed at a moment in a window',
    async () => {
      const renewalWindows = [{ schedule: '0 2 * * *', duration: '3h', timeZone: 'Asia/Kathmandu' }]
      await ns.certificate('nightly', { issuerRef: from('ca'), renewalWindows })
      const { status } = await ns.ready('nightly')
      const hour = new Date(Date.parse(status?.renewalTime ?? '') + 345 * 60_000).getUTCHours()
      expect([2, 3, 4]).toContain(hour)
    },
    testTimeout,
  )

  it(
    'takes those of its issuer where it has none, and follows their change',
    async () => {
      const windowAt = (hour: number) => [{ schedule: `0 ${hour} * * *`, duration: '1h' }]
      await ns.issuer('hourly', { ca: { secretName: 'root' }, renewalWindows: windowAt(7) })
      await ns.certificate('inherits', { issuerRef: from('hourly') })
      expect((await ns.ready('inherits')).status?.renewalTime).toContain('T07:')
      await ns.patch('issuers', 'hourly', { spec: { renewalWindows: windowAt(9) } })
      await until('inherits is renewed in the new window', async () => {
        const seen = await ns.seenCertificate('inherits')
        return seen?.status?.renewalTime?.includes('T09:') === true ? seen : undefined
      })
    },
    testTimeout,
  )

  it(
    'does without them where they cannot be understood, and says so',
    async () => {
      const renewalWindows = [{ schedule: '0 2 * * *', duration: '3h', timeZone: 'Mars/Olympus' }]
      await ns.certificate('lost', { issuerRef: from('ca'), renewalWindows })
      await ns.ready('lost')
      const told = await ns.told('lost', { type: 'WindowsIgnored', status: 'True', reason: 'InvalidWindow' })
      expect(conditionOf(told, 'WindowsIgnored')?.message).toContain('spec.renewalWindows[0].timeZone: "Mars/Olympus"')
    },
    testTimeout,
  )

  it('that is no schedule is refused when it is applied', async () => {
    const refused = ns.certificate('wrong', { renewalWindows: [{ schedule: '61 2 * * *', duration: '3h' }] })
    await expect(refused).rejects.toThrow(/This is not a schedule of cron/)
  })
})
