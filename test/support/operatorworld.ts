/** A control plane, an operator and a namespace with a CA: what every test of the running operator starts from. */
import { Namespace, installCrds, makeAuthority } from './cluster.ts'
import { startControlPlane } from './controlplane.ts'
import type { ControlPlane } from './controlplane.ts'
import { startOperator } from './operator.ts'
import type { RunningOperator } from './operator.ts'

/** Milliseconds; the first start on a machine may have to build the control plane. */
export const startTimeout = 600_000
export const testTimeout = 120_000

export interface OperatorWorld {
  readonly plane: ControlPlane
  readonly operator: RunningOperator
  readonly ns: Namespace
  readonly close: () => Promise<void>
}

export async function openWorld(namespace: string): Promise<OperatorWorld> {
  const plane = await startControlPlane()
  await installCrds(plane)
  const operator = await startOperator({ kubeconfig: plane.kubeconfig })
  const ns = await Namespace.make(plane, namespace)
  await makeAuthority(ns)
  const close = async (): Promise<void> => {
    await operator.stop()
    await ns.close()
    await plane.stop()
  }
  return { plane, operator, ns, close }
}
