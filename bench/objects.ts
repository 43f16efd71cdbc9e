/** The objects the benchmark applies. */

export const namespace = 'bench'

/** What the benchmark looks at in a Certificate. */
export interface SeenCertificate {
  readonly metadata: { readonly name: string }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const meta = (name: string): object => ({ name, namespace })

export const certificatesPath = `/apis/perennial.dev/v1/namespaces/${namespace}/certificates`
export const issuersPath = `/apis/perennial.dev/v1/namespaces/${namespace}/issuers`

export const acmeIssuerPath = `${issuersPath}/acme`
export const acmeAccountPath = `/api/v1/namespaces/${namespace}/secrets/acme-account`

export const selfSignedIssuer = {
  apiVersion: 'perennial.dev/v1',
  kind: 'Issuer',
  metadata: meta('root'),
  spec: { selfSigned: {} },
}

export const caCertificate = {
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: meta('ca'),
  spec: {
    secretName: 'ca',
    isCA: true,
    commonName: 'bench-ca',
    duration: '8760h',
    privateKey: { algorithm: 'ECDSA' },
    issuerRef: { name: 'root' },
  },
}

export const caIssuer = {
  apiVersion: 'perennial.dev/v1',
  kind: 'Issuer',
  metadata: meta('ca'),
  spec: { ca: { secretName: 'ca' } },
}

/** An ACME issuer for a Pebble whose own certificate chains to `caBundle` (PEM). */
export const acmeIssuer = (server: string, caBundle: string): object => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Issuer',
  metadata: meta('acme'),
  spec: {
    tls: { caBundle: Buffer.from(caBundle).toString('base64') },
    acme: { server, privateKeySecretRef: { name: 'acme-account' }, solvers: [{ http01: {} }] },
  },
})

/** One P-256 leaf with one DNS name. */
export const leaf = (issuer: string, i: number): object => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: meta(`${issuer}-${i}`),
  spec: {
    secretName: `${issuer}-${i}`,
    dnsNames: [`${issuer}-${i}.bench.example.com`],
    privateKey: { algorithm: 'ECDSA' },
    issuerRef: { name: issuer },
  },
})

/** A ConfigMap of about 1 KB, for the API server's own rate. */
export const filler = (i: number): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: meta(`filler-${i}`),
  data: { text: 'x'.repeat(900) },
})
