/**
 * From what a CA shows to what is believed of it. A root that nobody has seen before counts where the settings vouch for it, or a
 * path of signatures from one that is believed already; where TLS alone vouches, the first that is seen counts and no other.
 */
import type { IssuerSpec, IssuerStatus } from '../../api/issuer.ts'
import { protocolSpec } from '../../api/issuer.ts'
import { recordAuthorities } from '../../domain/authority/record.ts'
import type { AuthorityRecord, SeenAuthority } from '../../domain/authority/record.ts'
import { longestSubject } from '../../domain/authority/rollover.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { formatDistinguishedName } from '../../domain/name.ts'
import type { Authorities, InferredAuthority, ShownAuthorities } from '../../enroll/authorities.ts'
import type { VouchedRoot } from '../../enroll/enroller.ts'
import { shortHash } from '../../pki/hash.ts'
import { certificatesPem, readCertificates } from '../../pki/pem.ts'
import { distinctCertificates, withSuccessors } from '../../pki/succession.ts'
import type { Known } from '../../pki/succession.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { AnyIssuer } from './issuers.ts'

/** Changes when a person says anew where the CA is and whom to believe: what was known before counts no more. */
export const authoritiesHash = (spec: IssuerSpec): string => shortHash(JSON.stringify([protocolSpec(spec), spec.tls]))

/** @returns the records of the CA that the spec still speaks of */
function recordsOf(status: IssuerStatus | undefined, spec: IssuerSpec): readonly AuthorityRecord[] {
  return status?.authoritiesHash === authoritiesHash(spec) ? (status.authorities ?? []) : []
}

/** An issuer is asked for at every call, and changes seldom. */
const readBefore = new WeakMap<AnyIssuer, readonly VouchedRoot[]>()

/** @returns the roots that count, for protocols that are to follow a change they were told of */
export function vouchedRoots(issuer: AnyIssuer): readonly VouchedRoot[] {
  const known = readBefore.get(issuer)
  if (known !== undefined) return known
  const roots = recordsOf(issuer.status, issuer.spec)
    .filter(({ state }) => state !== 'Former')
    .flatMap((record) => rootOf(record).map(({ der }) => ({ der, byPredecessor: record.trustedBy === 'Predecessor' })))
  readBefore.set(issuer, roots)
  return roots
}

export interface Judgement {
  readonly records: readonly AuthorityRecord[]
  /** Nothing that was shown is believed. */
  readonly violation?: Fault
}

/**
 * @param status - with the records so far
 * @param authorities - what the CA showed
 * @returns what is to be recorded
 */
export function judgeAuthorities(
  { status, spec }: { readonly status: IssuerStatus | undefined; readonly spec: IssuerSpec },
  authorities: Authorities,
  now: Instant,
): Judgement {
  // Those of other settings are not believed, but certificates that they issued are still there.
  const before = status?.authorities ?? []
  const believed = recordsOf(status, spec)
  if (authorities.kind === 'inferred')
    return { records: recordAuthorities(before, { seen: [inferred(authorities)], isNextKnown: true }, now) }
  const shown = sort(authorities)
  const strangers = strangersIn(shown, authorities, believed)
  if (strangers.length > 0) return { records: before, violation: violationOf(strangers, authorities) }
  const seen = seenIn(shown, authorities, believed)
  return { records: recordAuthorities(before, { seen, isNextKnown: authorities.next !== undefined }, now) }
}

interface Shown {
  readonly current: readonly Known[]
  readonly former: readonly Known[]
  readonly next: readonly Known[]
  /** They lead from one root to another, and issue nothing. */
  readonly links: readonly Known[]
}

function sort({ current, former = [], next = [] }: ShownAuthorities): Shown {
  const all = distinctCertificates(current)
  const superseded = distinctCertificates(former)
  const announced = distinctCertificates(next)
  const roots = [...all, ...superseded, ...announced].filter(({ facts }) => facts.selfSigned)
  const keys = new Set(roots.map(({ facts }) => facts.publicKeyHash))
  const isLink = ({ facts }: Known): boolean => !facts.selfSigned && keys.has(facts.publicKeyHash)
  const gone = new Set(superseded.map(({ facts }) => facts.fingerprint))
  return {
    current: all.filter((one) => !isLink(one) && !gone.has(one.facts.fingerprint)),
    former: superseded,
    next: announced.filter((one) => !isLink(one)),
    links: all.filter(isLink),
  }
}

