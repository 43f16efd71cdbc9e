/** What integration tests say to the API server, and how they wait for its answer. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { CertificateSpec, CertificateStatus } from '../../src/api/certificate.ts'
import type { IssuerSpec, IssuerStatus } from '../../src/api/issuer.ts'
import type { Condition, Secret } from '../../src/api/meta.ts'
import type { RevocationStatus } from '../../src/api/revocation.ts'
import type { ControlPlane } from './controlplane.ts'

/** An object as tests look at it. */
export interface Seen<S = unknown> {
  readonly kind: string
  readonly metadata: Secret['metadata']
  readonly spec: Readonly<Record<string, unknown>>
  readonly status?: S
}

export type SeenCertificate = Seen<CertificateStatus>

export interface SeenSecret {
  readonly metadata: Secret['metadata']
  readonly type: string
  /** Decoded. */
  readonly data: Readonly<Record<string, Buffer>>
}

export interface SeenEvent {
  readonly reason: string
  readonly message: string
  readonly involvedObject: { readonly name: string }
}

type Plural =
  | 'certificates'
  | 'certificaterevocations'
  | 'issuers'
  | 'secrets'
  | 'configmaps'
  | 'events'
  | 'leases'
  | 'ingresses'
  | 'gateways'
  | 'listenersets'
  | 'httproutes'
  | 'services'
  | 'endpointslices'

const groups: Readonly<Record<Plural, string>> = {
  certificates: '/apis/perennial.dev/v1',
  certificaterevocations: '/apis/perennial.dev/v1',
  issuers: '/apis/perennial.dev/v1',
  secrets: '/api/v1',
  configmaps: '/api/v1',
  events: '/api/v1',
  leases: '/apis/coordination.k8s.io/v1',
  ingresses: '/apis/networking.k8s.io/v1',
  gateways: '/apis/gateway.networking.k8s.io/v1',
  listenersets: '/apis/gateway.networking.k8s.io/v1',
  httproutes: '/apis/gateway.networking.k8s.io/v1',
  services: '/api/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
}

/** How long anything may take on a busy machine, in milliseconds. */
const patience = 45_000
/** Milliseconds between two looks. */
const interval = 100

/**
 * Looks again and again until there is something to see.
 *
 * @param what - for the message when the time is up
 * @param look - returns undefined as long as it is not there
 */
export async function until<T>(what: string, look: () => Promise<T | undefined>, within = patience): Promise<T> {
  const deadline = performance.now() + within
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() > deadline) throw new Error(`not seen within ${within / 1000} s: ${what}`)
    await sleep(interval)
  }
}

export const conditionOf = (
  object: Seen<{ readonly conditions?: readonly Condition[] }> | undefined,
  type: string,
): Condition | undefined => object?.status?.conditions?.find((condition) => condition.type === type)

function mapValues<V, W>(record: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]): [string, W] => [key, change(value)]))
}

const seen = ({ metadata, type = '', data = {} }: Secret): SeenSecret => ({
  metadata,
  type,
  data: mapValues(data, (value) => Buffer.from(value, 'base64')),
})

/** A client of the API server, and one namespace in it. */
export class Namespace {
  readonly name: string
  readonly #plane: ControlPlane
  readonly #agent: Agent

  private constructor(plane: ControlPlane, name: string) {
    this.name = name
    this.#plane = plane
    this.#agent = new Agent({ connections: 8, connect: { ca: plane.ca }, allowH2: false })
  }

  static async make(plane: ControlPlane, name: string): Promise<Namespace> {
    const namespace = new Namespace(plane, name)
    await namespace.#call('POST', '/api/v1/namespaces', { metadata: { name } })
    return namespace
  }

  /** One that is there already. */
  static of(plane: ControlPlane, name: string): Namespace {
    return new Namespace(plane, name)
  }

  close(): Promise<void> {
    return this.#agent.close()
  }

  async issuer(name: string, spec: Partial<Record<keyof IssuerSpec, object>>): Promise<void> {
    await this.create('issuers', { apiVersion: 'perennial.dev/v1', kind: 'Issuer', metadata: { name }, spec })
  }

  /** Creates a Certificate that writes the Secret of its own name unless told otherwise. */
  async certificate(name: string, spec: Partial<CertificateSpec>, metadata: object = {}): Promise<void> {
    await this.create('certificates', {
      apiVersion: 'perennial.dev/v1',
      kind: 'Certificate',
      metadata: { ...metadata, name },
      spec: { secretName: name, dnsNames: [`${name}.example`], issuerRef: { name: 'ca' }, privateKey: ec, ...spec },
    })
  }

  async secret(name: string, data: Readonly<Record<string, string | Uint8Array>>, type = 'Opaque'): Promise<void> {
    const encoded = mapValues(data, (value) => Buffer.from(value).toString('base64'))
    await this.create('secrets', { metadata: { name }, type, data: encoded })
  }

  async create(plural: Plural, object: object): Promise<void> {
    await this.#call('POST', this.#path(plural), object)
  }

