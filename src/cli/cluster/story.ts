/** What is told of Certificates and issuers: as a tree, and as a row. Pure. */
import type { Certificate } from '../../api/certificate.ts'
import { protocolOf } from '../../api/issuer.ts'
import type { Issuer } from '../../api/issuer.ts'
import type { Condition } from '../../api/meta.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import { formatDistinguishedName } from '../../domain/name.ts'
import { keyText } from '../../domain/wanted.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { momentOf } from './gather.ts'
import type { Fallback, Gathered } from './gather.ts'
import { agoOrAhead } from './layout.ts'
import type { Branch } from './layout.ts'

type Conditioned = { readonly status?: { readonly conditions?: readonly Condition[] } }

export const conditionOf = ({ status }: Conditioned, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type)

export const refText = ({ kind, name }: { readonly kind: string; readonly name: string }): string => `${kind} ${name}`

/** The last Events are the ones that matter. */
const mostEvents = 8

export function certificateTree(gathered: Gathered, now: Instant): Branch {
  const { certificate } = gathered
  const { metadata, status } = certificate
  const ready = conditionOf(certificate, 'Ready')
  const head = `Certificate ${metadata.namespace}/${metadata.name}: ${readyText(ready)}`
  const life = status?.notAfter && `valid until ${status.notAfter} (${agoOrAhead(status.notAfter, now)})`
  const renewal = status?.renewalTime && `renews ${status.renewalTime} (${agoOrAhead(status.renewalTime, now)})`
  return {
    text: head,
    branches: [
      ...[life, renewal, fallbackText(certificate)].flatMap((text) =>
        text === undefined || text === '' ? [] : [{ text }],
      ),
      secretBranch(gathered, now),
      ...pastBranches(certificate, now),
      issuerBranch(gathered, now),
      ...gathered.fallbacks.map(fallbackBranch),
      ...enrollmentBranches(certificate, now),
      ...failureBranches(certificate, now),
      ...revocationBranches(gathered, now),
      ...eventBranches(gathered, now),
    ],
  }
}

/** Where it came from, unless that is the issuer that is shown below. */
function fallbackText({ spec: { issuerRef }, status }: Certificate): string | undefined {
  const by = status?.issuedBy
  if (by === undefined || (by.kind === issuerRef.kind && by.name === issuerRef.name)) return undefined
  return `issued by ${refText(by)}${by.protocol === undefined ? '' : ` (${by.protocol})`}, to which it fell back`
}

const readyText = (ready: Condition | undefined): string => {
  if (ready === undefined) return 'not looked at yet'
  return ready.status === 'True' ? 'Ready' : `not ready, ${ready.reason}: ${ready.message}`
}

function secretBranch({ certificate, secret }: Gathered, now: Instant): Branch {
  const head = `Secret ${certificate.spec.secretName}`
  if (secret.kind === 'absent') return { text: `${head}: not there` }
  if (secret.kind === 'unreadable') return { text: `${head}: ${secret.message}` }
  return {
    text: `${head}: ${secret.entries.join(', ')}`,
    branches: secret.chain.map((facts, index) => ({ text: factsText(facts, { isLeaf: index === 0, now }) })),
  }
}

function pastBranches({ status }: Certificate, now: Instant): readonly Branch[] {
  const past = status?.history ?? []
  if (past.length === 0) return []
  const branches = past.map(({ serialNumber, notBefore, issuer }) => ({
    text: `serial ${serialNumber}, valid from ${notBefore} (${agoOrAhead(notBefore, now)})${issuer === undefined ? '' : `, from ${issuer}`}`,
  }))
  return [{ text: 'Before it', branches }]
}

/** One certificate in a line. */
export function factsText(
  facts: CertificateFacts,
  { isLeaf, now }: { readonly isLeaf: boolean; readonly now: Instant },
): string {
  const key = facts.key === undefined ? 'key of an unknown kind' : keyText(facts.key)
  const end = toRfc3339(facts.notAfter)
  const names = facts.names.map(({ value }) => value)
  const shown = names.length > 4 ? [...names.slice(0, 4), `and ${names.length - 4} more`] : names
  const who = isLeaf && shown.length > 0 ? shown.join(', ') : formatDistinguishedName(facts.subject)
  return `${who}; ${key}; serial ${facts.serialNumber}; until ${end} (${agoOrAhead(end, now)})`
}

