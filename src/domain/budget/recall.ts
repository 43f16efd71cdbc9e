/** What a Certificate tells of requests that were made for it: from all of them a new process learns what a budget has given. Pure. */
import type { CertificateStatus } from '../../api/certificate.ts'
import type { IssuerRef } from '../../api/meta.ts'
import { fromRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { sameRef } from '../flight.ts'
import type { SecretMarks } from '../snapshot.ts'
import type { Spent } from './ledger.ts'

export interface Past {
  readonly status: CertificateStatus
  readonly marks: SecretMarks | undefined
}

export interface AskedIssuer {
  readonly ref: IssuerRef
  readonly uid: string
}

/**
 * The last certificate, the enrollment under way, and the failures that are remembered. Of a certificate that was replaced within
 * the span of the budget only the last request is known.
 */
export function spentBy({ status, marks }: Past, { ref, uid }: AskedIssuer): readonly Spent[] {
  const kind = (status.revision ?? 0) > 1 ? 'renewal' : 'fresh'
  const { enrollment } = status
  const isHere = enrollment?.issuer.startsWith(`${uid}/`) === true
  const began = isHere ? fromRfc3339(enrollment.startedAt) : undefined
  const arrived = marks?.issuerRef !== undefined && sameRef(marks.issuerRef, ref) ? marks.issuedAt : undefined
  const moments = [began, arrived, ...failuresAt(status, uid)]
  return moments.flatMap((at) => (at === undefined ? [] : [{ at, kind } as const]))
}

function failuresAt(
  { lastFailure, otherFailures = [] }: CertificateStatus,
  uid: string,
): readonly (Instant | undefined)[] {
  const failures = [...(lastFailure === undefined ? [] : [lastFailure]), ...otherFailures]
  return failures
    .filter(({ issuer }) => issuer?.startsWith(`${uid}/`) === true)
    .flatMap(({ time, recent = [] }) => [...new Set([time, ...recent])].map(fromRfc3339))
}
