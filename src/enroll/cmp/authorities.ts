/** The CA as a CMP server shows it: who issues now, and the root that comes next (RFC 9483 sections 4.3.1 and 4.3.2). */
import { formatDistinguishedName } from '../../domain/name.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { distinctCertificates, withSuccessors } from '../../pki/succession.ts'
import type { Known } from '../../pki/succession.ts'
import type { Der } from '../../std/bytes.ts'
import type { ShownAuthorities } from '../authorities.ts'
import type { IssuerDetails } from '../enroller.ts'

export interface RootUpdate {
  /** Vouched for by the old root. Undefined: the CA was not asked, or what it said does not count. */
  readonly next: readonly Der[] | undefined
  /** A clause about an answer that does not count. */
  readonly refused?: string
}

export const noRootUpdate: RootUpdate = { next: [] }

interface Answered {
  readonly caCerts: readonly Der[]
  readonly protection: 'secret' | 'signature' | 'none'
  readonly update: RootUpdate
  /** Of the spec. */
  readonly anchors: readonly Der[]
}

/**
 * What came unprotected says nothing. Where the CA does not say what it issues with, the roots of the spec stand for it. Where it
 * shows none of those, the spec does not vouch for what it shows, and what was known before decides: the secret, or the signature
 * of somebody below a root, says who speaks, and not that relying parties are to trust another root.
 *
 * @returns nothing where neither is known
 */
export function authoritiesOf({ caCerts, protection, update, anchors }: Answered): { authorities?: ShownAuthorities } {
  const told = protection === 'none' ? [] : caCerts
  const shown = told.length > 0 ? withRoots(told, anchors) : anchors.filter(isRoot)
  if (shown.length === 0) return {}
  const { isPinned, strangers } = compare(shown, anchors)
  const current = shown.filter((der) => strangers.every((one) => Buffer.compare(one.der, der) !== 0))
  const { next, refused } = update
  const announced = refused && `what it announces as the next root does not count: ${refused}`
  const doubtful = announced ?? doubtAbout(strangers)
  const vouchedBy = isPinned ? 'settings' : 'connection'
  const cure = 'add its certificate to spec.cmp.caBundle'
  return { authorities: { kind: 'shown', current, next, vouchedBy, cure, doubtful } }
}

interface Compared {
  /** Whether a root of the spec is among them. */
  readonly isPinned: boolean
  /** Roots beside one of the spec, to which nothing leads from there. */
  readonly strangers: readonly Known[]
}

function compare(shown: readonly Der[], anchors: readonly Der[]): Compared {
  const all = distinctCertificates(shown)
  const pins = new Set(distinctCertificates(anchors).map(({ facts }) => facts.fingerprint))
  const roots = all.filter(({ facts }) => facts.selfSigned)
  const pinned = roots.filter(({ facts }) => pins.has(facts.fingerprint))
  if (pinned.length === 0) return { isPinned: false, strangers: [] }
  const trusted = withSuccessors(pinned, { roots, links: all.filter(({ facts }) => !facts.selfSigned) })
  return { isPinned: true, strangers: roots.filter((one) => !trusted.includes(one)) }
}

function doubtAbout(strangers: readonly Known[]): string | undefined {
  if (strangers.length === 0) return undefined
  const names = strangers
    .slice(0, 3)
    .map(({ facts }) => `"${formatDistinguishedName(facts.subject).slice(0, 100)}" (${facts.fingerprint})`)
  return `it shows another root that nothing trusted vouches for, ${names.join(', ')}; to accept it, add it to spec.cmp.caBundle`
}

export function isRoot(der: Der): boolean {
  const facts = certificateFacts(der)
  return facts.ok && facts.value.selfSigned
}

/** Servers leave out roots, which whoever asks has already. */
function withRoots(told: readonly Der[], anchors: readonly Der[]): readonly Der[] {
  if (told.some(isRoot)) return told
  const issuers = new Set(told.map((der) => namesOf(der)?.issuer))
  return [...told, ...anchors.filter((der) => isRoot(der) && issuers.has(namesOf(der)?.subject))]
}

function namesOf(der: Der): { readonly subject: string; readonly issuer: string } | undefined {
  const facts = certificateFacts(der)
  if (!facts.ok) return undefined
  return { subject: JSON.stringify(facts.value.subject), issuer: JSON.stringify(facts.value.issuer) }
}

/** @param described - tells of certificates */
export const nextRootDetails = (
  { next = [], refused }: RootUpdate,
  described: (certificates: readonly Der[]) => readonly IssuerDetails[],
): IssuerDetails => ({
  ...(next.length === 0 ? {} : { nextRoot: described(next) }),
  ...(refused === undefined ? {} : { nextRootRefused: refused }),
})
