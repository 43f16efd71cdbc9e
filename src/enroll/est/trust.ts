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
import { distinctCertificates, isVouchedFor, withSuccessors } from '../../pki/succession.ts'
import type { Known } from '../../pki/succession.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Instant } from '../../std/time.ts'
import { replyFault } from './faults.ts'

export type Authority = Known

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
 * @param spec - with the pins
 * @param vouched - roots that a path from a pinned one led to before; without a pin they say nothing
 * @returns the anchors; or a fault when what is pinned is not among them
 */
export function findAnchors(
  certificates: readonly Der[],
  spec: Pick<EstSpec, 'caFingerprint' | 'nextCAFingerprint'>,
  vouched: readonly Der[] = [],
): Result<Anchors, Fault> {
  const all = distinctCertificates(certificates)
  const roots = all.filter(({ facts }) => facts.selfSigned)
  const intermediates = all.filter(({ facts }) => !facts.selfSigned)
  const pins = [spec.caFingerprint, spec.nextCAFingerprint].flatMap((pin) => pin?.toLowerCase() ?? [])
  if (pins.length === 0) {
    if (all.length === 0)
      return err(replyFault('unreadable', 'the EST server shows no certificate in cacerts that can be read'))
    return ok({ roots, strangers: [], intermediates, isPinned: false })
  }
  const followed = [...pins, ...distinctCertificates(vouched).map(({ facts }) => facts.fingerprint)]
  const pinned = roots.filter(({ facts }) => followed.includes(facts.fingerprint))
  if (pinned.length === 0) return err(unpinned(all, pins))
  const trusted = withSuccessors(pinned, { roots, links: intermediates })
  const strangers = roots.filter((one) => !trusted.includes(one))
  return ok({ roots: trusted, strangers, intermediates, isPinned: true })
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

/**
 * Roots that are still shown although another, valid one has taken their place: its key is certified by theirs, and from the day
 * on which that was shown the CA signs with the new key (RFC 4210 section 4.4.1).
 */
export function supersededRoots({ roots, intermediates }: Anchors, now: Instant): readonly Authority[] {
  const isValid = ({ facts }: Authority): boolean => facts.notBefore <= now && now < facts.notAfter
  return roots.filter((old) =>
    roots.some((other) => other !== old && isValid(other) && isVouchedFor(other, [old], intermediates)),
  )
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
