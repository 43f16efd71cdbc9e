/** What the controller reads of the objects of the cluster. */

export interface Meta {
  readonly namespace: string
  readonly name: string
}

interface Kept {
  readonly metadata: Meta
}

export interface Path {
  readonly path?: string
  readonly pathType: string
  readonly backend: { readonly service: { readonly name: string; readonly port: { readonly number: number } } }
}

export interface Ingress extends Kept {
  readonly spec: {
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[]
    readonly rules?: readonly { readonly host?: string; readonly http?: { readonly paths: readonly Path[] } }[]
  }
}

export interface Secret extends Kept {
  readonly data?: Readonly<Record<string, string>>
}

export interface Service extends Kept {
  readonly spec: { readonly clusterIP?: string }
}

/** Everything that the configuration depends on. */
export interface Cluster {
  readonly ingresses: readonly Ingress[]
  readonly secrets: readonly Secret[]
  readonly services: readonly Service[]
}
