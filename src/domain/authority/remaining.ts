/** What is still under a CA that was replaced, and what becomes of it. Pure. */
import type { IssuerSpec } from '../../api/issuer.ts'
import { days, plus } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { isIssuedBy, reissueTime, replacedIn, rolloverOf, rolloverSettings } from './rollover.ts'
import type { Lead, NamedCa, ReplacedCa, Rollover, RolloverSettings } from './rollover.ts'
import type { AuthorityRecord } from './record.ts'
import type { Reissue } from './reissue.ts'

/** A change of a CA, as those that are under the former one see it. */
export interface Replacement {
  readonly replaced: readonly ReplacedCa[]
  readonly current: readonly NamedCa[]
  readonly settings: RolloverSettings
  readonly rollover: Rollover | undefined
}

type Spec = Pick<IssuerSpec, 'rollover' | 'trustBundle'>

/**
 * @param records - of the issuer's status
 * @returns undefined while nothing was replaced; what is known by name alone does not count, see {@link replacedIn}
 */
export function replacementOf(records: readonly AuthorityRecord[], spec: Spec): Replacement | undefined {
  const { replaced, current } = replacedIn(records)
  if (replaced.length === 0 || current.length === 0) return undefined
  return { replaced, current, settings: rolloverSettings(spec), rollover: rolloverOf(records, spec) }
}

/** Budgets and windows may keep a certificate from its moment, and a window a night is usual. */
const patience = days(1)

/** @returns what becomes of a certificate that is under a replaced CA; undefined for any other */
export function reissueOf(lead: Lead, replacement: Replacement, now: Instant): Reissue | undefined {
  const { replaced, current, settings, rollover } = replacement
  const orphaned = lead.links.filter((link) => !current.some((ca) => isIssuedBy(link, ca)))
  const [ca] = replaced.filter((one) => orphaned.some((link) => isIssuedBy(link, one)))
  if (ca === undefined) return undefined
  const told = { ca: ca.subject, at: undefined }
  if (!settings.isStaged) return { ...told, kind: 'atRenewal' }
  if (rollover === undefined)
    return { ...told, kind: now > plus(lastMoment(ca, settings), patience) ? 'overdue' : 'planned' }
  const at = reissueTime(lead, rollover)
  if (at === undefined) return { ...told, kind: 'kept' }
  return { ...told, at, kind: now > plus(at, patience) ? 'overdue' : 'planned' }
}

/** When the last would have followed, had the new CA been published at once. */
const lastMoment = ({ since }: ReplacedCa, { delay, spread }: RolloverSettings): Instant =>
  plus(plus(since, delay), spread)
