/** The chart, installed by Helm into a real API server, and the operator run as the chart would: its flags, its account. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { auditOf, deedsOf } from './audit.ts'
import type { Audit, Rule } from './audit.ts'
import { Namespace, until } from './cluster.ts'
import { servesTrustBundles, startControlPlane } from './controlplane.ts'
import type { ControlPlane } from './controlplane.ts'
import { gatewayApi } from './gateway-api.ts'
import { chart, helm } from './helm.ts'
import { startOperator } from './operator.ts'
import type { RunningOperator } from './operator.ts'
import { podAddress } from './ingressproxy.ts'
import { freePorts } from './process.ts'
import { hardeningHere } from '../../scripts/launch.ts'
import { runsBundle } from './program.ts'
import { scratchDirectory } from './scratch.ts'

export const home = 'perennial'
const release = 'perennial'

interface Pod {
  readonly metadata: { readonly name: string }
}

interface Role {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules: readonly Rule[] | null
}

export interface ChartWorld {
  readonly plane: ControlPlane
  readonly audit: Audit
  /** The namespace of the release. */
  readonly own: Namespace
  /** `helm upgrade --install` with these values. */
  apply(values: object, source?: string): Promise<string>
  uninstall(): Promise<void>
  /**
   * Starts the operator as a pod of the Deployment would be, with the ServiceAccount's token.
   *
   * @param flags - that win over those of the chart, for what is of this machine
   * @param program - of another version
   */
  run(flags?: readonly string[], program?: readonly string[]): Promise<RunningOperator>
  /** The roles of the operator, as they lie in the API server. */
  roles(): Promise<readonly Role[]>
  /** What those roles allow. */
  granted(): Promise<ReadonlySet<string>>
  pods(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function openChartWorld(): Promise<ChartWorld> {
  const scratch = scratchDirectory('chart')
  const audit = auditOf(`system:serviceaccount:${home}:${release}`, scratch.path)
  const plane = await startControlPlane({
    controllerManager: true,
    apiServerFlags: [...audit.flags, ...servesTrustBundles],
  })
  await plane.kubectl(['apply', '--server-side', '-f', '-'], gatewayApi)
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
  const own = await Namespace.make(plane, home)
  await plane.kubectl(['label', 'namespace', home, 'pod-security.kubernetes.io/enforce=restricted'])
  const roles = async (): Promise<readonly Role[]> => ours(plane)
  return {
    plane,
    audit,
    own,
    apply: (values, source = chart) =>
      helm(
        ['upgrade', '--install', release, source, `--namespace=${home}`, ...kubeconfigFlag(plane), '-f', '-'],
        JSON.stringify(values),
      ),
    uninstall: async () => {
      await helm(['uninstall', release, `--namespace=${home}`, ...kubeconfigFlag(plane)])
    },
    run: (flags = [], program) => runAsChart(plane, flags, program),
    roles,
    granted: async () => deedsOf((await roles()).flatMap(({ rules }) => rules ?? [])),
    pods: async () => {
      const { items } = JSON.parse(await plane.kubectl(['get', 'pods', '-n', home, '-o', 'json'])) as {
        readonly items: readonly Pod[]
      }
      return items.map(({ metadata }) => metadata.name)
    },
    close: async () => {
      await own.close()
      await plane.stop()
      scratch.remove()
    },
  }
}

const kubeconfigFlag = ({ kubeconfig }: ControlPlane): readonly string[] => [`--kubeconfig=${kubeconfig}`]

/** Roles for people are bound by nobody here. */
async function ours(plane: ControlPlane): Promise<readonly Role[]> {
  const text = await plane.kubectl([
    'get',
    'roles,clusterroles',
    '-A',
    '-o',
    'json',
    '-l',
    `app.kubernetes.io/instance=${release}`,
  ])
  const { items } = JSON.parse(text) as { readonly items: readonly Role[] }
  return items.filter(({ metadata }) => !/-(?:view|edit)$/.test(metadata.name))
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName: string
        readonly containers: readonly [{ readonly args: readonly string[] }]
      }
    }
  }
}

async function runAsChart(
  plane: ControlPlane,
  flags: readonly string[],
  program: readonly string[] | undefined,
): Promise<RunningOperator> {
  const text = await plane.kubectl(['get', 'deployment', release, '-n', home, '-o', 'json'])
  const pod = (JSON.parse(text) as Deployment).spec.template.spec
  const account = pod.serviceAccountName
  const kubeconfig = await kubeconfigOf(plane, account)
  const [http = 0] = await freePorts(1)
  await until('the role counts', () =>
    plane
      .kubectl([
        'auth',
        'can-i',
        'patch',
        'leases/perennial',
        '-n',
        home,
        `--as=system:serviceaccount:${home}:${account}`,
      ])
      .then(
        () => true,
        () => undefined,
      ),
  )
  await leadToHere(plane, http)
  return startOperator({
    kubeconfig,
    // As the image has it. What runs from its sources needs a thread to read them.
    nodeOptions: program === undefined && runsBundle('dist/perennial.mjs') ? hardeningHere() : [],
    ...(program === undefined ? {} : { program }),
    flags: [
      // Of this machine rather than of a pod: where it listens, and what the pod is told by its environment.
      ...pod.containers[0].args.filter((flag) => !/^--(?:metrics|http01|tls-alpn01|web)-address=/.test(flag)),
      `--http01-address=127.0.0.1:${http}`,
      '--leader-election=true',
      `--leader-election-namespace=${home}`,
      `--cluster-resource-namespace=${home}`,
      ...flags,
    ],
  })
}

/** The endpoints that pods with addresses would give the Service. */
async function leadToHere(plane: ControlPlane, port: number): Promise<void> {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'here', namespace: home, labels: { 'kubernetes.io/service-name': `${release}-http01` } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [podAddress], conditions: { ready: true } }],
    ports: [{ name: 'http', port, protocol: 'TCP' }],
  }
  await plane.kubectl(['apply', '-f', '-'], JSON.stringify(slice))
}

async function kubeconfigOf(plane: ControlPlane, account: string): Promise<string> {
  const token = await plane.kubectl(['create', 'token', account, '-n', home])
  const path = join(plane.directory, 'account.kubeconfig')
  const cluster = { server: plane.url, 'certificate-authority-data': Buffer.from(plane.ca).toString('base64') }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'it',
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    clusters: [{ name: 'it', cluster }],
    users: [{ name: 'it', user: { token: token.trim() } }],
  }
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 })
  return path
}
