/**
 * The answers of the inventory's API, as JSON. Moments are RFC 3339 in UTC. What is not known is left out. Types only: the page
 * takes them from here, so that it and the server agree.
 */

export interface Consumer {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** One certificate, in a table. */
export interface Row {
  /** `Kind/namespace/name`, and `/entry` where there is one; the path of its page. */
  readonly id: string
  readonly kind: 'Certificate' | 'Secret' | 'ConfigMap'
  readonly namespace: string
  readonly name: string
  readonly entry?: string | undefined
  readonly secretName?: string | undefined
  readonly state: 'ready' | 'issuing' | 'failing' | 'found'
  readonly severity?: 'critical' | 'warning' | 'notice' | undefined
  readonly findings: readonly string[]
  readonly owner?: string | undefined
  readonly protocol?: string | undefined
  /** `Issuer/name` or `ClusterIssuer/name`. */
  readonly issuer?: string | undefined
  readonly renews?: string | undefined
  readonly serialNumber?: string | undefined
  readonly fingerprint?: string | undefined
  readonly subject?: string | undefined
  readonly issuedBy?: string | undefined
  readonly key?: string | undefined
  readonly signatureHash?: string | undefined
  /** As `type:value`. */
  readonly names: readonly string[]
  readonly notBefore?: string | undefined
  readonly expires?: string | undefined
  readonly chainExpires?: string | undefined
  readonly consumers: readonly Consumer[]
}

export interface FacetValue {
  readonly value: string
  readonly count: number
}

export interface CertificateList {
  readonly generatedAt: string
  readonly total: number
  readonly page: number
  readonly size: number
  readonly facets: Readonly<Record<string, readonly FacetValue[]>>
  readonly items: readonly Row[]
}

/** A certificate above the leaf. */
export interface Link {
  readonly subject: string
  readonly issuedBy: string
  readonly serialNumber: string
  readonly fingerprint: string
  readonly key?: string | undefined
  readonly notBefore: string
  readonly expires: string
  readonly selfSigned: boolean
}

export interface FindingText {
  readonly name: string
  readonly severity: 'critical' | 'warning' | 'notice'
  readonly title: string
  readonly means: string
}

export interface ViolationText {
  readonly policy: string
  readonly mode: 'Enforce' | 'Audit'
  readonly rule: string
  readonly message: string
}

/** Something that happened, or is to happen. */
export interface Moment {
  readonly at: string
  readonly kind: 'issued' | 'past' | 'renews' | 'expires' | 'failed' | 'retries' | 'working' | 'event'
  readonly title: string
  readonly text?: string | undefined
}

export interface Detail {
  readonly generatedAt: string
  readonly row: Row
  readonly message?: string | undefined
  readonly unreadable?: string | undefined
  readonly revision?: number | undefined
  readonly usages: readonly string[]
  readonly isCA: boolean
  readonly selfSigned: boolean
  readonly others: number
  readonly chain: readonly Link[]
  readonly findings: readonly FindingText[]
  /** Sentences about what it waits for, and what becomes of it. */
  readonly notes: readonly string[]
  readonly violations: readonly ViolationText[]
  readonly timeline: readonly Moment[]
  /** The command that renews it; absent where Perennial does not manage it. */
  readonly renewCommand?: string | undefined
  /** What could not be read for this page, and why. */
  readonly unread: readonly string[]
}

export interface Bucket {
  readonly untilDays?: number | undefined
  readonly managed: number
  readonly found: number
}

export interface SummaryAnswer {
  readonly generatedAt: string
  readonly total: number
  readonly managed: number
  readonly found: number
  readonly namespaces: number
  readonly states: Readonly<Record<Row['state'], number>>
  readonly severities: Readonly<Record<'critical' | 'warning' | 'notice' | 'none', number>>
  readonly findings: readonly (FindingText & { readonly count: number })[]
  readonly expiry: readonly Bucket[]
  readonly failingIssuers: readonly IssuerRow[]
  /** Kinds that have not been read yet, or cannot be. */
  readonly unread: readonly string[]
}

export interface IssuerRow {
  readonly kind: 'Issuer' | 'ClusterIssuer'
  readonly namespace?: string | undefined
  readonly name: string
  readonly protocol?: string | undefined
  readonly health: 'ready' | 'failing' | 'unknown'
  readonly reason?: string | undefined
  readonly message?: string | undefined
  readonly since?: string | undefined
  readonly lastProbe?: string | undefined
  readonly credentials: readonly { readonly name: string; readonly expires: string }[]
  readonly certificates: number
  readonly failing: number
  /** Certificates under a CA of it that was replaced. */
  readonly replaced: number
  /** Certificates that wait for its budget. */
  readonly waiting: number
  /** Its renewal window that is open, or opens next. */
  readonly window?: { readonly opens: string; readonly closes: string } | undefined
  /** How many certificates were asked for of how many that may be. */
  readonly budget: readonly { readonly span: 'hour' | 'day'; readonly asked: number; readonly limit: number }[]
  /** Sentences about its CA, its bundle and its windows. */
  readonly notes: readonly string[]
}

export interface IssuerList {
  readonly generatedAt: string
  readonly items: readonly IssuerRow[]
}

/** A rule of a policy that some certificates do not keep. */
export interface PolicyRow {
  readonly policy: string
  readonly mode: 'Enforce' | 'Audit'
  /** A path below the spec of the policy. */
  readonly rule: string
  readonly certificates: number
  /** What is wrong with one of them. */
  readonly example: string
}

/** A policy itself: whether it is applied as it is written, and whom it concerns. */
export interface PolicyStanding {
  readonly name: string
  readonly mode: 'Enforce' | 'Audit'
  /** `unknown`: not looked at yet. */
  readonly standing: 'applied' | 'wrong' | 'idle' | 'unknown'
  readonly message?: string | undefined
  /** Certificates of the cluster that it selects, and how many of them it does not allow. */
  readonly selected: number
  readonly violating: number
}

export interface PolicyReport {
  readonly generatedAt: string
  /** Absent where the person may not list CertificatePolicies. */
  readonly policies?: readonly PolicyStanding[] | undefined
  readonly items: readonly PolicyRow[]
}

/** Who asked, and what they see. */
export interface Me {
  readonly user: string
  /** Whether every namespace is shown. */
  readonly everywhere: boolean
  readonly version: string
}

/** What is said when there is no other answer. */
export interface Complaint {
  readonly error: string
}