const rootsIn = (certificates: readonly Known[]): readonly Known[] =>
  certificates.filter(({ facts }) => facts.selfSigned)

/** Roots that only TLS vouches for, and that are not the first. */
function strangersIn(
  { current, links }: Shown,
  { vouchedBy }: ShownAuthorities,
  believed: readonly AuthorityRecord[],
): readonly Known[] {
  const known = believed.flatMap(rootOf)
  if (vouchedBy === 'settings' || known.length === 0) return []
  const trusted = trustedFrom(known, rootsIn(current), links)
  return rootsIn(current).filter((root) => !trusted.has(root.facts.fingerprint))
}

const trustedFrom = (known: readonly Known[], roots: readonly Known[], links: readonly Known[]): ReadonlySet<string> =>
  new Set(withSuccessors(known, { roots, links }).map(({ facts }) => facts.fingerprint))

function violationOf(strangers: readonly Known[], { cure = 'name it in the spec' }: ShownAuthorities): Fault {
  const names = strangers
    .slice(0, 3)
    .map(({ facts }) => `"${subjectOf({ facts }).slice(0, 100)}" (${facts.fingerprint})`)
  return fault(
    'SecurityViolation',
    `the CA shows another root than before, ${names.join(', ')}, and none that is trusted vouches for it; nothing is asked of it. If its administrator confirms that fingerprint, ${cure}`,
  )
}

function seenIn(
  { current, former, next, links }: Shown,
  { vouchedBy }: ShownAuthorities,
  believed: readonly AuthorityRecord[],
): readonly SeenAuthority[] {
  const known = believed.flatMap(rootOf)
  const linked = trustedFrom(known, rootsIn(current), links)
  const first = vouchedBy === 'settings' ? 'Settings' : 'Connection'
  const trustOf = ({ facts }: Known): NonNullable<SeenAuthority['trustedBy']> =>
    linked.has(facts.fingerprint) ? 'Predecessor' : first
  const currents = new Set(current.map(({ facts }) => facts.fingerprint))
  return [
    ...current.map((one) => seenAs(one, 'Current', trustOf(one))),
    ...next.filter(({ facts }) => !currents.has(facts.fingerprint)).map((one) => seenAs(one, 'Next', 'Predecessor')),
    ...former.map((one) => seenAs(one, 'Former', first)),
  ]
}

function seenAs(
  { der, facts }: Known,
  state: AuthorityRecord['state'],
  trustedBy: NonNullable<SeenAuthority['trustedBy']>,
): SeenAuthority {
  return {
    subject: subjectOf({ facts }),
    role: facts.selfSigned ? 'Root' : 'Intermediate',
    state,
    fingerprintSHA256: facts.fingerprint,
    notAfter: toRfc3339(facts.notAfter),
    ...(facts.subjectKeyId === undefined ? {} : { keyId: facts.subjectKeyId.slice(0, 128) }),
    ...(facts.selfSigned || state === 'Next' ? { trustedBy, certificate: certificatesPem([der]) } : {}),
  }
}

const inferred = ({ subject, keyId }: InferredAuthority): SeenAuthority => ({
  subject: subject.slice(0, longestSubject),
  role: 'Root',
  state: 'Current',
  ...(keyId === undefined ? {} : { keyId: keyId.slice(0, 128) }),
})

const subjectOf = ({ facts }: Pick<Known, 'facts'>): string =>
  formatDistinguishedName(facts.subject).slice(0, longestSubject) || 'without a name'

/** @returns the root that a record keeps; empty for what is none */
function rootOf({ certificate }: AuthorityRecord): readonly Known[] {
  const read = certificate === undefined ? undefined : readCertificates(certificate)
  return read?.ok === true ? distinctCertificates(read.value) : []
}
