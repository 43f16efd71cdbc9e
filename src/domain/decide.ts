/**
 * From what is to the one next step. Pure: the same snapshot at the same time gives the same step on every replica.
 *
 *   a first certificate from a CA across the network        from a CA in this process
 *
 *   (nothing) ── makeKey ──► key stored                     (nothing) ── enroll(fresh) ──► Secret
 *        key  ── enroll  ──► ticket in status
 *     ticket  ── poll ... ──► Secret ── discardKey ──► idle
 *
 * Every arrow may be the last thing a process does: the next process reads the same state and takes the next arrow.
 */
import type { EnrollmentTicket } from '../api/certificate.ts'
import { earliest, fromRfc3339, minutes, plus } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { checkInput, firstTrigger, renewAt } from './checks.ts'
import type { Violation } from './checks.ts'
import { retryClass } from './fault.ts'
import type { IssuerView, RequestedWish, Snapshot } from './snapshot.ts'

/** Which key the request is made with. `fresh` is made in memory, and only for issuers in this process. */
export type KeySource = 'fresh' | 'pending' | 'current'

export type WaitReason = 'IssuerNotFound' | 'IssuerNotReady' | 'BackingOff' | 'Pending'
export type StallReason = 'InvalidSpec' | 'SecretNameTaken' | 'SecretNotOurs' | 'KeyDoesNotFit' | 'NeedsPerson'

export type Step =
  | { readonly kind: 'idle'; readonly wakeAt: Instant | undefined }
  | {
      readonly kind: 'wait'
      readonly reason: WaitReason
      readonly message: string
      readonly wakeAt: Instant | undefined
    }
  | {
      readonly kind: 'stall'
      readonly reason: StallReason
      readonly message: string
      readonly wakeAt: Instant | undefined
    }
  | { readonly kind: 'makeKey' }
  | { readonly kind: 'enroll' | 'renew'; readonly key: KeySource; readonly violation: Violation }
  | { readonly kind: 'poll'; readonly ticket: EnrollmentTicket; readonly key: KeySource }
  | { readonly kind: 'abandon'; readonly ticket: EnrollmentTicket; readonly message: string }
  | { readonly kind: 'publish'; readonly violation: Violation }
  | { readonly kind: 'advise' }
  | { readonly kind: 'discardKey' }

/** A stall is looked at again this often, in case the event that ends it was missed. */
const stallRecheck = minutes(3)

/** The step that the snapshot asks for. */
export function decide(snapshot: Snapshot, now: Instant): Step {
  const { certificate, rival } = snapshot
  if (certificate.deleting) return { kind: 'idle', wakeAt: undefined }
  if (!certificate.wish.ok) return stall('InvalidSpec', certificate.wish.error, undefined)
  const wish = certificate.wish.value
  if (rival !== undefined)
    return stall(
      'SecretNameTaken',
      `Certificate ${rival} is older and already writes Secret ${wish.secretName}; give this one another secretName`,
      plus(now, stallRecheck),
    )
  if (certificate.status.enrollment?.ticket !== undefined) return continueFlight(snapshot, wish, now)
  const input = checkInput(snapshot)
  const violation = input === undefined ? undefined : firstTrigger(input, now)
  if (violation === undefined) return keepHouse(snapshot, now)
  return violation.remedy === 'publish' ? { kind: 'publish', violation } : begin(snapshot, wish, { violation, now })
}

/** An enrollment is in flight: ask again, unless what it was started for has changed. */
function continueFlight(snapshot: Snapshot, wish: RequestedWish, now: Instant): Step {
  const { issuer, certificate } = snapshot
  const enrollment = certificate.status.enrollment
  if (enrollment?.ticket === undefined) throw new Error('no enrollment in flight')
  const ticket = enrollment.ticket
  const abandon = (message: string): Step => ({ kind: 'abandon', ticket, message })
  if (enrollment.requestHash !== wish.requestHash) return abandon('the spec has changed')
  if (issuer.kind === 'missing') return abandon(issuer.message)
  if (issuer.kind === 'notReady') return wait('IssuerNotReady', issuer.message, undefined)
  if (enrollment.issuer !== issuerKey(issuer)) return abandon('the issuer has changed')
  const key = flightKey(snapshot, enrollment.keyHash)
  if (key === undefined) return abandon('the key of the enrollment is gone')
  const due = latestOf(enrollment.nextPollTime, snapshot.hold)
  if (due !== undefined && due > now) return wait('Pending', enrollment.note ?? ticket.phase, due)
  return { kind: 'poll', ticket, key }
}

function flightKey({ pending, secret }: Snapshot, keyHash: string): KeySource | undefined {
  if (pending?.key.publicKeyHash === keyHash) return 'pending'
  if (secret?.key.kind === 'ok' && secret.key.facts.publicKeyHash === keyHash) return 'current'
  return undefined
}

interface Beginning {
  readonly violation: Violation
  readonly now: Instant
}

