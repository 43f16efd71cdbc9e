/** The kinds of objects that ask for certificates, and under which versions clusters have them. */
import type { KindRef } from '../../kube/resource.ts'

export type TrafficKind = 'Ingress' | 'Gateway' | 'ListenerSet' | 'HTTPRoute'

const gateways = 'gateway.networking.k8s.io'

const of = (group: string, version: string, names: { readonly plural: string; readonly kind: string }): KindRef => ({
  group,
  version,
  ...names,
  namespaced: true,
})

/** The version that is taken is the first that the cluster serves. */
export const trafficKinds: Readonly<Record<TrafficKind, readonly KindRef[]>> = {
  Ingress: [of('networking.k8s.io', 'v1', { plural: 'ingresses', kind: 'Ingress' })],
  Gateway: ['v1', 'v1beta1'].map((version) => of(gateways, version, { plural: 'gateways', kind: 'Gateway' })),
  ListenerSet: [
    of(gateways, 'v1', { plural: 'listenersets', kind: 'ListenerSet' }),
    of('gateway.networking.x-k8s.io', 'v1alpha1', { plural: 'xlistenersets', kind: 'XListenerSet' }),
  ],
  HTTPRoute: ['v1', 'v1beta1'].map((version) => of(gateways, version, { plural: 'httproutes', kind: 'HTTPRoute' })),
}

export const claimantKinds = ['Ingress', 'Gateway', 'ListenerSet'] as const

export type ClaimantKind = (typeof claimantKinds)[number]

/** Of which family an object is, and how its own version is addressed; undefined for what asks for no certificates. */
export function placeOf({
  apiVersion,
  kind,
}: {
  readonly apiVersion: string
  readonly kind: string
}): { readonly family: ClaimantKind; readonly ref: KindRef } | undefined {
  const family = claimantKinds.find((one) => kind.endsWith(one))
  const ref = family && trafficKinds[family].find(({ group, version }) => `${group}/${version}` === apiVersion)
  return family === undefined || ref === undefined ? undefined : { family, ref }
}

/** `Kind/namespace/name`. */
export type ClaimantKey = string

export const claimantKey = (kind: TrafficKind, key: string): ClaimantKey => `${kind}/${key}`

export function splitClaimantKey(key: ClaimantKey): { readonly kind: TrafficKind; readonly key: string } | undefined {
  const slash = key.indexOf('/')
  const kind = ([...claimantKinds, 'HTTPRoute'] as const).find((one) => one === key.slice(0, slash))
  return kind === undefined ? undefined : { kind, key: key.slice(slash + 1) }
}
