/** What the controllers tell about certificates and issuers. Meters of lower layers are in `std/meters.ts`. */
import type { Duration, Instant } from '../std/time.ts'

/** Names an Issuer in labels. `namespace` is empty for a ClusterIssuer. */
export interface IssuerLabel {
  readonly namespace: string
  readonly name: string
  /** The protocol the issuer speaks, for example `acme`; `unknown` when it cannot be told. */
  readonly protocol: string
}

/** One Certificate as it is at the moment of a scrape. */
export interface CertificateSample {
  readonly namespace: string
  readonly name: string
  readonly issuer: string
  readonly protocol: string
  readonly ready: boolean
  readonly notBefore?: Instant | undefined
  readonly notAfter?: Instant | undefined
  readonly renewalTime?: Instant | undefined
}

/** A certificate that nobody asked Perennial for, at the moment of a scrape. */
export interface FoundSample {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** Of a ConfigMap; empty for a Secret. */
  readonly entry: string
  /** Both undefined: it cannot be read. */
  readonly notBefore?: Instant | undefined
  readonly notAfter?: Instant | undefined
}

/** A rule of a policy that some Certificates do not keep, at the moment of a scrape. */
export interface PolicySample {
  readonly policy: string
  readonly mode: string
  readonly rule: string
  /** How many. */
  readonly certificates: number
}

/** A part of the work that replicas share, at the moment of a scrape. */
export interface ShardSample {
  readonly shard: number
  /** Whether this replica does it. */
  readonly isHeld: boolean
}

/** One Issuer or ClusterIssuer as it is at the moment of a scrape. */
export interface IssuerSample extends IssuerLabel {
  readonly ready: boolean
  readonly credentials?: readonly { readonly name: string; readonly notAfter: Instant }[] | undefined
}

/** Certificates of an issuer that are under a CA that was replaced, at the moment of a scrape. */
export interface ReplacedSample extends IssuerLabel {
  /** What becomes of them: `planned`, `overdue`, `atRenewal` or `kept`. */
  readonly reissue: string
  readonly certificates: number
}

/** Certificates that wait for the budget of an issuer, at the moment of a scrape. */
export interface BudgetSample {
  /** `Issuer/<namespace>/<name>` or `ClusterIssuer/<name>`. */
  readonly issuer: string
  /** `fresh`, `expiring` or `routine`. */
  readonly lane: string
  readonly certificates: number
}

/** How many certificates of an issuer with a budget end before it lets them be renewed, at the moment of a scrape. */
export interface ShortBudgetSample {
  /** See {@link BudgetSample}. */
  readonly issuer: string
  readonly certificates: number
}

/** How a call for a certificate ended; `outcome` is the kind of the enroller's outcome, or `rejected` after verification. */
export interface IssuanceMeter {
  /** @param reason - the fault's code, or empty */
  ended(issuer: IssuerLabel, outcome: string, reason?: string): void
  /** A certificate lies in its Secret, `took` after it was first asked for. */
  issued(issuer: IssuerLabel, took: Duration): void
  /** The issuer has failed so often in a row that it is left alone for a while. */
  tripped(issuer: IssuerLabel): void
}
