/** The objects the benchmark applies. */

export const namespace = 'bench'

/** What the benchmark looks at in a Certificate or an Issuer. */
export interface Seen {
  readonly metadata: { readonly name: string }
  readonly status?: {
    readonly revision?: number
    /** RFC 3339. */
    readonly notAfter?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

export const isReady = ({ status }: Seen): boolean =>
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false

const meta = (name: string): object => ({ name, namespace })

const ours = `/apis/perennial.dev/v1/namespaces/${namespace}`

export const paths = {
  certificates: `${ours}/certificates`,
  issuers: `${ours}/issuers`,
  secrets: `/api/v1/namespaces/${namespace}/secrets`,
  events: `/api/v1/namespaces/${namespace}/events`,
} as const

export const certificatesPath = paths.certificates

export const issuer = (name: string, spec: object): object => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Issuer',
  metadata: meta(name),
  spec,
})

/** A CA in a Secret of the same name. */
export const selfSigned = (name: string, issuerName: string): object => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: meta(name),
  spec: {
    secretName: name,
    isCA: true,
    commonName: 'bench-ca',
    duration: '8760h',
    privateKey: { algorithm: 'ECDSA' },
    issuerRef: { name: issuerName },
  },
})

/** Of a leaf and its Secret. */
export const nameOf = (issuerName: string, i: number): string => `${issuerName}-${i}`

/** A leaf with one DNS name. */
export function leaf(issuerName: string, i: number, privateKey: object): object {
  const name = nameOf(issuerName, i)
  const dnsName = `${name}.bench.example.com`
  return {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: meta(name),
    // What is no ACME server wants a subject, too.
    spec: { secretName: name, commonName: dnsName, dnsNames: [dnsName], privateKey, issuerRef: { name: issuerName } },
  }
}

/** A ConfigMap of about 1 KB, for the API server's own rate. */
export const filler = (i: number): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: meta(`filler-${i}`),
  data: { text: 'x'.repeat(900) },
})