/** A certificate is needed and nothing is in flight. */
function begin(snapshot: Snapshot, wish: RequestedWish, { violation, now }: Beginning): Step {
  const { issuer } = snapshot
  if (issuer.kind === 'missing') return wait('IssuerNotFound', issuer.message, undefined)
  if (issuer.kind === 'notReady') return wait('IssuerNotReady', issuer.message, undefined)
  const held = heldBack(snapshot, issuer, now)
  if (held !== undefined) return held
  const key = keySource(snapshot, wish)
  if (key === 'unfit')
    return stall(
      'KeyDoesNotFit',
      `the key in Secret ${wish.secretName} does not fit spec.privateKey and rotationPolicy is Never; ` +
        'change the spec back, set rotationPolicy to Always, or delete the Secret',
      undefined,
    )
  if (key === 'none') return { kind: 'makeKey' }
  return { kind: canRenew(snapshot, wish) ? 'renew' : 'enroll', key, violation }
}

/** The last failure holds the next attempt back, unless what failed is no longer what would be tried. */
function heldBack({ certificate }: Snapshot, issuer: ReadyIssuer, now: Instant): Step | undefined {
  const last = certificate.status.lastFailure
  if (last === undefined) return undefined
  if (!certificate.wish.ok || last.requestHash !== certificate.wish.value.requestHash) return undefined
  if (last.issuer !== issuerKey(issuer)) return undefined
  if (certificate.renewRequest !== undefined && last.renewRequest !== certificate.renewRequest) return undefined
  const retry = retryClass(last.code)
  if (retry === 'person') return stall('NeedsPerson', last.message, undefined)
  if (retry === 'issuer' && issuer.readySince > (fromRfc3339(last.time) ?? now)) return undefined
  const next = last.nextTryTime === undefined ? undefined : fromRfc3339(last.nextTryTime)
  return next !== undefined && next > now ? wait('BackingOff', last.message, next) : undefined
}

function keySource({ issuer, secret, pending }: Snapshot, wish: RequestedWish): KeySource | 'none' | 'unfit' {
  const current = secret?.key.kind === 'ok' ? secret.key.facts : undefined
  const fits = (shape: { algorithm: string; size: number }): boolean =>
    shape.algorithm === wish.wanted.key.algorithm && shape.size === wish.wanted.key.size
  if (wish.rotation === 'Never' && current !== undefined) return fits(current.shape) ? 'current' : 'unfit'
  if (issuer.kind === 'ready' && issuer.inProcess) return 'fresh'
  // A pending key that has been published is spent: using it again would be re-use under rotationPolicy Always.
  if (pending === undefined || !fits(pending.key.shape)) return 'none'
  return pending.key.publicKeyHash === current?.publicKeyHash ? 'none' : 'pending'
}

/** Renewal signed with the current certificate: it must be good, and from this very issuer. */
function canRenew({ issuer, secret }: Snapshot, wish: RequestedWish): boolean {
  if (issuer.kind !== 'ready' || !issuer.renewsWithCurrent) return false
  if (secret?.certificate.kind !== 'ok' || secret.key.kind !== 'ok') return false
  const by = secret.marks.issuerRef
  return (
    secret.certificate.facts.publicKeyHash === secret.key.facts.publicKeyHash &&
    by?.name === wish.issuerRef.name &&
    by.kind === wish.issuerRef.kind
  )
}

/** The certificate is good and not due. */
function keepHouse(snapshot: Snapshot, now: Instant): Step {
  const { issuer, secret, pending, certificate } = snapshot
  if (pending !== undefined) return { kind: 'discardKey' }
  if (secret?.certificate.kind !== 'ok') return { kind: 'idle', wakeAt: undefined }
  const facts = secret.certificate.facts
  const info = certificate.status.renewalInfo
  const askAt = info?.serialNumber === facts.serialNumber ? (fromRfc3339(info.askAgainAt) ?? now) : now
  const asks = issuer.kind === 'ready' && issuer.advises
  if (asks && askAt <= now) return { kind: 'advise' }
  const due = renewAt(snapshot) ?? facts.notAfter
  return { kind: 'idle', wakeAt: asks ? earliest(due, askAt) : due }
}

type ReadyIssuer = Extract<IssuerView, { kind: 'ready' }>

/** Names one generation of one issuer, to which enrollments and failures are bound. */
export const issuerKey = (issuer: ReadyIssuer): string => `${issuer.uid}/${issuer.generation}`

const wait = (reason: WaitReason, message: string, wakeAt: Instant | undefined): Step => ({
  kind: 'wait',
  reason,
  message,
  wakeAt,
})

const stall = (reason: StallReason, message: string, wakeAt: Instant | undefined): Step => ({
  kind: 'stall',
  reason,
  message,
  wakeAt,
})

function latestOf(text: string | undefined, hold: Instant | undefined): Instant | undefined {
  const written = text === undefined ? undefined : fromRfc3339(text)
  if (written === undefined || hold === undefined) return written ?? hold
  return Math.max(written, hold) as Instant
}
