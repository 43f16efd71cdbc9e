/** A small client of the demo for the API server. It shares no code with the operator that it shows. */
import { Agent, request } from 'undici'
import type { ControlPlane } from '../test/support/controlplane.ts'

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** What the demo looks at of a Certificate. */
export interface CertificateView {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string }
  readonly spec: {
    readonly secretName: string
    readonly dnsNames?: readonly string[]
    readonly issuerRef: { readonly name: string; readonly kind?: string }
  }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly notBefore?: string
    readonly notAfter?: string
    readonly renewalTime?: string
    readonly revision?: number
    readonly protocol?: string
    readonly serialNumber?: string
    readonly enrollment?: { readonly phase: string; readonly note?: string }
    readonly lastFailure?: { readonly message: string }
  }
}

export interface Cluster {
  /** Every Certificate, by namespace and name. */
  certificates(): Promise<readonly CertificateView[]>
  /** The data of a Secret. */
  secret(namespace: string, name: string): Promise<Readonly<Record<string, Buffer>>>
  close(): Promise<void>
}

export function connect({ url, token, ca }: ControlPlane): Cluster {
  const dispatcher = new Agent({ connections: 4, connect: { ca }, allowH2: false })
  const get = async (path: string): Promise<unknown> => {
    const reply = await request(`${url}${path}`, { dispatcher, headers: { authorization: `Bearer ${token}` } })
    const text = await reply.body.text()
    if (reply.statusCode !== 200) throw new Error(`GET ${path} answered ${reply.statusCode}: ${text.slice(0, 200)}`)
    return JSON.parse(text)
  }
  return {
    certificates: async () => {
      const { items } = (await get('/apis/perennial.dev/v1/certificates')) as { items: readonly CertificateView[] }
      return [...items].sort((one, other) => nameOf(one).localeCompare(nameOf(other)))
    },
    secret: async (namespace, name) => {
      const path = `/api/v1/namespaces/${namespace}/secrets/${name}`
      const { data = {} } = (await get(path)) as { data?: Readonly<Record<string, string>> }
      return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]))
    },
    close: () => dispatcher.close(),
  }
}

export const nameOf = ({ metadata }: CertificateView): string => `${metadata.namespace}/${metadata.name}`

export const readiness = ({ status }: CertificateView): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')

export const isReady = (certificate: CertificateView): boolean => readiness(certificate)?.status === 'True'
