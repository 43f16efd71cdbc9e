/** What the status remembers of failures: the last one, and the last at every other issuer that was asked for the same wish. */
import type { CertificateStatus } from '../api/certificate.ts'

export type Failure = NonNullable<CertificateStatus['lastFailure']>

/** As many as a Certificate may have issuers. */
const mostIssuers = 8

/** @returns the last failure at an issuer, named as by `issuerKey` */
export const failureAt = (
  { lastFailure, otherFailures: others = [] }: CertificateStatus,
  issuer: string,
): Failure | undefined =>
  [...(lastFailure === undefined ? [] : [lastFailure]), ...others].find((failure) => failure.issuer === issuer)

/** What goes on being remembered beside a new failure: one for each other issuer, of the same wish. */
export function otherFailures(
  { lastFailure, otherFailures: others = [] }: CertificateStatus,
  { issuer, requestHash }: Failure,
): Pick<CertificateStatus, 'otherFailures'> {
  const all = [...(lastFailure === undefined ? [] : [lastFailure]), ...others]
  const kept = all.filter((failure) => failure.issuer !== issuer && failure.requestHash === requestHash)
  return kept.length === 0 ? {} : { otherFailures: kept.slice(0, mostIssuers) }
}
