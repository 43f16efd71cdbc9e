/**
 * Explicit trust anchors (RFC 7030 sections 3.6.1 and 4.1): the certificates of /cacerts sorted into roots and what hangs below
 * them, and which of the roots count. With a pin those count that it names, and those that a path of signatures links to them:
 *
 *   pinned root ──signs──► "new with old": the new root's key      [RFC 4210 section 4.4]
 *                                    └─ same key ─► new root        counts too
 */
import type { EstSpec } from '../../api/issuer/est.ts'
import type { Fault } from '../../domain/fault.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import { formatDistinguishedName } from '../../domain/name.ts'
import type { Trust } from '../../net/tls.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { assembleChain } from '../../pki/chain.ts'
import { certificatesPem } from '../../pki/pem.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { replyFault } from './faults.ts'

export interface Authority {
  readonly der: Der
  readonly facts: CertificateFacts
}

export interface Anchors {
  /** Self-signed and trusted, the pinned one first. */
  readonly roots: readonly Authority[]
  /** Self-signed, and nothing trusted vouches for them. */
  readonly strangers: readonly Authority[]
  /** Below the roots, and the certificates that link an old root and a new one. */
  readonly intermediates: readonly Authority[]
  readonly isPinned: boolean
}

/**
 * Sorts what /cacerts showed.
 *
 * @param certificates - in any order; what cannot be read is passed over
 * @returns the anchors; or a fault when what is pinned is not among them
 */
export function findAnchors(
  certificates: readonly Der[],
  spec: Pick<EstSpec, 'caFingerprint' | 'nextCAFingerprint'>,
): Result<Anchors, Fault> {
  const all = distinct(certificates)
  const roots = all.filter(({ facts }) => facts.selfSigned)
  const intermediates = all.filter(({ facts }) => !facts.selfSigned)
  const pins = [spec.caFingerprint, spec.nextCAFingerprint].flatMap((pin) => pin?.toLowerCase() ?? [])
  if (pins.length === 0) {
    if (all.length === 0)
      return err(replyFault('unreadable', 'the EST server shows no certificate in cacerts that can be read'))
    return ok({ roots, strangers: [], intermediates, isPinned: false })
  }
  const pinned = roots.filter(({ facts }) => pins.includes(facts.fingerprint))
  if (pinned.length === 0) return err(unpinned(all, pins))
  const trusted = withSuccessors(pinned, { roots, intermediates })
  const strangers = roots.filter((one) => !trusted.includes(one))
  return ok({ roots: trusted, strangers, intermediates, isPinned: true })
}

function distinct(certificates: readonly Der[]): readonly Authority[] {
  const found = new Map<string, Authority>()
  for (const der of certificates) {
    const facts = certificateFacts(der)
    if (facts.ok && !found.has(facts.value.fingerprint)) found.set(facts.value.fingerprint, { der, facts: facts.value })
  }
  return [...found.values()]
}

function unpinned(all: readonly Authority[], pins: readonly string[]): Fault {
  const below = all.find(({ facts }) => pins.includes(facts.fingerprint))
  if (below !== undefined)
    return replyFault(
      'pin',
      `spec.est.caFingerprint is that of "${nameOf(below.facts)}", which is no root but issued by "${formatDistinguishedName(below.facts.issuer).slice(0, 100)}"; pin that root`,
    )
  const seen = all
    .filter(({ facts }) => facts.selfSigned)
    .map(({ facts }) => `"${nameOf(facts)}" (${facts.fingerprint})`)
  return replyFault(
    'pin',
    `the EST server does not show the CA of spec.est.caFingerprint; it shows ${seen.slice(0, 3).join(', ') || 'no root at all'}. If the CA has really changed, get the fingerprint from its administrator and pin it; nothing secret was sent`,
  )
}

/** Roots whose key a trusted root certified, one after the other: old with new of a series of changes. */
function withSuccessors(
  pinned: readonly Authority[],
  { roots, intermediates }: Pick<Anchors, 'roots' | 'intermediates'>,
): readonly Authority[] {
  const trusted = [...pinned]
  for (let grown = true; grown;) {
    const next = roots.find((root) => !trusted.includes(root) && isVouchedFor(root, trusted, intermediates))
    grown = next !== undefined
    if (next !== undefined) trusted.push(next)
  }
  return trusted
}

/** By key, not by name: an old and a new root have the same name. */
function isVouchedFor({ facts }: Authority, trusted: readonly Authority[], links: readonly Authority[]): boolean {
  if (!links.some((link) => link.facts.publicKeyHash === facts.publicKeyHash && link.facts.isCA)) return false
  const path = assembleChain({
    certificates: links.map(({ der }) => der),
    publicKeyHash: facts.publicKeyHash,
    roots: trusted.map(({ der }) => der),
  })
  return path.ok && path.value.root !== undefined
}

/** Names can be long, and end up in a status. */
export const nameOf = ({ subject }: CertificateFacts): string => formatDistinguishedName(subject).slice(0, 100)

/** An RA of the CA may answer for it under any name, where its certificate says so (section 3.6.1). */
const cmcRa = '1.3.6.1.5.5.7.3.28'

/** Whom to trust in TLS when only the CA itself counts. */
export const explicitTrust = ({ roots }: Anchors): Trust => ({
  caBundle: certificatesPem(roots.map(({ der }) => der)),
  system: false,
  purposeInsteadOfHost: cmcRa,
})

/**
 * The chain of an issued certificate, which must lead to what /cacerts showed.
 *
 * @returns every certificate that belongs to it; or a clause that says what is wrong
 */
export function chainOf(
  reply: readonly Der[],
  publicKeyHash: string,
  anchors: Anchors,
): Result<readonly Der[], string> {
  const { roots, intermediates } = anchors
  const certificates = [...reply, ...intermediates.map(({ der }) => der)]
  const path = assembleChain({ certificates, publicKeyHash, roots: roots.map(({ der }) => der) })
  if (!path.ok) return path
  const { leaf, intermediates: above, root } = path.value
  const known = new Set([...roots, ...intermediates].map(({ facts }) => facts.fingerprint))
  const isReached = [...above, ...(root === undefined ? [] : [root])].some((der) => known.has(fingerprintOf(der)))
  const isAnchored = anchors.isPinned || roots.length > 0 ? root !== undefined : isReached
  if (!isAnchored && !isReached) return err('it is not signed by any CA that the server shows in cacerts')
  if (!isAnchored) return err('its chain does not lead to a root that is trusted')
  return ok([leaf, ...above])
}

function fingerprintOf(der: Der): string {
  const facts = certificateFacts(der)
  return facts.ok ? facts.value.fingerprint : ''
}
