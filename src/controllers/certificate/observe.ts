/**
 * Reads the caches into a snapshot. No request leaves: what is decided from is what the caches hold, with our own writes
 * laid over them.
 */
import { readCertificateSpec } from '../../api/certificate.ts'
import type { Certificate, CertificateSpec } from '../../api/certificate.ts'
import type { IssuerRef } from '../../api/meta.ts'
import { leavesKeyOpen } from '../../domain/policy/defaults.ts'
import type { Judging } from '../../domain/policy/issued.ts'
import { chooseIssuer } from '../../domain/fallback.ts'
import type { Candidate } from '../../domain/fallback.ts'
import type { CertificateView, IssuerView, RequestedWish, Situation, Snapshot } from '../../domain/snapshot.ts'
import { readWish } from '../../domain/wish.ts'
import type { Store } from '../../kube/store.ts'
import { shortHash } from '../../pki/hash.ts'
import { LatestMap } from '../../std/latestmap.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { fromRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { issuerKeyOf } from '../issuer/live.ts'
import type { LiveIssuers } from '../issuer/live.ts'
import { annotations, nextKeySecretName } from '../names.ts'
import type { CertificateProjection } from './certificates.ts'
import { ruleOn } from './judging.ts'
import type { PolicyReader } from './judging.ts'
import type { PacingReader } from './pacing.ts'
import type { CertificateSecret, SecretProjection } from './projection.ts'

export interface Caches {
  readonly certificates: Store<CertificateProjection>
  readonly secrets: Store<SecretProjection>
  readonly issuers: LiveIssuers
  /** Whether an Issuer object is known to the cache, probed or not. */
  readonly issuerExists: (key: string) => boolean
  /** Whether ClusterIssuers are looked at; those that are not are none that can be said to exist. */
  readonly servesClusterIssuers: boolean
  readonly policies: PolicyReader
  readonly pacing: PacingReader
}

/** A snapshot with the objects that acting on it needs. */
export interface Observation {
  readonly snapshot: Snapshot
  readonly certificate: Certificate
  readonly issuerKey: string
  readonly secret: CertificateSecret | undefined
  /** Where policies select it: what a certificate that comes is held against. */
  readonly judging?: Judging | undefined
}

/**
 * @param key - `namespace/name` of the Certificate
 * @returns undefined when it is gone, or when its issuer has not been probed or its namespace not been seen yet (both wake it)
 */
export function observe(
  key: string,
  caches: Caches,
  { hold, now }: { readonly hold: Instant | undefined; readonly now: Instant },
): Observation | undefined {
  const projection = caches.certificates.get(key)
  if (projection === undefined) return undefined
  if (awaitsProbe(projection.object, caches)) return undefined
  const { spec, wish } = readOnce(projection)
  const certificate = spec.ok ? { ...projection.object, spec: spec.value } : projection.object
  const { namespace = '' } = certificate.metadata
  const secret = caches.secrets.get(`${namespace}/${certificate.spec.secretName}`)
  const next = caches.secrets.get(
    `${namespace}/${nextKeySecretName(certificate.metadata.name, certificate.metadata.uid ?? '')}`,
  )
  const target = secret?.role === 'certificate' ? secret : undefined
  const policies = caches.policies.policiesFor(certificate)
  if (policies === undefined) return undefined
  const ruled = ruleOn({ spec: certificate.spec, wish }, policies, target?.view)
  const situation: Situation = {
    certificate: view(certificate, ruled.wish),
    secret: target?.view,
    pending: next?.role === 'next-key' ? next.pending : undefined,
    rival: rivalOf(key, projection, caches.certificates),
    hold,
    policy: ruled.policy,
    pacing: spec.ok ? caches.pacing(spec.value, namespace, now) : undefined,
    succession: successionOf(target, namespace, caches.issuers),
  }
  const chosen = chooseIssuer(situation, candidatesOf(certificate, caches), now)
  if (chosen === undefined) return undefined
  const issuerKey = issuerKeyOf(chosen.choice.ref, namespace)
  return { certificate, issuerKey, secret: target, judging: ruled.judging, snapshot: { ...situation, ...chosen } }
}

/** Reading a wish is most of what a look costs, and at the start all are looked at before their only issuer has been probed. */
function awaitsProbe(certificate: Certificate, caches: Caches): boolean {
  const [first, ...others] = candidatesOf(certificate, caches)
  return first?.view === undefined && others.length === 0
}

/** The change of the CA that issued what lies in the Secret, whichever issuer is asked next. */
function successionOf(
  secret: CertificateSecret | undefined,
  namespace: string,
  issuers: LiveIssuers,
): Situation['succession'] {
  const ref = secret?.view.marks.issuerRef
  const rollover = ref === undefined ? undefined : issuers.rollover(issuerKeyOf(ref, namespace))
  return secret === undefined || rollover === undefined ? undefined : { rollover, above: secret.chain }
}

