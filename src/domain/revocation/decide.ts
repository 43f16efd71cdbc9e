/**
 * What to do about one order to revoke. Pure.
 *
 *   find the certificate ─► its moment has come ─► (its successor is in place) ─► an issuer that can ─► ask the CA ─► keep the record
 */
import { parseGoDuration } from '../../std/duration.ts'
import { fromRfc3339, plus } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { renewalToken } from './snapshot.ts'
import type { RevocationSnapshot } from './snapshot.ts'

export type RevocationStep =
  /** All is done; `until` is when the record goes, if ever. */
  | { readonly kind: 'rest'; readonly until?: Instant | undefined }
  /** The record has been kept long enough. */
  | { readonly kind: 'remove' }
  /** Look for the certificate and write down what was found. */
  | { readonly kind: 'find' }
  | { readonly kind: 'wait'; readonly reason: string; readonly message: string; readonly until?: Instant | undefined }
  /** Nothing will come of it until a person changes something. */
  | { readonly kind: 'stall'; readonly reason: string; readonly message: string }
  /** There is nothing left to revoke. */
  | { readonly kind: 'close'; readonly reason: string; readonly message: string }
  /** Ask the Certificate for a successor. */
  | { readonly kind: 'reissue'; readonly certificateName: string; readonly token: string }
  | { readonly kind: 'revoke' }

type Waiting = Extract<RevocationStep, { kind: 'wait' | 'stall' | 'reissue' }>

export function decideRevocation(snapshot: RevocationSnapshot, now: Instant): RevocationStep {
  const { target, status, spec } = snapshot
  if (status.revokedAt !== undefined || isClosed(snapshot)) return restOrRemove(snapshot, now)
  if (target === undefined || status.target === undefined) return { kind: 'find' }
  const expiry = fromRfc3339(target.notAfter)
  if (expiry !== undefined && now >= expiry)
    return { kind: 'close', reason: 'Expired', message: `the certificate expired at ${target.notAfter} by itself` }
  const due = spec.notBefore === undefined ? undefined : fromRfc3339(spec.notBefore)
  if (due !== undefined && now < due)
    return { kind: 'wait', reason: 'NotYetDue', message: `it is to be revoked after ${spec.notBefore}`, until: due }
  return unready(snapshot) ?? heldBack(snapshot, now) ?? { kind: 'revoke' }
}

/** What stands between an order that is due and the CA. Checked in order; the first hit is said. */
function unready(snapshot: RevocationSnapshot): Waiting | undefined {
  return heldBySuccession(snapshot) ?? withoutIssuer(snapshot)
}

function heldBySuccession(snapshot: RevocationSnapshot): Waiting | undefined {
  const { holder, spec } = snapshot
  if (holder === undefined) return undefined
  if (spec.reissue === 'First') return replacing(snapshot)
  if (spec.inUse !== 'Wait') return undefined
  const message = `the Secret of Certificate ${holder.name} still holds the certificate`
  return { kind: 'wait', reason: 'InUse', message }
}

function replacing(snapshot: RevocationSnapshot): Waiting | undefined {
  const { holder, spec } = snapshot
  if (holder === undefined) return undefined
  if (holder.keepsKey && spec.reason === 'keyCompromise')
    return {
      kind: 'stall',
      reason: 'KeyIsKept',
      message: `the successor would have the compromised key, because Certificate ${holder.name} keeps its key: set its privateKey.rotationPolicy to Always`,
    }
  const token = renewalToken(snapshot)
  if (holder.renewRequest !== token) return { kind: 'reissue', certificateName: holder.name, token }
  const message = `Certificate ${holder.name} is being renewed first; how that goes is said there`
  return { kind: 'wait', reason: 'Reissuing', message }
}

function withoutIssuer({ issuer, target }: RevocationSnapshot): Waiting | undefined {
  if (issuer === undefined)
    return {
      kind: 'stall',
      reason: 'IssuerUnknown',
      message: `nothing says which issuer made the certificate ${target?.serialNumber ?? ''}; set spec.issuerRef`,
    }
  const name = `${issuer.ref.kind} ${issuer.ref.name}`
  if (issuer.kind === 'absent') return { kind: 'wait', reason: 'IssuerMissing', message: issuer.message }
  if (issuer.kind === 'notReady')
    return { kind: 'wait', reason: 'IssuerNotReady', message: `${name} is not ready: ${issuer.message}` }
  if (issuer.ref.kind === 'ClusterIssuer' && target?.proven !== true)
    return {
      kind: 'stall',
      reason: 'NotProven',
      message: `${name} serves every namespace, so it must be shown that the certificate is this namespace's own: name a Secret that holds it with its key`,
    }
  if (issuer.revokes) return undefined
  const cure = issuer.revokesOnce === undefined ? '' : `${issuer.revokesOnce}, or `
  return {
    kind: 'stall',
    reason: 'CannotRevoke',
    message: `${name} (${issuer.protocol}) cannot revoke as it is set up: ${cure}name in spec.issuerRef another issuer of the same CA that can, or revoke at the CA itself`,
  }
}

/** An earlier attempt said when the next may be made. */
function heldBack({ status }: RevocationSnapshot, now: Instant): Waiting | undefined {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  if (status.nextAttempt === undefined || ready === undefined) return undefined
  const until = fromRfc3339(status.nextAttempt)
  return until === undefined || now >= until
    ? undefined
    : { kind: 'wait', reason: ready.reason, message: ready.message, until }
}

/** The last word was spoken, and it was not that the CA revoked it. */
function isClosed({ status, generation }: RevocationSnapshot): boolean {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  return ready?.status === 'True' && status.observedGeneration === generation
}

function restOrRemove({ spec, status }: RevocationSnapshot, now: Instant): RevocationStep {
  const kept = spec.ttlAfterRevoked === undefined ? undefined : parseGoDuration(spec.ttlAfterRevoked)
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  const done = fromRfc3339(status.revokedAt ?? ready?.lastTransitionTime ?? '')
  if (kept?.ok !== true || done === undefined) return { kind: 'rest' }
  const until = plus(done, kept.value)
  return now >= until ? { kind: 'remove' } : { kind: 'rest', until }
}
