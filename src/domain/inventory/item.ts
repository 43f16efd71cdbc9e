/**
 * One certificate of the cluster, wherever it lies: made by Perennial, or found. Facts only, never bytes of a certificate and
 * never anything of a key but the hash of its public half.
 */
import { sharedText } from '../../std/shared.ts'
import type { Instant } from '../../std/time.ts'
import type { CertificateFacts } from '../facts.ts'
import { formatDistinguishedName } from '../name.ts'
import { keyText } from '../wanted.ts'
import type { DistinguishedName } from '../wanted.ts'

/** What the certificate was read from. */
export type ItemKind = 'Certificate' | 'Secret' | 'ConfigMap'

/** How a Certificate of ours stands; `found`: Perennial does not look after it. */
export type ItemState = 'ready' | 'issuing' | 'failing' | 'found'

/** Who uses a certificate, for example an Ingress. */
export interface Consumer {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** @returns the kinds among them, each once */
export const kindsOf = (consumers: readonly Consumer[]): readonly string[] =>
  consumers.length < 2 ? consumers.map(({ kind }) => kind) : [...new Set(consumers.map(({ kind }) => kind))]

export interface IssuedBy {
  /** `Issuer` or `ClusterIssuer`. */
  readonly kind: string
  readonly name: string
}

/** What a Certificate of ours adds to the facts. All moments and sentences are those of its status. */
export interface Management {
  /** Of the Certificate. */
  readonly uid: string
  readonly issuer: IssuedBy
  readonly protocol: string | undefined
  readonly renewalTime: Instant | undefined
  readonly revision: number | undefined
  /** Certificates before this one, newest first. */
  readonly past: readonly PastCertificate[]
  /** The sentence of its Ready condition. */
  readonly message: string | undefined
  /** What it waits for before it is renewed or issued, by its conditions: a window, or a budget. */
  readonly waits: Waits | undefined
  /** Why its renewal windows are not heeded. */
  readonly windowsIgnored: string | undefined
  readonly failure: Failure | undefined
  readonly enrollment: Enrollment | undefined
  /** Rules of policies that it does not keep. */
  readonly violations: readonly Violation[]
}

export interface Waits {
  readonly reason: 'BudgetSpent' | 'OutsideWindow'
  readonly message: string
}

export interface PastCertificate {
  readonly serialNumber: string
  readonly notBefore: Instant
  /** `Issuer/name` or `ClusterIssuer/name`. */
  readonly issuer: string | undefined
}

/** A rule of a CertificatePolicy that is not kept, as the status has it. */
export interface Violation {
  readonly policy: string
  readonly mode: 'Enforce' | 'Audit'
  /** A path below the spec of the policy. */
  readonly rule: string
  readonly message: string
}

export interface Failure {
  readonly code: string
  readonly message: string
  readonly time: Instant | undefined
  readonly nextTry: Instant | undefined
}

export interface Enrollment {
  readonly phase: string
  readonly note: string | undefined
  readonly startedAt: Instant | undefined
}

/** What is known of an item before it is prepared for queries. */
export interface ItemSource {
  readonly kind: ItemKind
  readonly namespace: string
  readonly name: string
  /** The entry of a ConfigMap and which certificate of it; empty elsewhere. */
  readonly entry: string
  /** The Secret that holds it; undefined for ConfigMaps. */
  readonly secretName: string | undefined
  readonly state: ItemState
  readonly owner: string | undefined
  /** Of the leaf; undefined where there is none yet, or it cannot be read. */
  readonly facts: CertificateFacts | undefined
  /** What stands above the leaf, in the order of the Secret. */
  readonly chain: readonly CertificateFacts[]
  /** How many further up its chain are not looked at: the chain is too long, or one in it cannot be read. */
  readonly unreadAbove: number
  /** When it came into its Secret, where that is marked. */
  readonly issuedAt?: Instant | undefined
  /** How many further certificates lie in the same entry, as in a bundle of trust anchors. */
  readonly others: number
  /** A clause that says why it cannot be read. */
  readonly unreadable: string | undefined
  readonly management: Management | undefined
}

/** An item with what queries look at, worked out once per version of its objects. */
export interface InventoryItem extends ItemSource {
  /** `Kind/namespace/name`, and `/entry` where there is one. */
  readonly id: string
  readonly subject: string
  readonly issuerName: string
  /** For example `RSA 2048`; empty where unknown. */
  readonly key: string
  /** `Issuer/name` or `ClusterIssuer/name`; empty for what was found. */
  readonly issuerRef: string
  /** The earliest expiry of leaf and chain. */
  readonly chainExpiry: Instant | undefined
  /** Everything that a search looks through, lower case. */
  readonly searchable: string
}

/** @returns the item, ready for queries */
export function inventoryItem(source: ItemSource): InventoryItem {
  const { kind, namespace, name, entry, facts, chain, management } = source
  const subject = facts === undefined ? '' : distinguished(facts.subject)
  const issuerName = facts === undefined ? '' : distinguished(facts.issuer)
  const issuerRef = management === undefined ? '' : sharedText(`${management.issuer.kind}/${management.issuer.name}`)
  // Each field by its name: a spread before new fields costs a hidden class for each object (V8 of Node 20).
  return {
    kind,
    namespace,
    name,
    entry,
    secretName: source.secretName,
    state: source.state,
    owner: source.owner,
    facts,
    chain,
    unreadAbove: source.unreadAbove,
    issuedAt: source.issuedAt,
    others: source.others,
    unreadable: source.unreadable,
    management,
    id: [kind, namespace, name, ...(entry === '' ? [] : [entry])].join('/'),
    subject,
    issuerName,
    key: facts?.key === undefined ? '' : sharedText(keyText(facts.key)),
    issuerRef,
    chainExpiry: facts && earliestExpiry(facts, chain),
    searchable: searchText(source, [subject, issuerName, issuerRef]),
  }
}

function earliestExpiry(facts: CertificateFacts, chain: readonly CertificateFacts[]): Instant {
  return chain.reduce((earliest, { notAfter }) => (notAfter < earliest ? notAfter : earliest), facts.notAfter)
}

function searchText({ namespace, name, secretName, owner, facts }: ItemSource, more: readonly string[]): string {
  const names = (facts?.names ?? []).map(({ value }) => value)
  const numbers = facts === undefined ? [] : [facts.serialNumber, facts.fingerprint]
  return [`${namespace}/${name}`, secretName ?? '', owner ?? '', ...names, ...numbers, ...more].join('\n').toLowerCase()
}

/** Ten thousand certificates have few issuers: their names are kept once. */
const texts = new WeakMap<DistinguishedName, string>()

function distinguished(name: DistinguishedName): string {
  const known = texts.get(name)
  if (known !== undefined) return known
  const text = formatDistinguishedName(name)
  texts.set(name, text)
  return text
}
