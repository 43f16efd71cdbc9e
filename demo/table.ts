/** From Certificates to lines of text. */
import { isReady, nameOf, readiness } from './cluster.ts'
import type { CertificateView } from './cluster.ts'

const columns = [
  'PROTOCOL',
  'CERTIFICATE',
  'ISSUER',
  'READY',
  'ISSUED',
  'EXPIRES IN',
  'RENEWS IN',
  'WHAT IT DOES',
] as const

/** What is cut off, so that a table fits into 100 columns. */
const tooLong = /^(.{99}).{2,}$/

/** @param now - milliseconds since the epoch */
export function tableOf(certificates: readonly CertificateView[], now: number): readonly string[] {
  const sorted = certificates.toSorted((one, other) => keyOf(one).localeCompare(keyOf(other)))
  const rows = sorted.map((certificate) => rowOf(certificate, now))
  const widths = columns.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)))
  return [columns, ...rows].map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
      .replace(tooLong, '$1…'),
  )
}

/** By protocol, for comparison. */
const keyOf = (certificate: CertificateView): string => `${certificate.status?.protocol ?? '~'} ${nameOf(certificate)}`

function rowOf(certificate: CertificateView, now: number): readonly string[] {
  const { spec, status } = certificate
  return [
    status?.protocol ?? '-',
    certificate.metadata.name,
    spec.issuerRef.name,
    isReady(certificate) ? '✓' : '…',
    times(status?.revision ?? 0),
    until(status?.notAfter, now),
    until(status?.renewalTime, now),
    doing(certificate),
  ]
}

const times = (count: number): string => (count === 0 ? '-' : `${count}×`)

function doing(certificate: CertificateView): string {
  const { status } = certificate
  if (status?.enrollment !== undefined) return status.enrollment.note ?? status.enrollment.phase
  if (status?.lastFailure !== undefined) return status.lastFailure.message
  return isReady(certificate) ? '' : (readiness(certificate)?.message ?? 'waits for the operator')
}

function until(time: string | undefined, now: number): string {
  if (time === undefined) return '-'
  const seconds = Math.round((Date.parse(time) - now) / 1000)
  return seconds <= 0 ? 'now' : span(seconds)
}

const units = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3600 },
  { name: 'm', seconds: 60 },
] as const

/** The two largest units that matter: `89d 23h`, `4m 12s`, `38s`. */
function span(seconds: number): string {
  const index = units.findIndex((unit) => seconds >= unit.seconds)
  const unit = units[index]
  if (unit === undefined) return `${seconds}s`
  const smaller = units[index + 1] ?? { name: 's', seconds: 1 }
  const rest = Math.floor((seconds % unit.seconds) / smaller.seconds)
  return `${Math.floor(seconds / unit.seconds)}${unit.name}${rest === 0 ? '' : ` ${rest}${smaller.name}`}`
}
