/** Everything that the demo starts, in order, and stops in the opposite order. */
import { join } from 'node:path'
import { step } from '../scripts/progress.ts'
import { startControlPlane } from '../test/support/controlplane.ts'
import type { ControlPlane } from '../test/support/controlplane.ts'
import { freePorts } from '../test/support/process.ts'
import { startAcme } from './authorities/acme.ts'
import type { AcmeAuthority } from './authorities/acme.ts'
import type { Authority } from './authorities/authority.ts'
import { startCmp } from './authorities/cmp.ts'
import { startEst } from './authorities/est.ts'
import { startScep } from './authorities/scep.ts'
import { manifests, namespace } from './manifests.ts'
import { runOperator } from './operator.ts'
import type { Operator } from './operator.ts'
import { startReceiver } from './receiver.ts'

/** Where the operator runs, in name: its Lease and the Secrets of ClusterIssuers are there. */
const home = 'perennial'

/** A protocol more is a row more. */
const startOthers: readonly (() => Promise<Authority>)[] = [startEst, startScep, startCmp]

export interface World {
  readonly plane: ControlPlane
  readonly authorities: readonly Authority[]
  readonly operator: Operator
  readonly operatorLog: string
  /** The address of the inventory. */
  readonly page: string
  /** Where whoever is told of certificates in trouble keeps what came, one JSON object a line. */
  readonly alerts: string
  /** Where the ACME server says what it has revoked. */
  readonly pebble: AcmeAuthority['pebble']
}

interface Stoppable {
  stop(): Promise<void>
}

/** Takes what has been started, and stops it in the opposite order. */
export class Cleanup {
  readonly #parts: Stoppable[] = []

  async add<T extends Stoppable>(part: Promise<T>): Promise<T> {
    const started = await part
    this.#parts.push(started)
    return started
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.stop()
  }
}

/**
 * @param cleanup - gets every part the moment it runs, so that a failure half way leaves nothing behind
 * @param onRestart - told when the operator had to be started again
 */
export async function startWorld(cleanup: Cleanup, onRestart: (pid: number) => void): Promise<World> {
  const [http01Port = 0, metricsPort = 0, webPort = 0] = await freePorts(3)
  const { plane, acme, others } = await step('starting etcd, kube-apiserver and the CAs', () =>
    startServers(cleanup, http01Port),
  )
  await step('applying crds/', () => applyDefinitions(plane))
  await step('applying examples/', async () => {
    await plane.kubectl(['create', 'namespace', namespace])
    await plane.kubectl(['create', 'namespace', home])
    await plane.kubectl(['apply', '--server-side', '-n', namespace, '-f', '-'], manifests(acme, others))
  })
  const operatorLog = join(plane.directory, 'operator.log')
  const { kubeconfig } = plane
  const ports = { http01Port, metricsPort, webPort }
  const receiver = await cleanup.add(startReceiver(plane.directory))
  const files = { logFile: operatorLog, notifications: receiver.config }
  const options = { kubeconfig, ...files, ...ports, namespace: home, onRestart }
  const operator = await step('starting the operator', () => cleanup.add(runOperator(options)))
  const page = `http://127.0.0.1:${webPort}`
  const { pebble } = acme
  return { plane, authorities: [acme, ...others], operator, operatorLog, page, alerts: receiver.file, pebble }
}

interface Servers {
  readonly plane: ControlPlane
  readonly acme: AcmeAuthority
  readonly others: readonly Authority[]
}

/** All at once; when one fails, the other ones are still handed over for stopping. */
async function startServers(cleanup: Cleanup, httpPort: number): Promise<Servers> {
  const plane = cleanup.add(startControlPlane())
  const acme = cleanup.add(startAcme(httpPort))
  const others = startOthers.map((start) => cleanup.add(start()))
  await Promise.allSettled([plane, acme, ...others])
  return { plane: await plane, acme: await acme, others: await Promise.all(others) }
}

async function applyDefinitions(plane: ControlPlane): Promise<void> {
  await plane.kubectl(['apply', '--server-side', '-f', 'crds/'])
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', 'crds/'])
}
