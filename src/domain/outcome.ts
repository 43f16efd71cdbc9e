/**
 * What became of a step. The controllers translate what really happened (replies, conflicts, bytes) into these plain facts,
 * so that `reduce` stays pure.
 */
import type { CertificateStatus, EnrollmentTicket } from '../api/certificate.ts'
import type { Instant } from '../std/time.ts'
import type { Fault } from './fault.ts'
import type { Breach } from './policy/breach.ts'
import type { SecretView } from './snapshot.ts'

export type Result =
  /** The step asked for no effect. */
  | { readonly kind: 'nothing' }
  /** The step has to wait for its turn at the issuer's gate. */
  | { readonly kind: 'queued' }
  /** A key lies ready in its Secret; a stored answer may now be asked for. */
  | { readonly kind: 'keyMade' }
  | {
      readonly kind: 'issued'
      /** The Secret as it was written. */
      readonly secret: SecretView
      /** What the CA changed, and other things worth telling. */
      readonly remarks: readonly string[]
      /** The rules that it breaks of policies that only watch. */
      readonly breaches?: readonly Breach[]
    }
  | { readonly kind: 'published'; readonly secret: SecretView }
  | {
      readonly kind: 'pending'
      readonly ticket: EnrollmentTicket
      readonly wakeAt: Instant
      readonly note: string
      /** The key of the request: lower-case hex SHA-256 of its SPKI. */
      readonly keyHash: string
      /** The request is made and not sent: it says nothing about the CA. */
      readonly unsent?: true
    }
  | {
      readonly kind: 'failed'
      readonly how: 'deferred' | 'refused' | 'blocked'
      readonly fault: Fault
      readonly wakeAt?: Instant | undefined
      /** Present when the enrollment goes on and only this exchange failed. */
      readonly ticket?: EnrollmentTicket | undefined
    }
  | { readonly kind: 'advised'; readonly advice: RenewalAdvice }
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'discarded' }
  /** A Secret of that name exists and is not ours to write. */
  | { readonly kind: 'secretTaken'; readonly message: string }
  /** Something we read has changed since: look again. */
  | { readonly kind: 'stale' }

export interface RenewalAdvice {
  readonly serialNumber: string
  readonly window?: { readonly start: Instant; readonly end: Instant; readonly explanationUrl?: string } | undefined
  readonly askAgainAt: Instant
  readonly message?: string | undefined
}

/** One Event to be shown on the Certificate. */
export interface EventDraft {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** What the controller writes and when it looks again. */
export interface Next {
  /** Undefined: leave the status as it is. */
  readonly status: CertificateStatus | undefined
  readonly events: readonly EventDraft[]
  readonly then: { readonly kind: 'again' } | { readonly kind: 'at'; readonly at: Instant } | { readonly kind: 'rest' }
  /** See `Snapshot.hold`. */
  readonly hold?: Instant | undefined
}
