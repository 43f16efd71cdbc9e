/** A CA of the demo: a program that answers, and what is applied for the operator to ask it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: Readonly<Record<string, unknown>>
  readonly stringData?: Readonly<Record<string, string>>
}

export interface Authority {
  /** Protocol, program and how long its certificates live, for the person who watches. */
  readonly who: string
  /** Its Issuer, the Secrets of that, and its Certificates. */
  readonly manifests: readonly Manifest[]
  /** Names of Certificates that live too long to renew in the time of a demo: somebody asks for it. */
  readonly asked: readonly string[]
  /** PEM of the roots that its certificates chain to, where they do not stand in the Secret. */
  roots(): Promise<readonly string[]>
  stop(): Promise<void>
}

interface Wish {
  readonly name: string
  readonly issuer: string
  readonly spec: Readonly<Record<string, unknown>>
}

export const issuerOf = (name: string, spec: Readonly<Record<string, unknown>>): Manifest => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Issuer',
  metadata: { name },
  spec,
})

/** A certificate for one name, `NAME.example.internal`. */
export const certificateOf = ({ name, issuer, spec }: Wish): Manifest => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: { name },
  spec: {
    secretName: `${name}-tls`,
    issuerRef: { name: issuer },
    commonName: `${name}.example.internal`,
    dnsNames: [`${name}.example.internal`],
    privateKey: { algorithm: 'ECDSA' },
    ...spec,
  },
})

export const secretOf = (name: string, stringData: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
})
