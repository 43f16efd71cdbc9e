/** A cluster with an operator, Pebble, and a small ingress controller through which Pebble comes in. */
import { Namespace, installCrds } from './cluster.ts'
import { startControlPlane } from './controlplane.ts'
import type { ControlPlane } from './controlplane.ts'
import { gatewayApi } from './gateway-api.ts'
import { podAddress, startIngressProxy } from './ingressproxy.ts'
import type { IngressProxy } from './ingressproxy.ts'
import { startOperator } from './operator.ts'
import type { RunningOperator } from './operator.ts'
import { startPebble } from './pebble.ts'
import type { Pebble } from './pebble.ts'
import { freePorts } from './process.ts'

export interface ChallengeWorld {
  readonly plane: ControlPlane
  readonly proxy: IngressProxy
  readonly pebble: Pebble
  readonly ns: Namespace
  /** Where the operator answers TLS-ALPN-01. */
  readonly tlsPort: number
  operator(): RunningOperator
  /** Kills the operator, and starts another. */
  succeed(): Promise<void>
  kill(): Promise<void>
  /** An Issuer of Pebble with these solvers. */
  issuer(name: string, solvers: readonly object[]): Promise<void>
  close(): Promise<void>
}

export interface ChallengeWorldOptions {
  readonly pebble?: Partial<Parameters<typeof startPebble>[0]>
  readonly flags?: readonly string[]
  readonly controllerManager?: boolean
}

const operatorNamespace = 'perennial'

export async function openChallengeWorld(options: ChallengeWorldOptions = {}): Promise<ChallengeWorld> {
  const { controllerManager = false } = options
  const plane = await startControlPlane({ controllerManager })
  await plane.kubectl(['apply', '--server-side', '-f', '-'], gatewayApi)
  await installCrds(plane)
  const proxy = await startIngressProxy(plane)
  const [http = 0, tls = 0] = await freePorts(2)
  const pebble = await startPebble({ authzReuse: 0, ...options.pebble, httpPort: proxy.port, tlsPort: tls })
  const flags = [
    `--http01-address=127.0.0.1:${http}`,
    `--tls-alpn01-address=127.0.0.1:${tls}`,
    '--allow-addresses=127.0.0.0/8',
    ...(options.flags ?? []),
  ]
  const start = (): Promise<RunningOperator> => startOperator({ kubeconfig: plane.kubeconfig, flags })
  const own = await Namespace.make(plane, operatorNamespace)
  await makeResponder(own, http)
  await own.close()
  let operator = await start()
  const ns = await Namespace.make(plane, 'shop')
  return {
    plane,
    proxy,
    pebble,
    ns,
    tlsPort: tls,
    operator: () => operator,
    kill: () => operator.kill(),
    succeed: async () => {
      operator = await start()
    },
    issuer: (name, solvers) =>
      ns.issuer(name, {
        acme: {
          server: pebble.directoryUrl,
          privateKeySecretRef: { name: `${name}-account` },
          caBundle: pebble.caBundle,
          solvers,
        },
      }),
    close: async () => {
      await operator.stop()
      await pebble.stop()
      await proxy.close()
      await ns.close()
      await plane.stop()
    },
  }
}

/** The Service of the operator, with the endpoints that a cluster with nodes would give it. */
export async function makeResponder(own: Namespace, port: number): Promise<void> {
  const ports = [{ name: 'http', port }]
  await own.create('services', {
    metadata: { name: 'perennial-http01' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  })
  await own.create('endpointslices', {
    metadata: { name: 'perennial-http01-1', labels: { 'kubernetes.io/service-name': 'perennial-http01' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [podAddress], conditions: { ready: true } }],
    ports,
  })
}
