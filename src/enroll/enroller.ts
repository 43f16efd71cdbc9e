/**
 * The contract between the controllers and a protocol. `test/contract` is its definition: a protocol is done when it passes.
 *
 * Outcomes are values. An enroller throws only for a bug or an aborted signal. Calls never sleep: each does a bounded amount
 * of work and says when to be called again.
 *
 * Where a crash must not lead to a second request, `enroll` and `renew` send nothing: they build the request and return
 * `pending` with `keepRequest` and a `wakeAt` of now; once it is stored, `poll` sends `order.keptRequest`, again and again if
 * it must, always the same bytes.
 *
 *   enroll ──► issued                     the controllers verify, then publish
 *     │  └───► refused | blocked | deferred
 *     └──────► pending(ticket) ──poll──► pending | issued | refused | blocked | deferred
 */
import type { Fault } from '../domain/fault.ts'
import type { CertificateFacts } from '../domain/facts.ts'
import type { Wanted } from '../domain/wanted.ts'
import type { HttpClient } from '../net/http.ts'
import type { PrivateKey } from '../pki/key.ts'
import type { Der } from '../std/bytes.ts'
import type { Logger } from '../std/log.ts'
import type { Duration, Instant } from '../std/time.ts'
import type { Authorities } from './authorities.ts'
import type { ChallengeAnswer, ChallengeBoard } from './challenge.ts'
import type { Surroundings } from './surroundings.ts'

/** The member of an Issuer's spec that selects the protocol, for example `acme`. The literal list is `table.ts`'s. */
export type Protocol = string

/** What the controllers must know of a protocol to drive it. Facts, never behaviour by name. */
export interface Traits {
  /** Signs inside this process: no key needs to be stored before the request, because no request leaves. */
  readonly inProcess: boolean
  /** A renewal is signed with the key and certificate that are being replaced. */
  readonly renewsWithCurrent: boolean
  readonly revokes: boolean
  /** The CA may make the private key. */
  readonly serverKeys: boolean
  /** Whether the CA lets the request say how long the certificate lives. */
  readonly lifetime: 'honoured' | 'advisory' | 'ignored'
}

/** What is asked for, and the key that will sign the request. Each protocol builds its own request from it. */
export interface Order {
  /** Stable over retries of the same wish: certificate uid and spec hash. For logs and idempotency. */
  readonly id: string
  readonly wanted: Wanted
  readonly key: PrivateKey
  /** Labels of the Certificate, for protocols whose settings select by them. */
  readonly labels?: Readonly<Record<string, string>>
  /** The certificate that this one replaces, when there is one (ARI `replaces`, RFC 9773 section 5). */
  readonly replaces?: CertificateFacts
  /** Request bytes kept from an earlier attempt, to be repeated byte for byte. */
  readonly keptRequest?: Uint8Array
}

/** A certificate of ours with its key, used to authenticate a renewal. */
export interface Identity {
  /** Leaf first. */
  readonly chain: readonly Der[]
  readonly key: PrivateKey
  /** The trust anchors that came with it, where they are known. */
  readonly roots?: readonly Der[]
}

/** A certificate that is to be revoked, and what may speak for it. */
export interface Revocable {
  /** Leaf first. */
  readonly chain: readonly Der[]
  /** The trust anchors that came with it, where they are known. */
  readonly roots?: readonly Der[]
  /** Its own key, while that is still there. */
  readonly key?: PrivateKey
  /** What has taken its place. */
  readonly successor?: Identity
}

/** JSON with no room for surprises, so that a ticket survives status. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** What is needed to resume an enrollment. Small, versioned, free of secrets: it lies in the Certificate's status. */
export interface Ticket {
  readonly version: number
  /** A word for people: what the enrollment waits for, for example `challenges`. */
  readonly phase: string
  readonly state: { readonly [key: string]: Json }
  /** Something is shown outside the cluster: who drops the ticket must have it taken down, even when nobody wants the certificate. */
  readonly outside?: boolean
  /** Answers that must be served while this ticket lives. Public by nature. */
  readonly answers?: readonly ChallengeAnswer[]
  /** How answers are shown, as the issuer said it then: it finds again what was put up. */
  readonly solvers?: readonly { readonly [key: string]: Json }[]
}

export type Outcome =
  | {
      readonly kind: 'issued'
      /** Every certificate the CA sent, in any order; the leaf is the one that holds the order's key. DER. */
      readonly chain: readonly Der[]
      /** Trust anchors, when the protocol names them. DER. */
      readonly roots?: readonly Der[]
      /** Only when the CA made the key. */
      readonly key?: PrivateKey
      /** Something the user should know although it worked, for example that a preferred chain was not offered. */
      readonly warning?: string
    }
  | {
      readonly kind: 'pending'
      readonly ticket: Ticket
      readonly wakeAt: Instant
      readonly note: string
      /**
       * Request bytes to keep with the pending key, when a repetition must be byte for byte. Nothing is kept where the key is in
       * use already, and has no Secret of its own: `poll` makes the request again from the ticket then.
       */
      readonly keepRequest?: Uint8Array
      /** The CA was not asked yet: the request is made, and is to be kept before it is sent. */
      readonly unsent?: true
    }
  | { readonly kind: 'deferred'; readonly fault: Fault; readonly wakeAt?: Instant; readonly ticket?: Ticket }
  | { readonly kind: 'refused'; readonly fault: Fault; readonly wakeAt?: Instant }
  | { readonly kind: 'blocked'; readonly fault: Fault }

/** A fact about the issuer worth showing in its status, for example `account` or `caSubject`. Never a secret. */
export type IssuerDetails = { readonly [key: string]: Json }

/** A credential that expires: an RA certificate, a client certificate, the CA's own certificate. */
export interface TrackedCredential {
  readonly name: string
  readonly notAfter: Instant
}

