/** The words of a letter, for people and for programs. */
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Summary } from '../inventory/summary.ts'
import type { Alert } from './alerts.ts'
import type { Notice } from './plan.ts'

export interface Message {
  readonly subject: string
  /** For people. */
  readonly lines: readonly string[]
  /** For programs. */
  readonly notices: readonly object[]
}

/** So many are written out; a disaster has more, and its letter is read all the same. */
const mostWritten = 50

/** @param notices - at least one */
export function messageOf(notices: readonly Notice[]): Message {
  const raised = notices.filter(({ kind }) => kind === 'raised').length
  const [first] = notices
  const over = notices.length - raised
  const parts = [
    ...(raised > 0 ? [`${raised} certificate${raised === 1 ? '' : 's'} in trouble`] : []),
    ...(over > 0 ? [`${over} good again`] : []),
  ]
  const subject = notices.length === 1 && first !== undefined ? titleOf(first) : parts.join(', ')
  return {
    subject: `Perennial: ${subject}`,
    lines: written(notices.map(lineOf)),
    notices: notices.slice(0, mostWritten).map(programOf),
  }
}

export interface Digest {
  readonly summary: Summary
  readonly alerts: readonly Alert[]
}

/** What stands, once a day. */
export function digestOf({ summary, alerts }: Digest, now: Instant): Message {
  const { total, managed, states, expiry } = summary
  const soon = expiry.filter(({ untilDays }) => untilDays !== undefined && untilDays > 0 && untilDays <= 30)
  const within = soon.reduce((sum, bar) => sum + bar.managed + bar.found, 0)
  const counts = `${total} certificates, ${managed} managed: ${states.ready} ready, ${states.issuing} being issued, ${states.failing} failing.`
  return {
    subject: `Perennial: ${alerts.length === 0 ? 'all is well' : `${alerts.length} in trouble`}, ${toRfc3339(now).slice(0, 10)}`,
    lines: [counts, `${within} end within 30 days.`, ...written(alerts.map(alertLine))],
    notices: alerts.slice(0, mostWritten).map((alert) => programOf({ kind: 'raised', alert })),
  }
}

const written = (lines: readonly string[]): readonly string[] =>
  lines.length <= mostWritten
    ? lines
    : [...lines.slice(0, mostWritten), `And ${lines.length - mostWritten} more: kubectl perennial inventory -A.`]

const titleOf = (notice: Notice): string =>
  notice.kind === 'raised'
    ? `${notice.alert.key}: ${notice.alert.kind}, ${notice.alert.severity}`
    : `${notice.key} is good again`

const lineOf = (notice: Notice): string =>
  notice.kind === 'raised' ? alertLine(notice.alert) : `${notice.key} is good again.`

function alertLine({ key, kind, severity, message, issuer, owner }: Alert): string {
  const whose = owner === undefined ? '' : `, of ${owner}`
  const what = `${key} (${issuer}${whose}): ${kind}, ${severity}. ${message}`
  const [namespace = '', name = '', found] = key.split('/')
  const look = found === undefined ? `why ${name} -n ${namespace}` : `inventory -n ${namespace} --secrets -q q=${found}`
  return `${what} See: kubectl perennial ${look}`
}

function programOf(notice: Notice): object {
  if (notice.kind === 'resolved') return { status: 'resolved', certificate: notice.key, severity: notice.severity }
  const { key, kind, severity, owner, issuer, notAfter, message } = notice.alert
  return {
    status: 'firing',
    certificate: key,
    kind,
    severity,
    ...(owner === undefined ? {} : { owner }),
    issuer,
    ...(notAfter === undefined ? {} : { notAfter: toRfc3339(notAfter) }),
    message,
  }
}