  /** @param patch - a JSON merge patch */
  async patch(plural: Plural, name: string, patch: object): Promise<void> {
    await this.#call('PATCH', this.#path(plural, name), patch)
  }

  async remove(plural: Plural, name: string): Promise<void> {
    await this.#call('DELETE', this.#path(plural, name))
  }

  seenCertificate(name: string): Promise<SeenCertificate | undefined> {
    return this.#get('certificates', name)
  }

  seenRevocation(name: string): Promise<Seen<RevocationStatus> | undefined> {
    return this.#get('certificaterevocations', name)
  }

  seenIssuer(name: string): Promise<Seen<IssuerStatus> | undefined> {
    return this.#get('issuers', name)
  }

  async seenSecret(name: string): Promise<SeenSecret | undefined> {
    const secret = await this.#get<Secret>('secrets', name)
    return secret === undefined ? undefined : seen(secret)
  }

  async secrets(): Promise<readonly SeenSecret[]> {
    return (await this.list<Secret>('secrets')).map(seen)
  }

  async list<T>(plural: Plural): Promise<readonly T[]> {
    const { items } = (await this.#call('GET', this.#path(plural))) as { items: readonly T[] }
    return items
  }

  lease(name: string): Promise<{ spec: { holderIdentity?: string } } | undefined> {
    return this.#get('leases', name)
  }

  /** Waits until a condition of a Certificate says this, and returns the Certificate. */
  async told(
    name: string,
    expected: {
      readonly type?: string
      readonly status?: string
      readonly reason?: string
      readonly revision?: number
    },
    within?: number,
  ): Promise<SeenCertificate> {
    const { type = 'Ready', status, reason, revision } = expected
    let last: SeenCertificate | undefined
    const look = async (): Promise<SeenCertificate | undefined> => {
      last = await this.seenCertificate(name)
      const condition = conditionOf(last, type)
      const fits =
        condition !== undefined &&
        condition.observedGeneration === last?.metadata.generation &&
        (status ?? condition.status) === condition.status &&
        (reason ?? condition.reason) === condition.reason &&
        (revision ?? last?.status?.revision) === last?.status?.revision
      return fits ? last : undefined
    }
    return until(`${this.name}/${name} ${JSON.stringify(expected)}`, look, within).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify(last?.status, undefined, 1)}`, { cause: error })
    })
  }

  ready(name: string, within?: number): Promise<SeenCertificate> {
    return this.told(name, { status: 'True' }, within)
  }

  /** Waits until the Ready condition of an Issuer has this status, and returns it. */
  async issuerTold(name: string, status: 'True' | 'False', reason?: string): Promise<Condition> {
    return until(`Issuer ${this.name}/${name} Ready=${status}`, async () => {
      const condition = conditionOf(await this.seenIssuer(name), 'Ready')
      const fits = condition?.status === status && (reason ?? condition.reason) === condition.reason
      return fits ? condition : undefined
    })
  }

  /** Waits until a Secret looks like this, and returns it. */
  async secretWhere(name: string, fits: (secret: SeenSecret) => boolean, within?: number): Promise<SeenSecret> {
    const look = async (): Promise<SeenSecret | undefined> => {
      const secret = await this.seenSecret(name)
      return secret !== undefined && fits(secret) ? secret : undefined
    }
    return until(`Secret ${this.name}/${name} as expected`, look, within)
  }

  async #get<T>(plural: Plural, name: string): Promise<T | undefined> {
    return (await this.#call('GET', this.#path(plural, name))) as T | undefined
  }

  #path(plural: Plural, name?: string): string {
    const all = `${groups[plural]}/namespaces/${this.name}/${plural}`
    return name === undefined ? all : `${all}/${name}`
  }

  /** @returns the parsed answer; undefined for 404 */
  async #call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const reply = await request(this.#plane.url + path, {
      method,
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#plane.token}`, 'content-type': type },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await reply.body.text()
    if (reply.statusCode === 404 && method === 'GET') return undefined
    if (reply.statusCode >= 300)
      throw new Error(`${method} ${path} answered ${reply.statusCode}: ${text.slice(0, 500)}`)
    return JSON.parse(text)
  }
}

/** The fastest key to make. */
export const ec = { algorithm: 'ECDSA', size: 256 } as const

/** Applies the CRDs and waits until objects can be made. */
export async function installCrds(plane: ControlPlane): Promise<void> {
  await plane.kubectl(['apply', '--server-side', '-f', 'crds/'])
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
}

/** A root CA from nothing in a namespace, and the Issuer `ca` that signs with it. */
export async function makeAuthority(namespace: Namespace): Promise<void> {
  await namespace.issuer('selfsigned', { selfSigned: {} })
  await namespace.issuer('ca', { ca: { secretName: 'root' } })
  await namespace.certificate('root', {
    issuerRef: { name: 'selfsigned', kind: 'Issuer', group: 'perennial.dev' },
    commonName: 'Test root',
    dnsNames: [],
    isCA: true,
    duration: '87600h',
  })
  await namespace.ready('root')
}
