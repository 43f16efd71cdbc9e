/** Policies when the operator starts, when labels of a namespace change, and where it runs for some namespaces only. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Namespace, conditionOf, installCrds, makeAuthority, until } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

let plane: ControlPlane
let ns: Namespace
let operator: RunningOperator | undefined

const closed = {
  apiVersion: 'perennial.dev/v1',
  kind: 'CertificatePolicy',
  metadata: { name: 'closed' },
  spec: { deny: 'Unselected', selector: { namespaces: { matchLabels: { tier: 'prod' } } } },
}

const run = async (...flags: readonly string[]): Promise<void> => {
  operator = await startOperator({ kubeconfig: plane.kubeconfig, flags })
}

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  ns = await Namespace.make(plane, 'start')
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await ns?.close()
  await plane?.stop()
}, testTimeout)

describe('policies', () => {
  it(
    'are known before anything is begun',
    async () => {
      await run()
      await makeAuthority(ns)
      await operator?.stop()
      await plane.kubectl(['label', 'namespace', 'start', 'tier=prod'])
      await plane.kubectl(['apply', '-f', '-'], JSON.stringify(closed))
      for (const name of ['a', 'b', 'c']) await ns.certificate(name, {})
      await run()
      for (const name of ['a', 'b', 'c']) await ns.told(name, { type: 'Compliant', status: 'False', reason: 'Denied' })
      const made = (await ns.secrets()).map(({ metadata }) => metadata.name)
      expect(made.filter((name) => /^[abc]/.test(name) && name !== 'ca')).toEqual([])
    },
    testTimeout,
  )

  it(
    'are judged by anew when the labels of a namespace change',
    async () => {
      await plane.kubectl(['label', 'namespace', 'start', 'tier=test', '--overwrite'])
      const free = await ns.ready('a')
      expect(conditionOf(free, 'Compliant')).toBeUndefined()
      await plane.kubectl(['label', 'namespace', 'start', 'tier=prod', '--overwrite'])
      const kept = await ns.told('a', { type: 'Compliant', status: 'False', reason: 'Denied' })
      expect(conditionOf(kept, 'Ready')).toMatchObject({ status: 'True' })
    },
    testTimeout,
  )

  it(
    'are not read by an operator that runs for some namespaces, which goes on without them',
    async () => {
      await operator?.stop()
      await run('--namespaces=start')
      await ns.certificate('d', {})
      const issued = await ns.ready('d')
      expect(issued.status?.policy).toBeUndefined()
      const told = await until('the verdict of another day goes', async () => {
        const seen = await ns.seenCertificate('a')
        return conditionOf(seen, 'Compliant') === undefined ? seen : undefined
      })
      expect(told.status?.policy).toBeUndefined()
    },
    testTimeout,
  )
})
