/** What lies on the simulated API server, and how it is projected into the caches of the operator. */
import type { CertificateSpec, CertificateStatus } from '../../src/api/certificate.ts'
import type { CertificateFacts, KeyFacts } from '../../src/domain/facts.ts'
import type {
  CertificateView,
  Part,
  PendingView,
  RequestedWish,
  SecretMarks,
  SecretView,
} from '../../src/domain/snapshot.ts'
import type { KeyShape } from '../../src/domain/wanted.ts'
import { readWish } from '../../src/domain/wish.ts'
import type { Instant } from '../../src/std/time.ts'

export interface CertificateObject {
  readonly resourceVersion: string
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly createdAt: Instant
  readonly spec: CertificateSpec
  readonly status: CertificateStatus
  readonly renewRequest: string | undefined
  /** Anything about the object that does not concern us. */
  readonly note: number
}

export interface CertificateSecret {
  readonly role: 'certificate'
  readonly resourceVersion: string
  readonly name: string
  /** Without our label it is not watched. */
  readonly labelled: boolean
  readonly owner: string
  readonly certificate: Part<CertificateFacts>
  readonly key: Part<KeyFacts>
  readonly intact: boolean
  readonly marks: SecretMarks
}

export interface NextKeySecret {
  readonly role: 'next-key'
  readonly resourceVersion: string
  readonly name: string
  readonly owner: string
  readonly key: KeyFacts | undefined
}

export interface ForeignSecret {
  readonly role: 'foreign'
  readonly resourceVersion: string
  readonly name: string
}

export type SecretObject = CertificateSecret | NextKeySecret | ForeignSecret

/** A Secret before the API server has numbered it. */
export type NewSecret = Unnumbered<SecretObject>
type Unnumbered<T> = T extends unknown ? Omit<T, 'resourceVersion'> : never

export const isWatched = (secret: SecretObject): boolean =>
  secret.role === 'next-key' || (secret.role === 'certificate' && secret.labelled)

export const viewOf = (secret: CertificateSecret): SecretView => secret

export const nextKeyName = (certificate: { readonly name: string }): string => `${certificate.name}-next`

/** Key material is its number: whoever has the Secret has the key. */
export const keyFacts = (number: number, shape: KeyShape): KeyFacts => ({
  shape,
  encoding: 'PKCS1',
  publicKeyHash: `key-${number}`,
})

const wishes = new WeakMap<CertificateSpec, RequestedWish>()

export function wishOf(spec: CertificateSpec): RequestedWish {
  const known = wishes.get(spec)
  if (known !== undefined) return known
  const wish = readWish(spec)
  if (!wish.ok) throw new Error(wish.error)
  const read = { ...wish.value, requestHash: wish.value.requestText, outputsHash: wish.value.outputsText }
  wishes.set(spec, read)
  return read
}

/** The older Certificate that names the same Secret. */
export function rivalOf(own: CertificateObject, all: Iterable<CertificateObject>): string | undefined {
  for (const other of all) {
    if (other.name === own.name || other.spec.secretName !== own.spec.secretName) continue
    if (other.createdAt < own.createdAt || (other.createdAt === own.createdAt && other.name < own.name))
      return other.name
  }
  return undefined
}

/** Whether two versions of a Secret of ours differ in nothing that matters. */
export const holdsAll = (a: SecretObject, b: SecretObject): boolean => {
  if (a.role !== 'certificate' || b.role !== 'certificate') return false
  const [first, second] = [a, b].map(({ owner, labelled, certificate, key }) => [owner, labelled, certificate, key])
  return JSON.stringify(first) === JSON.stringify(second)
}

export const sameStatus = (a: CertificateStatus, b: CertificateStatus): boolean =>
  JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

const sorted = (status: CertificateStatus): unknown => Object.entries(status).sort(([a], [b]) => (a < b ? -1 : 1))

/** A Certificate as `decide` sees it. */
export const seenAs = (object: CertificateObject, wish: RequestedWish): CertificateView => ({
  namespace: 'sim',
  name: object.name,
  uid: object.uid,
  generation: object.generation,
  deleting: false,
  wish: { ok: true, value: wish },
  status: object.status,
  renewRequest: object.renewRequest,
})

export const pendingOf = (secret: SecretObject | undefined): PendingView | undefined =>
  secret?.role === 'next-key'
    ? { resourceVersion: secret.resourceVersion, key: secret.key, keepsRequest: false }
    : undefined
