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
import { earliest, fromRfc3339, minutes, plus, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { adviceTime } from './advice.ts'
import { canWait, checkInput, firstRewrite, firstTrigger } from './checks.ts'
import type { Violation } from './checks.ts'
import { renewAt, windowOpensAt } from './due.ts'
import { failureAt } from './failures.ts'
import { flightOf, isUntold } from './flight.ts'
import type { Flight } from './flight.ts'
import { canRenew, keySource } from './keysource.ts'
import { heldBack, isFromLater, repairsOpenAt, shortWait } from './patience.ts'
import type { Held } from './patience.ts'
import { denialOf } from './policy/telling.ts'
import { issuerKey } from './snapshot.ts'
import type { RequestedWish, Snapshot } from './snapshot.ts'
import { sameShape } from './wanted.ts'

/** Which key the request is made with. `fresh` is made in memory, and only for issuers in this process. */
export type KeySource = 'fresh' | 'pending' | 'current'

export type WaitReason =
  'IssuerNotFound' | 'IssuerNotReady' | 'BackingOff' | 'OutsideWindow' | 'BudgetSpent' | 'Pending'
export type StallReason =
  | 'InvalidSpec'
  | 'SecretNameTaken'
  | 'SecretNotOurs'
  | 'SecretContested'
  | 'KeyDoesNotFit'
  | 'NeedsPerson'
  | 'PolicyDenied'
  | 'OutputsFailed'

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
  const step = certify(snapshot, wish, now)
  return isRest(step) ? (rewrite(snapshot, { wish, step, now }) ?? step) : step
}

/** What must be done about the certificate itself. */
function certify(snapshot: Snapshot, wish: RequestedWish, now: Instant): Step {
  const flight = flightOf(snapshot)
  const denial = denialOf(snapshot.policy)
  if (flight !== undefined)
    return denial === undefined
      ? continueFlight(snapshot, { flight, wish, now })
      : { kind: 'abandon', ticket: flight.ticket, message: denial }
  const input = checkInput(snapshot)
  const violation = input === undefined ? undefined : firstTrigger(input, now)
  if (violation === undefined) return keepHouse(snapshot, now)
  return denial === undefined ? begin(snapshot, wish, { violation, now }) : stall('PolicyDenied', denial, undefined)
}

type Rest = Extract<Step, { kind: 'idle' | 'wait' | 'stall' }>

const isRest = (step: Step): step is Rest => step.kind === 'idle' || step.kind === 'wait' || step.kind === 'stall'

/** While there is nothing else to do, the Secret is kept in order: even when its certificate cannot be renewed just now. */
function rewrite(
  snapshot: Snapshot,
  { wish, step, now }: { wish: RequestedWish; step: Rest; now: Instant },
): Step | undefined {
  const input = checkInput(snapshot)
  const violation = input === undefined ? undefined : firstRewrite(input, now)
  if (violation === undefined) return undefined
  const opensAt = violation.cause === 'meddling' ? repairsOpenAt(snapshot.certificate.status, now) : undefined
  if (opensAt === undefined) return { kind: 'publish', violation }
  return step.kind === 'idle' ? contested(wish, opensAt) : undefined
}

/** An enrollment is in flight: ask again, unless what it was started for has changed. */
function continueFlight(
  snapshot: Snapshot,
  { flight, wish, now }: { flight: Flight; wish: RequestedWish; now: Instant },
): Step {
  const { issuer, choice } = snapshot
  const { ticket } = flight
  const abandon = (message: string): Step => ({ kind: 'abandon', ticket, message })
  if (flight.requestHash !== wish.requestHash) return abandon('the spec has changed')
  if (issuer.kind === 'missing') return abandon(issuer.message)
  if (issuer.kind === 'notReady') return wait('IssuerNotReady', issuer.message, choice.reconsiderAt)
  if (flight.issuer !== issuerKey(issuer)) return abandon(choice.because ?? 'the issuer has changed')
  const key = flightKey(snapshot, wish, flight.keyHash)
  if (key === undefined) return abandon('the key of the enrollment is gone')
  if (key === 'current' && wish.rotation === 'Always') return abandon('every certificate is to have a new key now')
  const held = hasFailedSince(snapshot, flight) ? heldBack(snapshot, issuer, now) : undefined
  if (held !== undefined) return heldStep(held)
  const due = pollTime(snapshot, flight, now)
  if (due !== undefined && due > now) return wait('Pending', flight.note ?? ticket.phase, due)
  return { kind: 'poll', ticket, key }
}

