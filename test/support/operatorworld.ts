/** A control plane, an operator and a namespace with a CA: what every test of the running operator starts from. */
import { Namespace, installCrds, makeAuthority } from './cluster.ts'
import { startControlPlane } from './controlplane.ts'
import type { ControlPlane, ControlPlaneOptions } from './controlplane.ts'
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

export interface WorldOptions extends ControlPlaneOptions {
  /** Further flags of the operator. */
  readonly flags?: readonly string[]
}

export async function openWorld(namespace: string, options: WorldOptions = {}): Promise<OperatorWorld> {
  const { flags = [], ...planeOptions } = options
  const plane = await startControlPlane(planeOptions)
  await installCrds(plane)
  const operator = await startOperator({ kubeconfig: plane.kubeconfig, flags })
  const ns = await Namespace.make(plane, namespace)
  await makeAuthority(ns)
  const close = async (): Promise<void> => {
    await operator.stop()
    await ns.close()
    await plane.stop()
  }
  return { plane, operator, ns, close }
}
