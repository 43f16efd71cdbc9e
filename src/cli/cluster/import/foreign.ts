/** What cert-manager has in the cluster, as far as it is read. */
import type { KubeObject } from '../../../api/meta.ts'
import type { Secret } from '../../../api/meta.ts'
import type { KindRef } from '../../../kube/resource.ts'
import type { Json, JsonObject } from '../../../std/json.ts'

export interface ForeignObject extends KubeObject {
  readonly spec?: JsonObject
  readonly status?: { readonly [member: string]: Json }
}

export interface ForeignCertificate extends KubeObject {
  readonly spec: JsonObject & {
    readonly secretName: string
    readonly issuerRef: { readonly name: string; readonly kind?: string; readonly group?: string }
  }
}

const manager = { group: 'cert-manager.io', version: 'v1' } as const

export const foreignKinds = {
  certificates: { ...manager, plural: 'certificates', kind: 'Certificate', namespaced: true },
  issuers: { ...manager, plural: 'issuers', kind: 'Issuer', namespaced: true },
  clusterIssuers: { ...manager, plural: 'clusterissuers', kind: 'ClusterIssuer', namespaced: false },
  ingresses: { group: 'networking.k8s.io', version: 'v1', plural: 'ingresses', kind: 'Ingress', namespaced: true },
  gateways: {
    group: 'gateway.networking.k8s.io',
    version: 'v1',
    plural: 'gateways',
    kind: 'Gateway',
    namespaced: true,
  },
  deployments: { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true },
} as const satisfies Readonly<Record<string, KindRef>>

export const foreignGroup = manager.group

/** Everything that a plan is made from. */
export interface Findings {
  readonly issuers: readonly ForeignObject[]
  readonly clusterIssuers: readonly ForeignObject[]
  readonly certificates: readonly ForeignCertificate[]
  /** Ingresses and Gateways. */
  readonly claimants: readonly KubeObject[]
  /** Those that Certificates and issuers name, by `namespace/name`. Without private keys. */
  readonly secrets: ReadonlyMap<string, Secret>
  /** Ours that are there already, by `Kind/namespace/name`. */
  readonly ours: ReadonlyMap<string, KubeObject>
  /** Kinds of cert-manager that the cluster does not know. */
  readonly unknown: readonly string[]
  /** `namespace/name` of cert-manager's controllers that have replicas. */
  readonly running: readonly string[]
}

export const secretKey = (namespace: string, name: string): string => `${namespace}/${name}`
export const ourKey = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`
