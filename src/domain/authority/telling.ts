/** What people are told of a change of the CA, in one sentence. Pure. */
import type { Condition } from '../../api/meta.ts'
import { plus, toRfc3339 } from '../../std/time.ts'
import type { AuthorityRecord } from './record.ts'
import { identityOf } from './record.ts'
import type { Rollover } from './rollover.ts'

export type Told = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

export interface Change {
  readonly records: readonly AuthorityRecord[]
  readonly rollover: Rollover | undefined
  /** A clause about what the CA shows and nothing trusted vouches for. */
  readonly doubtful: string | undefined
  /** Whether certificates of a replaced CA are to be re-issued before they are due. */
  readonly isStaged: boolean
}

/** @returns the condition that is present while the CA changes; undefined while it does not */
export function changeCondition({ records, rollover, doubtful, isStaged }: Change): Told | undefined {
  const told = { type: 'CAChange', status: 'True' } as const
  if (doubtful !== undefined) return { ...told, reason: 'CANotTrusted', message: doubtful }
  const former = records.filter(({ state }) => state === 'Former')
  const next = records.filter(({ state }) => state === 'Next')
  if (former.length > 0)
    return { ...told, reason: 'CAChanged', message: changedText({ records, former, rollover, isStaged }) }
  if (next.length === 0) return undefined
  const message = `the CA announces ${named(next)}, which will take the place of ${named(currentOf(records))}`
  return { ...told, reason: 'CAAnnounced', message }
}

const currentOf = (records: readonly AuthorityRecord[]): readonly AuthorityRecord[] =>
  records.filter(({ state }) => state === 'Current')

/** Fingerprints tell an old and a new CA of the same name apart. */
const named = (records: readonly AuthorityRecord[]): string =>
  records
    .slice(0, 3)
    .map(({ subject, fingerprintSHA256: print }) =>
      print === undefined ? `"${subject.slice(0, 100)}"` : `"${subject.slice(0, 100)}" (${print.slice(0, 16)}...)`,
    )
    .join(', ') || 'none'

function changedText({
  records,
  former,
  rollover,
  isStaged,
}: Pick<Change, 'records' | 'rollover' | 'isStaged'> & { readonly former: readonly AuthorityRecord[] }): string {
  const since = former.map((record) => record.since).reduce((a, b) => (a > b ? a : b), '')
  const what = `${named(currentOf(records))} took the place of ${named(former)} at ${since}`
  // A name alone says nothing about whether certificates of the former still count.
  if (former.every(({ fingerprintSHA256 }) => fingerprintSHA256 === undefined))
    return `${what}; certificates are left alone until they are due`
  if (former.every(({ unusedSince }) => unusedSince !== undefined))
    return `${what}; no certificate of the former is left`
  if (!isStaged) return `${what}; certificates of the former are re-issued when they are due`
  if (rollover === undefined)
    return `${what}; certificates of the former are re-issued once the new one is published in the trust bundle`
  const { from, spread } = rollover
  return `${what}; certificates of the former are re-issued from ${toRfc3339(from)} until ${toRfc3339(plus(from, spread))}`
}

export interface News {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** @returns what an Event is written about: that the CA has changed, or announces to; undefined when there is nothing new */
export function newsOf(
  before: readonly AuthorityRecord[],
  records: readonly AuthorityRecord[],
  condition: Told | undefined,
): News | undefined {
  if (condition === undefined || before.length === 0) return undefined
  const isSame = marksOf(before) === marksOf(records)
  return isSame ? undefined : { type: 'Normal', reason: condition.reason, message: condition.message }
}

const marksOf = (records: readonly AuthorityRecord[]): string =>
  records
    .filter(({ state }) => state !== 'Former')
    .map((record) => `${record.state} ${identityOf(record)}`)
    .sort()
    .join('\n')
