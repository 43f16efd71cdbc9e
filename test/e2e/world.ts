/** A cluster with the chart installed, an ACME issuer, and web sites that nginx serves. */
import { stringify } from 'yaml'
import { until } from '../support/cluster.ts'
import { chart, helm } from '../support/helm.ts'
import { loadImages, operatorImage } from './images.ts'
import { kubeWith } from './kube.ts'
import type { Kube } from './kube.ts'
import { home, partsNamespace, shop } from './names.ts'
import { openParts } from './parts.ts'
import type { Parts } from './parts.ts'
import { given } from './surroundings.ts'

const release = 'perennial'

export interface World {
  readonly kube: Kube
  readonly parts: Parts
  /** `helm upgrade --install`, and waits until every replica is ready. @param values - over those of the suite */
  install(values?: object): Promise<void>
  uninstall(): Promise<void>
  /** The pods of the Deployment that are not on their way out. */
  replicas(): Promise<readonly string[]>
  /** How often a replica has ended by itself and was started again. */
  restarts(): Promise<number>
  /** The pod that acts. */
  leader(): Promise<string>
  /** Takes away everything that the suite has made. */
  close(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const { kubeconfig, loader, images } = given()
  const kube = kubeWith(kubeconfig)
  await loadImages(loader, images)
  try {
    await kube.apply(namespaces)
    const parts = await openParts(kube)
    return worldOf(kube, parts)
  } catch (error) {
    await clear(kube)
    throw error
  }
}

function worldOf(kube: Kube, parts: Parts): World {
  const flags = [`--namespace=${home}`, `--kubeconfig=${kube.kubeconfig}`]
  return {
    kube,
    parts,
    install: async (values = {}) => {
      const files = ['-f', '-', ...Object.entries(values).map(([path, value]) => `--set=${path}=${String(value)}`)]
      await helm(
        ['upgrade', '--install', release, chart, ...flags, '--wait', ...files],
        JSON.stringify(valuesFor(parts)),
      )
    },
    uninstall: async () => {
      await helm(['uninstall', release, ...flags, '--wait'])
    },
    replicas: async () => (await podsOf(kube)).map(({ metadata }) => metadata.name),
    restarts: async () => {
      const containers = (await podsOf(kube)).flatMap(({ status }) => status.containerStatuses ?? [])
      return containers.reduce((sum, { restartCount }) => sum + restartCount, 0)
    },
    leader: () => leaderOf(kube),
    close: () => clear(kube),
  }
}

/** What this cluster needs: no registry, names of its own, and a CA among its own addresses. */
const valuesFor = ({ names, bind }: Parts): object => ({
  image: { ...operatorImage, pullPolicy: 'Never' },
  dnsPolicy: 'None',
  dnsConfig: { nameservers: [names] },
  tlsAlpn01: { enabled: true, serviceType: 'ClusterIP' },
  config: { 'allow-addresses': '10.0.0.0/8', 'dns01-recursive-nameservers': `${bind}:53` },
  resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } },
})

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
    readonly status: { readonly containerStatuses?: readonly { readonly restartCount: number }[] }
  }[]
}

async function podsOf(kube: Kube): Promise<Pods['items']> {
  const { items } = await kube.get<Pods>('pods', '-n', home, '-l', 'app.kubernetes.io/name=perennial')
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

interface Lease {
  readonly spec: { readonly holderIdentity?: string }
}

/** The holder of the Lease, once it is a pod that stays. */
function leaderOf(kube: Kube): Promise<string> {
  return until('a replica leads', async () => {
    const { spec } = await kube.get<Lease>('lease', release, '-n', home)
    const names = (await podsOf(kube)).map(({ metadata }) => metadata.name)
    return names.find((name) => spec.holderIdentity?.startsWith(name) === true)
  })
}

const namespaceOf = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
})

const namespaces = [home, shop].map((name) => stringify(namespaceOf(name))).join('---\n')

/** The objects of the namespaces first: nobody is left who would make them anew. */
async function clear(kube: Kube): Promise<void> {
  const gone = ['--ignore-not-found', '--wait', '--timeout=120s']
  await kube.run(['delete', 'namespace', home, shop, partsNamespace, ...gone])
  await kube.run(['delete', 'clusterrole,clusterrolebinding', 'parts-nginx', ...gone])
  await kube.run(['delete', 'ingressclass', 'nginx', ...gone])
  await kube.run(['delete', 'crd', '-l', 'app.kubernetes.io/name=perennial', ...gone])
}
