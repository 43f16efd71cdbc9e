/**
 * The Service in a Certificate's namespace that routes of challenges lead to: without pods of its own, its EndpointSlices name
 * those of the operator. Ingresses and HTTPRoutes cannot name a Service in another namespace, or only where its owner has
 * allowed it; what reads EndpointSlices, which is every controller, can follow this. See docs/adr/0019.
 */
import type { Resource } from '../../kube/resource.ts'
import { challengeBackendName, labels } from '../names.ts'
import { apiVersionOf, backendKind, sliceKind } from './objects.ts'
import type { Backend, EndpointSlice } from './objects.ts'
import { backendPort } from './render.ts'

export interface BackendParts {
  readonly services: Resource<Backend>
  readonly slices: Resource<EndpointSlice>
  /** The Service of the operator itself. */
  readonly responder: { readonly namespace: string; readonly name: string }
}

export type BackendState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly note: string }
  | { readonly kind: 'failed'; readonly message: string }

const serviceLabel = 'kubernetes.io/service-name'
const families = ['IPv4', 'IPv6'] as const

export class ChallengeBackend {
  readonly #parts: BackendParts

  constructor(parts: BackendParts) {
    this.#parts = parts
  }

  get services(): Pick<Resource<Backend>, 'pages'> {
    return this.#parts.services
  }

  /** Makes it lead to the operator as that runs now. Idempotent. */
  async ensure(namespace: string, type: 'ClusterIP' | 'NodePort', signal: AbortSignal): Promise<BackendState> {
    const { services, slices, responder } = this.#parts
    const there = await services.get({ namespace, name: challengeBackendName }, signal)
    if (there !== undefined && there.metadata.labels?.[labels.challenge] === undefined)
      return {
        kind: 'failed',
        message: `Service ${challengeBackendName} in namespace ${namespace} is not ours and in the way; rename it`,
      }
    const found = await this.#endpoints(signal)
    if (found.length === 0)
      return {
        kind: 'waiting',
        note: `Service ${responder.namespace}/${responder.name}, which leads to the operator, has no endpoints; see --http01-service`,
      }
    await services.apply(serviceIn(namespace, type), signal)
    for (const slice of found) await slices.apply(sliceIn(namespace, slice), signal)
    return { kind: 'ready' }
  }

  /** Nothing in the namespace needs it any more. What somebody else made is left alone. */
  async remove(namespace: string, signal: AbortSignal): Promise<void> {
    const { services, slices } = this.#parts
    const there = await services.get({ namespace, name: challengeBackendName }, signal)
    if (there?.metadata.labels?.[labels.challenge] !== 'backend') return
    for (const family of families) await slices.delete({ namespace, name: sliceName(family) }, {}, signal)
    const { uid = '' } = there.metadata
    await services.delete({ namespace, name: challengeBackendName }, { uid }, signal)
  }

  /** Of each address family, where the operator's pods listen that are ready. */
  async #endpoints(signal: AbortSignal): Promise<readonly Endpoints[]> {
    const { slices, responder } = this.#parts
    const all: EndpointSlice[] = []
    const labelSelector = `${serviceLabel}=${responder.name}`
    for await (const page of slices.pages({ namespace: responder.namespace, labelSelector }, signal))
      all.push(...page.items)
    return families.flatMap((family) => {
      const ofFamily = all.filter(({ addressType }) => addressType === family)
      const addresses = [...new Set(ofFamily.flatMap(readyAddresses))].toSorted()
      const port = ofFamily.flatMap(portOf)[0]
      return addresses.length === 0 || port === undefined ? [] : [{ family, addresses, port }]
    })
  }
}

interface Endpoints {
  readonly family: (typeof families)[number]
  readonly addresses: readonly string[]
  readonly port: number
}

const readyAddresses = ({ endpoints }: EndpointSlice): readonly string[] =>
  (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => addresses)

/** The Service of the operator may have other ports beside the one for challenges. */
function portOf({ ports }: EndpointSlice): readonly number[] {
  const named = ports?.find(({ name }) => name === 'http') ?? ports?.[0]
  return named?.port === undefined ? [] : [named.port]
}

const sliceName = (family: string): string => `${challengeBackendName}-${family.toLowerCase()}`

const serviceIn = (namespace: string, type: string): Backend => ({
  apiVersion: apiVersionOf(backendKind),
  kind: backendKind.kind,
  metadata: { name: challengeBackendName, namespace, labels: { [labels.challenge]: 'backend' } },
  spec: {
    type,
    ipFamilyPolicy: 'PreferDualStack',
    ports: [{ name: 'http', port: backendPort, protocol: 'TCP' }],
  },
})

const sliceIn = (namespace: string, { family, addresses, port }: Endpoints): EndpointSlice => ({
  apiVersion: apiVersionOf(sliceKind),
  kind: sliceKind.kind,
  metadata: {
    name: sliceName(family),
    namespace,
    labels: {
      [labels.challenge]: 'backend',
      [serviceLabel]: challengeBackendName,
      'endpointslice.kubernetes.io/managed-by': 'perennial.dev',
    },
  },
  addressType: family,
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  ports: [{ name: 'http', port }],
})
