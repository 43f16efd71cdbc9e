/** A leader whose work hangs at the API server: its Lease does not hang with it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startApiProxy } from '../../battery/faults/api.ts'
import type { ApiProxy } from '../../battery/faults/api.ts'
import { Plan } from '../../battery/faults/plan.ts'
import { parseRule } from '../../battery/faults/rules.ts'
import { Namespace, installCrds, makeAuthority, until } from '../support/cluster.ts'
import type { Seen } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

/** As many as it writes at the same time, and as it has connections for that. */
const atOnce = 32
/** Seconds. */
const renewDeadline = 3

let plane: ControlPlane
let proxy: ApiProxy
let operator: RunningOperator
let ns: Namespace
let home: Namespace
const plan = new Plan()

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  proxy = await startApiProxy({ target: plane, plan, kill: () => undefined }, plane.token)
  home = await Namespace.make(plane, 'perennial')
  ns = await Namespace.make(plane, 'hanging')
  const kubeconfig = join(plane.directory, 'proxied.kubeconfig')
  writeFileSync(kubeconfig, proxy.kubeconfig, { mode: 0o600 })
  const times = ['--lease-duration=4s', `--lease-renew-deadline=${renewDeadline}s`, '--lease-retry-period=500ms']
  operator = await startOperator({
    kubeconfig,
    flags: ['--leader-election=true', `--issuer-concurrency=${atOnce}`, ...times],
  })
  await makeAuthority(ns)
}, startTimeout)

afterAll(async () => {
  // What hangs would have its grace.
  await operator?.kill()
  await proxy?.close()
  await ns?.close()
  await home?.close()
  await plane?.stop()
}, testTimeout)

interface SeenLease extends Seen {
  readonly spec: { readonly renewTime: string }
}

async function renewedAt(): Promise<number> {
  const leases = await home.list<SeenLease>('leases')
  return Date.parse(leases[0]?.spec.renewTime ?? '')
}

describe('a leader', () => {
  it(
    'renews its Lease while all that it writes hangs',
    async () => {
      plan.lay(parseRule('create secrets -> drop'))
      for (let i = 0; i < atOnce; i++) await ns.certificate(`hanging-${i}`, {})
      await until('all hang', () => Promise.resolve(plan.strikes === atOnce ? true : undefined))
      const hangingAt = await renewedAt()
      await until('the Lease outlives its deadline twice', async () =>
        (await renewedAt()) > hangingAt + 2 * renewDeadline * 1000 ? true : undefined,
      )
      expect(operator.log()).not.toMatch(/"level":"(?:warn|error)"[^\n]*Lease/)
    },
    testTimeout,
  )
})
