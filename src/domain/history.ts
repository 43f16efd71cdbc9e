/** What a Certificate had before: so that its past can be told when Events are long gone. */
import type { CertificateStatus } from '../api/certificate.ts'
import type { Snapshot } from './snapshot.ts'

/** Enough for a time line, and little beside the rest of a status. */
const most = 5

/** @returns the status's `history` once another certificate has taken the place of the one that the status speaks of */
export function historyAfter({ certificate: { status }, secret }: Snapshot): Pick<CertificateStatus, 'history'> {
  const { history = [], serialNumber, notBefore, notAfter, issuedBy } = status
  if (serialNumber === undefined || notBefore === undefined || notAfter === undefined) return {}
  if (secret?.certificate.kind !== 'ok' || secret.certificate.facts.serialNumber === serialNumber) return {}
  const issuer = issuedBy === undefined ? {} : { issuer: `${issuedBy.kind}/${issuedBy.name}` }
  return { history: [{ serialNumber, notBefore, notAfter, ...issuer }, ...history].slice(0, most) }
}
