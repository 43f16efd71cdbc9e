/** Reads what is to be known of one Certificate: itself, its issuer, its Secret's facts, its Events, orders to revoke. */
import type { Certificate } from '../../api/certificate.ts'
import type { Issuer } from '../../api/issuer.ts'
import type { IssuerRef } from '../../api/meta.ts'
import type { CertificateRevocation } from '../../api/revocation.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { readCertificates } from '../../pki/pem.ts'
import { ifAllowed, listAll } from './cluster.ts'
import type { Cluster, ClusterEvent } from './cluster.ts'

export type SecretFinding =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'there'; readonly chain: readonly CertificateFacts[]; readonly entries: readonly string[] }

/** An issuer of `fallbackIssuerRefs`. */
export interface Fallback {
  readonly ref: IssuerRef
  /** Undefined when it is not there or may not be read. */
  readonly issuer: Issuer | undefined
}

export interface Gathered {
  readonly certificate: Certificate
  readonly issuer: Issuer | undefined
  readonly fallbacks: readonly Fallback[]
  readonly secret: SecretFinding
  /** Oldest first. */
  readonly events: readonly ClusterEvent[]
  readonly revocations: readonly CertificateRevocation[]
}

/** @returns undefined when there is no such Certificate */
export async function gather(cluster: Cluster, name: string, signal: AbortSignal): Promise<Gathered | undefined> {
  const { namespace } = cluster
  const certificate = await cluster.certificates.get({ namespace, name }, signal)
  if (certificate === undefined) return undefined
  const { issuerRef, fallbackIssuerRefs = [] } = certificate.spec
  const [issuer, fallbacks, secret, events, revocations] = await Promise.all([
    issuerOf(cluster, issuerRef, signal),
    Promise.all(fallbackIssuerRefs.map(async (ref) => ({ ref, issuer: await issuerOf(cluster, ref, signal) }))),
    secretOf(cluster, certificate.spec.secretName, signal),
    eventsOf(cluster, certificate, signal),
    revocationsOf(cluster, name, signal),
  ])
  return { certificate, issuer, fallbacks, secret, events, revocations }
}

async function issuerOf(cluster: Cluster, { kind, name }: IssuerRef, signal: AbortSignal): Promise<Issuer | undefined> {
  const found = await ifAllowed(
    kind === 'ClusterIssuer'
      ? cluster.clusterIssuers.get({ name }, signal)
      : cluster.issuers.get({ namespace: cluster.namespace, name }, signal),
  )
  return found === undefined || 'forbidden' in found ? undefined : found
}

async function secretOf({ secrets, namespace }: Cluster, name: string, signal: AbortSignal): Promise<SecretFinding> {
  const secret = await ifAllowed(secrets.get({ namespace, name }, signal))
  if (secret === undefined) return { kind: 'absent' }
  if ('forbidden' in secret) return { kind: 'unreadable', message: 'you may not read it' }
  const chain = readCertificates(Buffer.from(secret.data?.['tls.crt'] ?? '', 'base64').toString('utf8'))
  if (!chain.ok) return { kind: 'unreadable', message: `tls.crt: ${chain.error}` }
  const facts = chain.value.map(certificateFacts)
  return {
    kind: 'there',
    chain: facts.flatMap((one) => (one.ok ? [one.value] : [])),
    entries: Object.keys(secret.data ?? {}).sort(),
  }
}

async function eventsOf(
  { events, namespace }: Cluster,
  { metadata }: Certificate,
  signal: AbortSignal,
): Promise<readonly ClusterEvent[]> {
  const fieldSelector = `involvedObject.uid=${metadata.uid ?? ''}`
  const found = await ifAllowed(listAll(events, { namespace, fieldSelector }, signal))
  if ('forbidden' in found) return []
  return [...found].sort((a, b) => momentOf(a).localeCompare(momentOf(b)))
}

/** RFC 3339. */
export const momentOf = ({ lastTimestamp, eventTime, metadata }: ClusterEvent): string =>
  lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? ''

async function revocationsOf(
  { revocations, namespace }: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<readonly CertificateRevocation[]> {
  const found = await ifAllowed(listAll(revocations, { namespace }, signal))
  if ('forbidden' in found) return []
  return found.filter(
    ({ spec, status }) => spec.certificateRef?.name === name || status?.target?.certificateName === name,
  )
}
