/**
 * When certificates that a replaced CA issued are re-issued under the new one. Pure.
 *
 *   the CA changes    everybody trusts the new one                         all are re-issued
 *        ├──────── delay ────────┼──────────────── spread ────────────────────┤
 *                                      each at its own moment, a hash
 *
 * No counter is shared: a hash of the Certificate's uid and of the change puts it somewhere in the spread, so that every share of
 * the spread brings the same share of the certificates, on every replica and after every restart.
 *
 * A certificate that was issued after the change is never re-issued for it: a CA that goes on issuing under the replaced one, or
 * that changes back and forth, is followed once for each change.
 */
import type { IssuerSpec } from '../../api/issuer.ts'
import { fractionOf } from '../../std/fraction.ts'
import { parseGoDuration } from '../../std/duration.ts'
import { between, earliest, fromRfc3339, hours, latest, plus, scale } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import type { CertificateFacts } from '../facts.ts'
import { formatDistinguishedName } from '../name.ts'
import type { AuthorityRecord } from './record.ts'

/** `spec.rollover`, read. */
export interface RolloverSettings {
  readonly isStaged: boolean
  readonly delay: Duration
  readonly spread: Duration
  readonly keep: Duration
}

type Spec = Pick<IssuerSpec, 'rollover' | 'trustBundle'>

export function rolloverSettings({ rollover = {} }: Spec): RolloverSettings {
  const length = (text: string | undefined, usual: Duration): Duration => {
    const parsed = text === undefined ? undefined : parseGoDuration(text)
    return parsed?.ok === true ? parsed.value : usual
  }
  return {
    isStaged: rollover.reissue !== 'AtRenewal',
    delay: length(rollover.delay, hours(1)),
    spread: length(rollover.spread, hours(1)),
    keep: length(rollover.keep, hours(24)),
  }
}

/** A CA as certificates below it name it. */
export interface NamedCa {
  readonly subject: string
  readonly keyId: string | undefined
}

export interface ReplacedCa extends NamedCa {
  readonly since: Instant
  /** When it expires. */
  readonly end: Instant | undefined
}

/** What a Certificate must know of a change of its CA. */
export interface Rollover {
  readonly replaced: readonly ReplacedCa[]
  readonly current: readonly NamedCa[]
  /** Before this nothing is re-issued: the new CA has not been published for long enough. */
  readonly from: Instant
  readonly spread: Duration
}

/**
 * @param records - of the issuer's status
 * @returns the change that certificates follow; undefined while there is none, they are not to follow it, or the new CA is not
 *   yet published where the spec wants it to be
 */
export function rolloverOf(records: readonly AuthorityRecord[], spec: Spec): Rollover | undefined {
  const { isStaged, delay, spread } = rolloverSettings(spec)
  const { replaced, current } = replacedIn(records)
  if (!isStaged || replaced.length === 0 || current.length === 0) return undefined
  const begins = records.filter(({ state }) => state === 'Current').map((record) => beginOf(record, spec))
  if (begins.includes(undefined)) return undefined
  const moments = begins.flatMap((one) => one ?? [])
  return { replaced, current, from: plus(latest(...nonEmpty(moments)), delay), spread }
}

/**
 * What was replaced, and by what. What is known by name alone may have been left by choice of the server, one certificate at a
 * time, and does not count.
 */
export function replacedIn(records: readonly AuthorityRecord[]): Pick<Rollover, 'replaced' | 'current'> {
  const former = records.filter(({ state, fingerprintSHA256 }) => state === 'Former' && fingerprintSHA256 !== undefined)
  return {
    replaced: former.flatMap((record) => {
      const since = fromRfc3339(record.since)
      return since === undefined ? [] : [{ ...nameOf(record), since, end: moment(record.notAfter) }]
    }),
    current: records.filter(({ state }) => state === 'Current').map(nameOf),
  }
}

const nameOf = ({ subject, keyId }: AuthorityRecord): NamedCa => ({ subject, keyId })
const moment = (text: string | undefined): Instant | undefined => (text === undefined ? undefined : fromRfc3339(text))
const nonEmpty = (moments: readonly Instant[]): [Instant, ...Instant[]] => [moments[0] ?? (0 as Instant), ...moments]

/**
 * Published long ago is not enough: of a CA that changes back and forth each root was.
 *
 * @returns since when a CA counts, and relying parties can know it; undefined where they cannot yet
 */
function beginOf({ role, since, publishedAt }: AuthorityRecord, { trustBundle }: Spec): Instant | undefined {
  const counts = moment(since)
  const isPublic = trustBundle?.configMap !== undefined || trustBundle?.clusterTrustBundle === true
  if (!isPublic || role !== 'Root' || counts === undefined) return counts
  const published = moment(publishedAt)
  return published && latest(counts, published)
}

/** A certificate, the leaf or one above it, as far as it says who issued it. */
export type Link = Pick<CertificateFacts, 'issuer' | 'authorityKeyId'>

/** By key where both say it (RFC 5280 section 4.2.1.1), else by name: a CA that changes its key keeps its name. */
export function isIssuedBy({ issuer, authorityKeyId }: Link, { subject, keyId }: NamedCa): boolean {
  if (authorityKeyId !== undefined && keyId !== undefined) return authorityKeyId === keyId
  return formatDistinguishedName(issuer).slice(0, longestSubject) === subject
}

/** Names in a status are clipped to this. */
export const longestSubject = 500

export interface Lead {
  readonly uid: string
  readonly issuedAt: Instant
  /** The leaf and what stands above it. */
  readonly links: readonly Link[]
}

/** @returns when the certificate is re-issued because its CA was replaced; undefined when it is not */
export function reissueTime({ uid, issuedAt, links }: Lead, rollover: Rollover): Instant | undefined {
  const { replaced, current, from, spread } = rollover
  const orphaned = links.filter((link) => !current.some((ca) => isIssuedBy(link, ca)))
  // Both are noted in whole seconds: what was issued in the second of the change may be of the time before it.
  const ca = replaced.find((one) => issuedAt <= one.since && orphaned.some((link) => isIssuedBy(link, one)))
  if (ca === undefined) return undefined
  const start = latest(from, ca.since)
  const end = ca.end === undefined ? plus(start, spread) : latest(start, earliest(plus(start, spread), ca.end))
  return plus(start, scale(between(start, end), fractionOf(`${uid}/${ca.keyId ?? ca.subject}/${ca.since}`)))
}

/** @returns whether a certificate leads to a CA, whatever became of that */
export const leadsTo = (links: readonly Link[], ca: NamedCa): boolean => links.some((link) => isIssuedBy(link, ca))
