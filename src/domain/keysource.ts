/** With which key a certificate is asked for, and whether the request may be signed with the current one. Pure. */
import type { CertificateStatus } from '../api/certificate.ts'
import type { Instant } from '../std/time.ts'
import type { KeySource } from './decide.ts'
import { sameRef } from './flight.ts'
import type { RequestedWish, Snapshot } from './snapshot.ts'
import { sameShape } from './wanted.ts'
import type { KeyShape } from './wanted.ts'

/** `none`: a key must be made first. `unfit`: the key that must be kept is of another kind. */
export function keySource(
  { issuer, secret, pending, certificate }: Snapshot,
  wish: RequestedWish,
): KeySource | 'none' | 'unfit' {
  const current = secret?.key.kind === 'ok' ? secret.key.facts : undefined
  const fits = (shape: KeyShape): boolean => sameShape(shape, wish.wanted.key)
  if (wish.rotation === 'Never' && current !== undefined) return fits(current.shape) ? 'current' : 'unfit'
  // Where a stranger's Secret was in the way, making a key looks for it before the CA is troubled again.
  if (secret === undefined && wasInTheWay(certificate.status)) return 'none'
  if (issuer.kind === 'ready' && issuer.inProcess) return 'fresh'
  const next = pending?.key
  if (next === undefined || !fits(next.shape)) return 'none'
  // A pending key that has been published is spent: using it again would be re-use under rotationPolicy Always.
  return next.publicKeyHash === current?.publicKeyHash ? 'none' : 'pending'
}

function wasInTheWay({ conditions = [] }: CertificateStatus): boolean {
  return conditions.some(({ type, reason }) => type === 'Stalled' && reason === 'SecretNotOurs')
}

/** Renewal signed with the current certificate: it must be good, for the same names, and from this very issuer. */
export function canRenew({ issuer, choice, secret }: Snapshot, wish: RequestedWish, now: Instant): boolean {
  if (issuer.kind !== 'ready' || !issuer.renewsWithCurrent) return false
  if (secret?.certificate.kind !== 'ok' || secret.key.kind !== 'ok') return false
  const { facts } = secret.certificate
  return (
    facts.publicKeyHash === secret.key.facts.publicKeyHash &&
    facts.notAfter > now &&
    secret.marks.requestHash === wish.requestHash &&
    secret.marks.issuerRef !== undefined &&
    sameRef(secret.marks.issuerRef, choice.ref)
  )
}
