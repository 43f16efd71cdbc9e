/** The parts of Kubernetes' objects that routes of challenges are made of. */
import type { KubeObject } from '../../api/meta.ts'
import type { KindRef } from '../../kube/resource.ts'

export interface IngressPath {
  readonly path?: string
  readonly pathType?: string
  readonly backend?: unknown
}

export interface IngressRule {
  readonly host?: string
  readonly http?: { readonly paths?: readonly IngressPath[] }
}

export interface Ingress extends KubeObject {
  readonly spec?: { readonly ingressClassName?: string; readonly rules?: readonly IngressRule[] }
}

/** HTTPRoutes are written whole and never read. */
export interface HttpRoute extends KubeObject {
  readonly spec?: object
}

export interface Backend extends KubeObject {
  readonly spec?: object
}

export interface EndpointSlice extends KubeObject {
  readonly addressType: string
  /** Null, from the cluster itself, while there are no pods. */
  readonly endpoints?:
    | readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean | null } }[]
    | null
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null
}

const of = (group: string, kind: string, plural: string): KindRef => ({
  group,
  version: 'v1',
  plural,
  kind,
  namespaced: kind !== 'IngressClass',
})

export const ingressKind = of('networking.k8s.io', 'Ingress', 'ingresses')
export const ingressClassKind = of('networking.k8s.io', 'IngressClass', 'ingressclasses')
export const backendKind = of('', 'Service', 'services')
export const sliceKind = of('discovery.k8s.io', 'EndpointSlice', 'endpointslices')
/** The best first. */
export const routeKinds: readonly KindRef[] = ['v1', 'v1beta1'].map((version) => ({
  ...of('gateway.networking.k8s.io', 'HTTPRoute', 'httproutes'),
  version,
}))

/** @returns `group/version` as objects write it */
export const apiVersionOf = ({ group, version }: KindRef): string => (group === '' ? version : `${group}/${version}`)