function flightKey({ pending, secret }: Snapshot, { wanted }: RequestedWish, keyHash: string): KeySource | undefined {
  if (pending?.key?.publicKeyHash === keyHash) return sameShape(pending.key.shape, wanted.key) ? 'pending' : undefined
  if (secret?.key.kind === 'ok' && secret.key.facts.publicKeyHash === keyHash) return 'current'
  return undefined
}

/** Times in RFC 3339 of one form sort as text. */
function hasFailedSince({ certificate }: Snapshot, { issuer, startedAt }: Flight): boolean {
  const failure = failureAt(certificate.status, issuer)
  return failure !== undefined && failure.time >= startedAt
}

/** Times that a clock wrote which has been set back since are not waited for. */
function pollTime({ hold }: Snapshot, { askedAt, nextPollTime }: Flight, now: Instant): Instant | undefined {
  const written = nextPollTime === undefined || isFromLater(askedAt, now) ? undefined : fromRfc3339(nextPollTime)
  const held = hold === undefined || hold > plus(now, shortWait) ? undefined : hold
  if (written === undefined || held === undefined) return written ?? held
  return written > held ? written : held
}

interface Beginning {
  readonly violation: Violation
  readonly now: Instant
}

/** A certificate is needed and nothing is in flight. */
function begin(snapshot: Snapshot, wish: RequestedWish, { violation, now }: Beginning): Step {
  const { issuer, choice, certificate } = snapshot
  if (issuer.kind === 'missing') return wait('IssuerNotFound', issuer.message, choice.reconsiderAt)
  if (issuer.kind === 'notReady') return wait('IssuerNotReady', issuer.message, choice.reconsiderAt)
  const held = heldBack(snapshot, issuer, now)
  if (held !== undefined) return heldStep(held)
  if (issuer.pause !== undefined && issuer.pause.until > now)
    return wait('BackingOff', issuer.pause.message, issuer.pause.until)
  const opensAt = violation.cause === 'meddling' ? repairsOpenAt(certificate.status, now) : undefined
  if (opensAt !== undefined) return contested(wish, opensAt)
  const turnAt = canWait(violation) ? windowOpensAt(snapshot, violation.reason, now) : undefined
  if (turnAt !== undefined)
    return wait('OutsideWindow', `waits for a renewal window, in which its turn is at ${toRfc3339(turnAt)}`, turnAt)
  const key = keySource(snapshot, wish)
  if (key === 'unfit')
    return stall(
      'KeyDoesNotFit',
      `the key in Secret ${wish.secretName} does not fit spec.privateKey and rotationPolicy is Never; ` +
        'change the spec back, set rotationPolicy to Always, or delete the Secret',
      undefined,
    )
  if (key === 'none') return { kind: 'makeKey' }
  return { kind: canRenew(snapshot, wish, now) ? 'renew' : 'enroll', key, violation }
}

/** The certificate is good and not due. */
function keepHouse(snapshot: Snapshot, now: Instant): Step {
  const { secret, pending } = snapshot
  // After a crash between Secret and status: tell first, tidy up then.
  if (isUntold(snapshot, now)) return { kind: 'idle', wakeAt: now }
  if (pending !== undefined) return { kind: 'discardKey' }
  if (secret?.certificate.kind !== 'ok') return { kind: 'idle', wakeAt: undefined }
  const { facts } = secret.certificate
  const askAt = adviceTime(snapshot, now)
  if (askAt !== undefined && askAt <= now) return { kind: 'advise' }
  const due = renewAt(snapshot) ?? facts.notAfter
  return { kind: 'idle', wakeAt: askAt === undefined ? due : earliest(due, askAt) }
}

function heldStep({ kind, message, until }: Held): Step {
  return kind === 'person' ? stall('NeedsPerson', message, undefined) : wait('BackingOff', message, until)
}

const contested = (wish: RequestedWish, opensAt: Instant): Step =>
  stall(
    'SecretContested',
    `Secret ${wish.secretName} keeps being changed or removed by someone else; it is put right again in a while, ` +
      'find out who does it',
    opensAt,
  )

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