/** The issuers that a Certificate names, in its order; what cannot be understood names none. */
function candidatesOf({ metadata, spec }: Certificate, caches: Caches): readonly Candidate[] {
  const { namespace = '', creationTimestamp } = metadata
  const refs: readonly IssuerRef[] = [spec.issuerRef ?? noIssuer, ...(spec.fallbackIssuerRefs ?? [])]
  const madeAt = creationTimestamp === undefined ? undefined : fromRfc3339(creationTimestamp)
  return refs.map((ref) => ({ ref, view: issuerView(issuerKeyOf(ref, namespace), caches, madeAt) }))
}

const noIssuer: IssuerRef = { kind: 'Issuer', name: '', group: 'perennial.dev' }

/** What a person wishes, read. It stays the same as long as the generation does, whatever becomes of the status. */
interface Reading {
  readonly generation: number | undefined
  readonly spec: Result<CertificateSpec, string>
  readonly wish: Result<RequestedWish, string>
}

/** How many readings are kept: as many as are reconciled at a time, with some to spare. More would cost memory for good. */
const mostReadings = 128
/** By uid. */
const readings = new LatestMap<string, Reading>(mostReadings)

/** A Certificate is looked at several times in the course of one issuance, and reading it is most of what a look costs. */
function readOnce({ object }: CertificateProjection): Reading {
  const { uid = '', generation } = object.metadata
  const known = readings.get(uid)
  if (known !== undefined && known.generation === generation) return known
  const spec = readCertificateSpec(object.spec)
  const reading: Reading = { generation, spec, wish: spec.ok ? hashWish(spec.value) : spec }
  readings.set(uid, reading)
  return reading
}

function hashWish(spec: CertificateSpec): Result<RequestedWish, string> {
  const wish = readWish(spec)
  if (!wish.ok) return wish
  return ok({
    ...wish.value,
    requestHash: shortHash(wish.value.requestText),
    outputsHash: shortHash(wish.value.outputsText),
    keyIsOpen: leavesKeyOpen(spec),
  })
}

function view(certificate: Certificate, wish: Result<RequestedWish, string>): CertificateView {
  const { metadata } = certificate
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    deleting: metadata.deletionTimestamp !== undefined,
    wish,
    status: certificate.status ?? {},
    renewRequest: metadata.annotations?.[annotations.renew],
  }
}

/** @param madeAt - of the Certificate: an issuer that is missing may be applied right behind it */
function issuerView(
  key: string,
  { issuers, issuerExists, servesClusterIssuers }: Caches,
  madeAt: Instant | undefined,
): IssuerView | undefined {
  if (key.startsWith('ClusterIssuer/') && !servesClusterIssuers)
    return {
      kind: 'missing',
      since: madeAt,
      message: `${sayIssuer(key)} is not looked after, because the operator runs for some namespaces only; name an Issuer in spec.issuerRef, or have the operator run with --cluster-issuers=true`,
    }
  if (!issuerExists(key))
    return {
      kind: 'missing',
      since: madeAt,
      message: `${sayIssuer(key)} does not exist; create it or correct the reference`,
    }
  const live = issuers.view(key)
  return live?.kind === 'notReady' ? { ...live, message: `${sayIssuer(key)} is not ready: ${live.message}` } : live
}

/** `Issuer/team/web` as people say it. */
function sayIssuer(key: string): string {
  const [kind = '', ...rest] = key.split('/')
  return kind === 'ClusterIssuer' ? `ClusterIssuer ${rest.join('/')}` : `Issuer ${rest[1]} in namespace ${rest[0]}`
}

/** The oldest claim to a Secret wins; equal ages are settled by name, so that both sides agree. */
function rivalOf(key: string, own: CertificateProjection, store: Store<CertificateProjection>): string | undefined {
  const claims = store.byIndex('secret', `${own.object.metadata.namespace}/${own.object.spec.secretName}`)
  for (const other of claims) {
    if (other === key) continue
    const rival = store.get(other)
    if (rival === undefined || rival.object.metadata.deletionTimestamp !== undefined) continue
    if (isOlder(rival, own)) return rival.object.metadata.name
  }
  return undefined
}

function isOlder(a: CertificateProjection, b: CertificateProjection): boolean {
  const ageA = a.object.metadata.creationTimestamp ?? ''
  const ageB = b.object.metadata.creationTimestamp ?? ''
  return ageA === ageB ? a.object.metadata.name < b.object.metadata.name : ageA < ageB
}
