/**
 * What the status tells of an enrollment, held against what the Secret tells. The Secret is written first, so after a crash
 * it may know of a certificate that the status has not heard of yet.
 */
import type { CertificateStatus, EnrollmentTicket } from '../api/certificate.ts'
import type { IssuerRef } from '../api/meta.ts'
import { checkInput, isFit } from './checks.ts'
import type { Wish } from './wish.ts'
import type { Situation } from './snapshot.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'

type Enrollment = NonNullable<CertificateStatus['enrollment']>

export interface Flight extends Enrollment {
  readonly ticket: EnrollmentTicket
}

/** @returns the enrollment to go on with; undefined when there is none, or when its certificate already lies in the Secret */
export function flightOf(snapshot: Situation): Flight | undefined {
  const { enrollment } = snapshot.certificate.status
  if (enrollment?.ticket === undefined || hasLanded(snapshot, enrollment)) return undefined
  return { ...enrollment, ticket: enrollment.ticket }
}

/** Under rotationPolicy Never every certificate has the same key, so that only the serial number tells it from its predecessor. */
function hasLanded({ secret }: Situation, enrollment: Enrollment): boolean {
  if (secret?.certificate.kind !== 'ok' || secret.key.kind !== 'ok') return false
  return (
    secret.certificate.facts.publicKeyHash === enrollment.keyHash &&
    secret.key.facts.publicKeyHash === enrollment.keyHash &&
    secret.marks.requestHash === enrollment.requestHash &&
    secret.certificate.facts.serialNumber !== enrollment.replaces
  )
}

/** What an enrollment replaces: noted when it starts, and kept. */
export function replacesIn({ secret }: Situation, old: Enrollment | undefined): Pick<Enrollment, 'replaces'> {
  const current = secret?.certificate.kind === 'ok' ? secret.certificate.facts.serialNumber : undefined
  const replaces = old === undefined ? current : old.replaces
  return replaces === undefined ? {} : { replaces }
}

/** Whether the Secret holds a good certificate that the status does not speak of yet. */
export function isUntold(snapshot: Situation, now: Instant): boolean {
  const { certificate, secret } = snapshot
  const input = checkInput(snapshot)
  if (input === undefined || secret?.certificate.kind !== 'ok') return false
  return isFit(input, now) && secret.certificate.facts.fingerprint !== certificate.status.fingerprintSHA256
}

/**
 * The status is written after the Secret. One that tells of a later certificate than the one that is seen may mean that the Secret is
 * seen late: the two come by different watches, and another replica may have written both. Or somebody has put an old one back, or
 * removed it; only a look at the API server tells.
 */
export function mayBeSeenLate({ certificate: { status }, secret }: Situation): boolean {
  const { fingerprintSHA256: told, notBefore = '' } = status
  if (told === undefined) return false
  if (secret?.certificate.kind !== 'ok') return secret === undefined
  const { facts } = secret.certificate
  return facts.fingerprint !== told && toRfc3339(facts.notBefore) <= notBefore
}

/** Whether a certificate came from one of the issuers to fall back to. */
export const isFallbackOf = ({ issuerRef, fallbackIssuerRefs }: Wish, by: IssuerRef): boolean =>
  !sameRef(issuerRef, by) && fallbackIssuerRefs.some((ref) => sameRef(ref, by))

export const sameRef = (a: IssuerRef, b: IssuerRef): boolean =>
  a.name === b.name && a.kind === b.kind && a.group === b.group