function issuerBranch({ certificate, issuer }: Gathered, now: Instant): Branch {
  const head = refText(certificate.spec.issuerRef)
  if (issuer === undefined) return { text: `${head}: not there, or you may not read it` }
  return {
    ...issuerTree(issuer, now),
    text: `${head} (${protocolText(issuer)}): ${readyText(conditionOf(issuer, 'Ready'))}`,
  }
}

/** What the first issuer is shown with would be too much here: see `status issuer/name`. */
const fallbackBranch = ({ ref, issuer }: Fallback): Branch => {
  const head = `Falls back to ${refText(ref)}`
  return {
    text:
      issuer === undefined
        ? `${head}: not there, or you may not read it`
        : `${head} (${protocolText(issuer)}): ${readyText(conditionOf(issuer, 'Ready'))}`,
  }
}

const protocolText = ({ spec, status }: Issuer): string => status?.protocol ?? protocolOf(spec)

export function issuerTree(issuer: Issuer, now: Instant): Branch {
  const { kind, metadata, status } = issuer
  const name = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
  const credentials = (status?.credentials ?? []).map(({ name: what, notAfter }) => ({
    text: `${what} expires ${notAfter} (${agoOrAhead(notAfter, now)})`,
  }))
  const details = Object.entries(status?.details ?? {}).map(([key, value]) => ({
    text: `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  }))
  return {
    text: `${kind} ${name} (${protocolText(issuer)}): ${readyText(conditionOf(issuer, 'Ready'))}`,
    branches: [...credentials, ...details],
  }
}

function enrollmentBranches({ status }: Certificate, now: Instant): readonly Branch[] {
  const enrollment = status?.enrollment
  if (enrollment === undefined) return []
  const asked = enrollment.askedAt && `the CA was last asked ${agoOrAhead(enrollment.askedAt, now)}`
  const next = enrollment.nextPollTime && `it is asked again ${agoOrAhead(enrollment.nextPollTime, now)}`
  return [
    {
      text: `Enrollment over ${enrollment.protocol}, begun ${agoOrAhead(enrollment.startedAt, now)}: ${enrollment.note ?? enrollment.phase}`,
      branches: [asked, next].flatMap((text) => (text === undefined || text === '' ? [] : [{ text }])),
    },
  ]
}

function failureBranches({ status }: Certificate, now: Instant): readonly Branch[] {
  const failure = status?.lastFailure
  if (failure === undefined) return []
  const next =
    failure.nextTryTime === undefined
      ? 'it is not tried again until something is changed'
      : `it is tried again ${agoOrAhead(failure.nextTryTime, now)}`
  return [
    {
      text: `Last failure ${agoOrAhead(failure.time, now)}, ${failure.code}: ${failure.message}`,
      branches: [{ text: next }],
    },
  ]
}

function revocationBranches({ revocations }: Gathered, now: Instant): readonly Branch[] {
  return revocations.map((order) => {
    const ready = conditionOf(order, 'Ready')
    const serial = order.status?.target?.serialNumber ?? 'certificate not found yet'
    const done = order.status?.revokedAt
    const state = done === undefined ? (ready?.message ?? 'not looked at yet') : `revoked ${agoOrAhead(done, now)}`
    return { text: `CertificateRevocation ${order.metadata.name} (${serial}): ${state}` }
  })
}

function eventBranches({ events }: Gathered, now: Instant): readonly Branch[] {
  if (events.length === 0) return []
  const branches = events
    .slice(-mostEvents)
    .map((event) => ({ text: `${agoOrAhead(momentOf(event), now)}  ${event.reason ?? ''}: ${event.message ?? ''}` }))
  return [{ text: 'Events', branches }]
}

export const columns = ['NAME', 'READY', 'ISSUER', 'PROTOCOL', 'EXPIRES', 'RENEWS'] as const

/** A row of the table of all, without and with what only `-o wide` shows. */
export function certificateRow(certificate: Certificate, now: Instant): readonly string[] {
  const { metadata, spec, status } = certificate
  return [
    metadata.name,
    conditionOf(certificate, 'Ready')?.status ?? 'Unknown',
    `${spec.issuerRef.kind === 'ClusterIssuer' ? 'cluster/' : ''}${spec.issuerRef.name}`,
    status?.protocol ?? '-',
    agoOrAhead(status?.notAfter, now),
    agoOrAhead(status?.renewalTime, now),
  ]
}
