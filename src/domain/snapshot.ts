/**
 * What `decide` may see of the world: plain, frozen data, read from caches. A snapshot is taken once per reconcile and
 * everything that is decided from it is a pure function of it and of the time.
 */
import type { CertificateStatus } from '../api/certificate.ts'
import type { IssuerRef } from '../api/meta.ts'
import type { Result } from '../std/result.ts'
import type { Instant } from '../std/time.ts'
import type { Link, Rollover } from './authority/rollover.ts'
import type { CertificateFacts, KeyFacts } from './facts.ts'
import type { PolicyView } from './policy/telling.ts'
import type { RenewalWindow } from './windows.ts'
import type { Wish } from './wish.ts'

export interface Snapshot extends Situation {
  /** The issuer that was chosen to be asked. */
  readonly issuer: IssuerView
  readonly choice: Choice
}

/** Why just this issuer. */
export interface Choice {
  readonly ref: IssuerRef
  /** What is wrong with those before it; undefined for the first. */
  readonly because: string | undefined
  /** When another may be chosen, although nothing happens until then. */
  readonly reconsiderAt: Instant | undefined
}

/** A snapshot before its issuer has been chosen. */
export interface Situation {
  readonly certificate: CertificateView
  /** The target Secret, as far as it is known to be ours. An unlabelled stranger is only seen when a write meets it. */
  readonly secret: SecretView | undefined
  /** The Secret that holds the key of the enrollment in flight. */
  readonly pending: PendingView | undefined
  /** An older Certificate that names the same Secret. */
  readonly rival: string | undefined
  /**
   * No poll for this Certificate before then. Only for waits too short to be written into the status: it keeps a busy object
   * from being polled on every change. Kept in memory; losing it in a crash costs one early poll.
   */
  readonly hold: Instant | undefined
  /** What policies say of it; undefined where policies are not read. */
  readonly policy?: PolicyView | undefined
  /** What its issuer says of when to renew; undefined where it says nothing. */
  readonly pacing?: PacingView | undefined
  /** While the CA that issued the certificate changes. */
  readonly succession?: { readonly rollover: Rollover; readonly above: readonly Link[] } | undefined
}

export interface PacingView {
  /** When renewals that can wait are made, in the order in which they are written; none: at any time. Or what is wrong with them. */
  readonly windows: Result<readonly RenewalWindow[], string>
  /** What should be renewed by this moment at the latest is renewed now, or the budget of the issuer would not do. */
  readonly pressedUntil: Instant | undefined
}

export interface CertificateView {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly deleting: boolean
  /** The wish, or a sentence that says what is wrong with the spec. */
  readonly wish: Result<RequestedWish, string>
  readonly status: CertificateStatus
  /** The value of the annotation by which a person asks for a renewal now; each new value is one request. */
  readonly renewRequest: string | undefined
}

/** A wish with its texts hashed (lower-case hex SHA-256, clipped). */
export interface RequestedWish extends Wish {
  readonly requestHash: string
  readonly outputsHash: string
  /**
   * The spec leaves the kind of the key to policies. Their defaults are not part of the hash, so that a change of policy
   * renews nothing: a key that was made for the same spec stays fit.
   */
  readonly keyIsOpen?: boolean
}

export type IssuerView =
  /** `since`: how long it has been so, as far as this process knows; absent: for good. */
  | { readonly kind: 'missing'; readonly message: string; readonly since?: Instant | undefined }
  | { readonly kind: 'notReady'; readonly message: string; readonly since?: Instant | undefined }
  | {
      readonly kind: 'ready'
      readonly protocol: string
      readonly uid: string
      readonly generation: number
      readonly inProcess: boolean
      readonly renewsWithCurrent: boolean
      readonly advises: boolean
      /** When it last turned ready: blocked enrollments may try again from then on. */
      readonly readySince: Instant
      /** The CA has asked for patience, and nothing new is begun until then. */
      readonly pause?: { readonly until: Instant; readonly message: string } | undefined
    }

export type ReadyIssuer = Extract<IssuerView, { kind: 'ready' }>

/** Names one generation of one issuer, to which enrollments and failures are bound. */
export const issuerKey = ({ uid, generation }: ReadyIssuer): string => `${uid}/${generation}`

/** One part of a Secret after parsing: there and readable, absent, or there and damaged. */
export type Part<T> =
  | { readonly kind: 'ok'; readonly facts: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly message: string }

export interface SecretView {
  readonly resourceVersion: string
  /** The Certificate this Secret says it belongs to. */
  readonly owner: string | undefined
  readonly certificate: Part<CertificateFacts>
  readonly key: Part<KeyFacts>
  /** Whether every entry we wrote is still what we wrote. */
  readonly intact: boolean
  readonly marks: SecretMarks
}

/** What we noted on the Secret when we wrote it: the Secret, not the status, is the authority on what it holds. */
export interface SecretMarks {
  readonly requestHash: string | undefined
  readonly outputsHash: string | undefined
  readonly issuerRef: IssuerRef | undefined
  readonly issuedAt: Instant | undefined
  readonly renewRequest: string | undefined
}

export interface PendingView {
  readonly resourceVersion: string
  /** Undefined when what lies there cannot be read: it is replaced. */
  readonly key: KeyFacts | undefined
  /** Whether request bytes are kept beside the key. */
  readonly keepsRequest: boolean
}
