/** What is wrong with a certificate, or soon will be. One table says how bad each finding is and what it means. */
import type { Duration, Instant } from '../../std/time.ts'
import { between, days } from '../../std/time.ts'
import type { Reissue } from '../authority/reissue.ts'
import type { CertificateFacts } from '../facts.ts'
import type { InventoryItem, Management } from './item.ts'

/** Worst first. */
export const severities = ['critical', 'warning', 'notice'] as const
export type Severity = (typeof severities)[number]

/** Every finding, worst first, with what it means for people. */
export const findings = {
  expired: { severity: 'critical', title: 'Expired', means: 'Its end has passed: clients refuse it.' },
  unreadable: { severity: 'critical', title: 'Unreadable', means: 'What should be a certificate cannot be read.' },
  notYetValid: { severity: 'critical', title: 'Not yet valid', means: 'Its beginning lies ahead: clients refuse it.' },
  brokenChain: {
    severity: 'critical',
    title: 'Broken chain',
    means: 'The certificates above it did not issue one another, or one of them has expired.',
  },
  renewalFailing: {
    severity: 'warning',
    title: 'Renewal failing',
    means: 'The last attempt to get or renew it failed.',
  },
  policyBroken: {
    severity: 'warning',
    title: 'Breaks policy',
    means: 'A policy that is enforced does not allow it: it is not issued, or not renewed, as it is.',
  },
  expiring: {
    severity: 'warning',
    title: 'Expiring',
    means: 'Less than a quarter of its life is left, and less than 30 days.',
  },
  chainExpiring: {
    severity: 'warning',
    title: 'Chain ends first',
    means: 'A certificate above it expires before it does.',
  },
  weakKey: { severity: 'warning', title: 'Weak key', means: 'Its RSA key has less than 2048 bits.' },
  weakSignature: {
    severity: 'warning',
    title: 'Weak signature',
    means: 'Its issuer signed with a hash that can be forged: MD5 or SHA-1.',
  },
  noSAN: {
    severity: 'warning',
    title: 'No SAN',
    means: 'It has no subject alternative names; clients of today look at nothing else.',
  },
  replacedCA: {
    severity: 'notice',
    title: 'Replaced CA',
    means: 'Its CA was replaced, and clients will one day trust the former no more; it is to be re-issued.',
  },
  policyAudited: {
    severity: 'notice',
    title: 'Would break policy',
    means: 'A policy that is tried out in Audit would not allow it.',
  },
  chainUnread: {
    severity: 'notice',
    title: 'Chain cut short',
    means: 'Not all certificates above it are looked at: there are too many, or one cannot be read.',
  },
  sharedKey: { severity: 'notice', title: 'Shared key', means: 'The same key is in use in another place too.' },
  selfSigned: {
    severity: 'notice',
    title: 'Self-signed',
    means: 'It signed itself; nobody trusts it who was not told to.',
  },
} as const satisfies Readonly<Record<string, { severity: Severity; title: string; means: string }>>

export type Finding = keyof typeof findings

export const findingNames = Object.keys(findings) as readonly Finding[]

const rank = Object.fromEntries(findingNames.map((name, index) => [name, index])) as Readonly<Record<Finding, number>>

/** What is judged against: the moment, and how many places have a key. */
export interface Judging {
  readonly now: Instant
  /** @returns how many places have the key of that hash */
  readonly placesOf: (publicKeyHash: string) => number
  /** What becomes of an item whose CA was replaced; absent where nothing is known of CAs. */
  readonly reissueOf?: ((item: InventoryItem) => Reissue | undefined) | undefined
}

/** @returns every finding, worst first */
export function findingsOf(item: InventoryItem, { now, placesOf, reissueOf }: Judging): readonly Finding[] {
  const { facts, unreadable, management } = item
  const found: Finding[] = []
  if (unreadable !== undefined) found.push('unreadable')
  if (management !== undefined) addManagementFindings(found, management)
  if (facts !== undefined) {
    const validity = validityFinding(facts, now)
    if (validity !== undefined) found.push(validity)
    addChainFindings(found, item, { facts, now })
    addFormFindings(found, facts)
    if (placesOf(facts.publicKeyHash) > 1) found.push('sharedKey')
    if (reissueOf?.(item) !== undefined) found.push('replacedCA')
  }
  return found.length < 2 ? found : found.sort((a, b) => rank[a] - rank[b])
}

function addManagementFindings(found: Finding[], { failure, violations }: Management): void {
  if (failure !== undefined) found.push('renewalFailing')
  if (violations.some(({ mode }) => mode === 'Enforce')) found.push('policyBroken')
  if (violations.some(({ mode }) => mode === 'Audit')) found.push('policyAudited')
}

/** So that a certificate of ten years does not warn for two and a half. */
const longestWarning = days(30)

/** How long before its end a certificate counts as expiring: a quarter of its life, 30 days at most. */
export const warningTime = ({ notBefore, notAfter }: CertificateFacts): Duration =>
  Math.min(between(notBefore, notAfter) / 4, longestWarning) as Duration

function validityFinding(facts: CertificateFacts, now: Instant): Finding | undefined {
  if (facts.notAfter <= now) return 'expired'
  if (facts.notBefore > now) return 'notYetValid'
  return between(now, facts.notAfter) < warningTime(facts) ? 'expiring' : undefined
}

function addChainFindings(
  found: Finding[],
  { chain, unreadAbove }: InventoryItem,
  { facts, now }: { readonly facts: CertificateFacts; readonly now: Instant },
): void {
  let below = facts
  let isBroken = false
  for (const above of chain) {
    if (above.notAfter <= now || !mayHaveIssued(above, below)) isBroken = true
    below = above
  }
  if (isBroken) found.push('brokenChain')
  if (chain.some(({ notAfter }) => notAfter < facts.notAfter)) found.push('chainExpiring')
  if (unreadAbove > 0) found.push('chainUnread')
}

/** By names and key identifiers (RFC 5280 sections 4.1.2.4 and 4.2.1.1); signatures are verified when certificates are issued. */
function mayHaveIssued(above: CertificateFacts, below: CertificateFacts): boolean {
  if (above.subjectKeyId !== undefined && below.authorityKeyId !== undefined)
    return above.subjectKeyId === below.authorityKeyId
  return above.isCA && sameName(above, below)
}

/** Names compare without regard to case (RFC 5280 section 7.1). */
const sameName = ({ subject }: CertificateFacts, { issuer }: CertificateFacts): boolean =>
  JSON.stringify(subject).toLowerCase() === JSON.stringify(issuer).toLowerCase()

const leastRsaBits = 2048
const weakHashes: ReadonlySet<string> = new Set(['md5', 'sha1'])

function addFormFindings(found: Finding[], { key, signatureHash, selfSigned, isCA, names }: CertificateFacts): void {
  if (key?.algorithm === 'RSA' && key.size < leastRsaBits) found.push('weakKey')
  // A root's own signature proves nothing, whatever it was made with.
  if (weakHashes.has(signatureHash) && !selfSigned) found.push('weakSignature')
  if (selfSigned && !isCA) found.push('selfSigned')
  if (names.length === 0 && !isCA) found.push('noSAN')
}

/** @param found - worst first, as {@link findingsOf} returns them */
export const worstOf = ([worst]: readonly Finding[]): Severity | undefined =>
  worst === undefined ? undefined : findings[worst].severity
