/**
 * What an Issuer's status keeps of its CA: which certificates count, which are coming and which went. Pure.
 *
 *   announced ──► Next ── it is used ──► Current ── no longer shown, or superseded ──► Former ── unneeded ──► forgotten
 *                                           ▲                                            │
 *                                           └──────────────── shown again ───────────────┘
 */
import type { IssuerStatus } from '../../api/issuer.ts'
import { between, fromRfc3339, toRfc3339 } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'

/** One certificate of a CA, as the status has it. */
export type AuthorityRecord = NonNullable<IssuerStatus['authorities']>[number]

/** One certificate that a probe saw, and that is believed. */
export type SeenAuthority = Omit<AuthorityRecord, 'since' | 'publishedAt' | 'unusedSince'>

export interface Sighting {
  readonly seen: readonly SeenAuthority[]
  /** Whether the CA said what it announces, be it nothing. */
  readonly isNextKnown: boolean
}

/** More is kept of no CA; what went first is forgotten first. */
const mostRecords = 32

/** Two records of one certificate have the same; what is known by name alone is told apart by its key. */
export const identityOf = ({ fingerprintSHA256, subject, keyId }: SeenAuthority): string =>
  fingerprintSHA256 ?? `${subject}/${keyId ?? ''}`

/**
 * @param before - the records of the status
 * @param sighting - what is believed of what the last probe saw
 * @returns the records that follow; a moment stays as long as the state does
 */
export function recordAuthorities(
  before: readonly AuthorityRecord[],
  { seen, isNextKnown }: Sighting,
  now: Instant,
): readonly AuthorityRecord[] {
  const known = new Map(before.map((record) => [identityOf(record), record]))
  const shown = seen.map((one) => succeed(known.get(identityOf(one)), one, now))
  const present = new Set(shown.map(identityOf))
  const hasCurrent = shown.some(({ state }) => state === 'Current')
  const gone = before
    .filter((record) => !present.has(identityOf(record)))
    .flatMap((record) => {
      if (record.state === 'Next') return isNextKnown ? [] : [record]
      return hasCurrent ? [retire(record, now)] : [record]
    })
  const all = [...shown, ...gone.sort((a, b) => (a.since < b.since ? 1 : -1))].filter((one) => !hasEnded(one, now))
  return all.sort((a, b) => rank[a.state] - rank[b.state]).slice(0, mostRecords)
}

const rank = { Current: 0, Next: 1, Former: 2 } as const

function succeed(old: AuthorityRecord | undefined, seen: SeenAuthority, now: Instant): AuthorityRecord {
  const since = old?.state === seen.state ? old.since : toRfc3339(now)
  const { publishedAt, unusedSince, trustedBy, certificate } = old ?? {}
  return {
    ...seen,
    // What it was first believed for stays what it is believed for.
    ...(trustedBy === undefined ? {} : { trustedBy }),
    ...(certificate === undefined ? {} : { certificate }),
    since,
    ...(publishedAt === undefined ? {} : { publishedAt }),
    ...(unusedSince === undefined || seen.state !== 'Former' ? {} : { unusedSince }),
  }
}

const retire = (record: AuthorityRecord, now: Instant): AuthorityRecord =>
  record.state === 'Former' ? record : { ...record, state: 'Former', since: toRfc3339(now) }

/** One that counts now is shown even after its end, for that is what is wrong with it. */
function hasEnded({ state, notAfter }: AuthorityRecord, now: Instant): boolean {
  const end = notAfter === undefined ? undefined : fromRfc3339(notAfter)
  return state !== 'Current' && end !== undefined && end <= now
}

/**
 * Notes which of those that went are used no more, and forgets those that have not been used for long enough.
 *
 * @param isUsed - whether a certificate of ours leads to it
 * @param keep - how long one is kept that nobody uses
 */
export function settleFormer(
  records: readonly AuthorityRecord[],
  { isUsed, keep }: { readonly isUsed: (record: AuthorityRecord) => boolean; readonly keep: Duration },
  now: Instant,
): readonly AuthorityRecord[] {
  return records.flatMap((record) => {
    if (record.state !== 'Former') return [record]
    const { unusedSince, ...rest } = record
    if (isUsed(record)) return [rest]
    const since = unusedSince === undefined ? now : (fromRfc3339(unusedSince) ?? now)
    return between(since, now) >= keep ? [] : [{ ...rest, unusedSince: toRfc3339(since) }]
  })
}

/** Roots that belong into a trust bundle, those that count now first. */
export const publishable = (
  records: readonly AuthorityRecord[],
): readonly (AuthorityRecord & { readonly certificate: string })[] =>
  records.flatMap((record) =>
    record.role === 'Root' && record.certificate !== undefined ? [{ ...record, certificate: record.certificate }] : [],
  )

/** As it was before a bundle had it: one that is asked for later does not count as read since the one before it. */
export function unpublished({ publishedAt: _publishedAt, ...record }: AuthorityRecord): AuthorityRecord {
  return record
}

/** @returns the records, with the moment at which the bundle first had them */
export const notePublished = (records: readonly AuthorityRecord[], now: Instant): readonly AuthorityRecord[] =>
  records.map((record) =>
    record.role === 'Root' && record.certificate !== undefined && record.publishedAt === undefined
      ? { ...record, publishedAt: toRfc3339(now) }
      : record,
  )
