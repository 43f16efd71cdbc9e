/** The CA as a CMP server shows it: who issues now, and the root that comes next (RFC 9483 sections 4.3.1 and 4.3.2). */
import { certificateFacts } from '../../pki/certificate.ts'
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
 * What came unprotected says nothing. Where the CA does not say what it issues with, the roots of the spec stand for it.
 *
 * @returns nothing where neither is known
 */
export function authoritiesOf({ caCerts, protection, update, anchors }: Answered): { authorities?: ShownAuthorities } {
  const told = protection === 'none' ? [] : caCerts
  const current = told.length > 0 ? withRoots(told, anchors) : anchors.filter(isRoot)
  if (current.length === 0) return {}
  const { next, refused } = update
  const doubtful = refused && `what it announces as the next root does not count: ${refused}`
  return { authorities: { kind: 'shown', current, next, vouchedBy: 'settings', pin: 'spec.cmp.caBundle', doubtful } }
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