export type Readiness =
  | {
      readonly kind: 'ready'
      readonly message: string
      readonly details?: IssuerDetails
      readonly credentials?: readonly TrackedCredential[]
      /** The CA as it shows itself; absent where there is none, or nothing is known of it yet. */
      readonly authorities?: Authorities
      /** When the protocol wants to be probed next; the controllers bound it. */
      readonly probeAgainAt?: Instant
    }
  | { readonly kind: 'notReady'; readonly fault: Fault; readonly details?: IssuerDetails; readonly wakeAt?: Instant }

/** When the CA would like the certificate renewed (RFC 9773 section 4.2). */
export interface Advice {
  readonly window?: { readonly start: Instant; readonly end: Instant; readonly explanationUrl?: string }
  readonly askAgainAt: Instant
  readonly fault?: Fault
}

/** RFC 5280 section 5.3.1. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'certificateHold'
  | 'privilegeWithdrawn'

export type RevokeOutcome =
  | { readonly kind: 'revoked' }
  | { readonly kind: 'pending'; readonly ticket: Ticket; readonly wakeAt: Instant }
  | { readonly kind: 'deferred'; readonly fault: Fault; readonly wakeAt?: Instant }
  | { readonly kind: 'refused'; readonly fault: Fault }

/** Keys and credentials that an issuer makes for itself (an account key, an RA certificate), kept in a Secret. */
export interface Vault {
  /** @returns the Secret's data by key, or undefined when there is no such Secret */
  load(secretName: string): Promise<Readonly<Record<string, Uint8Array>> | undefined>
  /**
   * Stores once: when another replica was faster, what it stored is returned instead.
   *
   * @returns the data that now lies in the Secret
   */
  create(secretName: string, data: Readonly<Record<string, Uint8Array>>): Promise<Readonly<Record<string, Uint8Array>>>
  /**
   * Replaces the whole data, if it still is `expected`: who was slower must look again.
   *
   * @returns whether it was replaced
   */
  swap(
    secretName: string,
    expected: Readonly<Record<string, Uint8Array>>,
    data: Readonly<Record<string, Uint8Array>>,
  ): Promise<boolean>
}

/** One exchange with a CA, as a person who looks for the cause of trouble wants to see it. Never holds a secret. */
export interface Exchange {
  /** The protocol's own word, for example `newOrder`, `simpleenroll`, `PKCSReq`, `ir`. */
  readonly request: string
  /** What came back, for example `200 certs-only`, `PENDING`, `rejection: badPOP`, or the failure of the network. */
  readonly reply: string
  /** How request and reply were protected, for example `RSA 2048, SHA-256, AES-128-CBC`. */
  readonly algorithms?: string
  readonly took: Duration
}

/** A root of the CA that counts, although the spec does not name it. */
export interface VouchedRoot {
  readonly der: Der
  /** The CA before it vouched for it, by its signature. */
  readonly byPredecessor: boolean
}

/** The whole outside world of one call. Nothing else is ambient. */
export interface Ctx {
  now(): Instant
  /** Told of every exchange once it is over. */
  told(exchange: Exchange): void
  /** Already carries the issuer's trust, client certificate, proxy, limits and User-Agent. */
  readonly http: HttpClient
  /** Aborts at the call's deadline. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly board: ChallengeBoard
  readonly vault: Vault
  readonly surroundings: Surroundings
  /** What the issuer's status has of the CA, found with these settings. Absent: nothing. */
  readonly vouched?: readonly VouchedRoot[]
}

export interface Enroller {
  readonly protocol: Protocol
  readonly traits: Traits
  /** Asks in the protocol's own way: is it there, does it know us, what can it do. */
  prepare(ctx: Ctx): Promise<Readiness>
  enroll(order: Order, ctx: Ctx): Promise<Outcome>
  renew(order: Order, current: Identity, ctx: Ctx): Promise<Outcome>
  poll(ticket: Ticket, order: Order, ctx: Ctx): Promise<Outcome>
  revoke?(certificate: Revocable, reason: RevocationReason, ctx: Ctx): Promise<RevokeOutcome>
  /** A clause: what would let it revoke, where its settings keep it from that. */
  readonly revokesOnce?: string
  advise?(facts: CertificateFacts, ctx: Ctx): Promise<Advice>
  /** Ends what a ticket stands for. Never fails. */
  abandon?(ticket: Ticket, ctx: Ctx): Promise<void>
  /** Issuers of one quota share limits. */
  quota?(): string | undefined
}

/** A Secret that an issuer's spec points at. */
export interface CredentialNeed {
  /** Path in the spec for error sentences, such as `spec.acme.externalAccountBinding.keySecretRef`. */
  readonly field: string
  readonly secretName: string
  /** Keys of the Secret that must be there. */
  readonly keys: readonly string[]
  /** A missing Secret is not an error: the protocol makes it through the {@link Vault}. */
  readonly optional?: boolean
}

/** The Secrets an issuer asked for, by the {@link CredentialNeed.field}. */
export type Credentials = ReadonlyMap<string, Readonly<Record<string, Uint8Array>>>

/** One protocol, as `table.ts` lists it. `S` is the protocol's member of the Issuer spec. */
export interface ProtocolFactory<S> {
  readonly protocol: Protocol
  /** Which Secrets must be read before {@link ProtocolFactory.create}. Pure. */
  needs(spec: S): readonly CredentialNeed[]
  /**
   * @param spec - the protocol's member of the Issuer spec, parsed
   * @param credentials - every non-optional need, present
   * @returns the enroller, or a fault when credentials or spec cannot work (said on the Issuer)
   */
  create(spec: S, credentials: Credentials): Enroller | Fault
}
