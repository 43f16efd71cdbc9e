/** Items of the inventory in the form of the API. */
import { formatDistinguishedName } from '../domain/name.ts'
import { findings } from '../domain/inventory/findings.ts'
import type { Finding } from '../domain/inventory/findings.ts'
import type { Consumer } from '../domain/inventory/item.ts'
import type { JudgedItem } from '../domain/inventory/query.ts'
import type { CertificateFacts } from '../domain/facts.ts'
import type { IssuerHealth } from '../domain/inventory/issuers.ts'
import { keyText } from '../domain/wanted.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { FindingText, IssuerRow, Link, Row } from './contract.ts'

const stamp = (at: Instant | undefined): string | undefined => (at === undefined ? undefined : toRfc3339(at))

const orNothing = (text: string): string | undefined => (text === '' ? undefined : text)

/** @param consumers - those that the person may know of */
export function rowOf({ item, findings: found, severity }: JudgedItem, consumers: readonly Consumer[]): Row {
  const { facts, management } = item
  return {
    id: item.id,
    kind: item.kind,
    namespace: item.namespace,
    name: item.name,
    entry: orNothing(item.entry),
    secretName: item.secretName,
    state: item.state,
    severity,
    findings: found,
    owner: item.owner,
    protocol: management?.protocol,
    issuer: orNothing(item.issuerRef),
    renews: stamp(management?.renewalTime),
    serialNumber: facts?.serialNumber,
    fingerprint: facts?.fingerprint,
    subject: orNothing(item.subject),
    issuedBy: orNothing(item.issuerName),
    key: orNothing(item.key),
    signatureHash: facts?.signatureHash,
    names: (facts?.names ?? []).map(({ type, value }) => `${type}:${value}`),
    notBefore: stamp(facts?.notBefore),
    expires: stamp(facts?.notAfter),
    chainExpires: stamp(item.chainExpiry),
    consumers,
  }
}

export function linkOf(facts: CertificateFacts): Link {
  return {
    subject: formatDistinguishedName(facts.subject),
    issuedBy: formatDistinguishedName(facts.issuer),
    serialNumber: facts.serialNumber,
    fingerprint: facts.fingerprint,
    key: facts.key && keyText(facts.key),
    notBefore: toRfc3339(facts.notBefore),
    expires: toRfc3339(facts.notAfter),
    selfSigned: facts.selfSigned,
  }
}

export const findingText = (name: Finding): FindingText => ({ name, ...findings[name] })

export function issuerRow(health: IssuerHealth): IssuerRow {
  const { namespace, since, lastProbe, credentials, window, budget, ...rest } = health
  return {
    ...rest,
    namespace: orNothing(namespace),
    since: stamp(since),
    lastProbe: stamp(lastProbe),
    credentials: credentials.map(({ name, notAfter }) => ({ name, expires: toRfc3339(notAfter) })),
    window: window && { opens: toRfc3339(window.opens), closes: toRfc3339(window.closes) },
    budget: budgetRows(budget),
  }
}

function budgetRows(budget: IssuerHealth['budget']): IssuerRow['budget'] {
  if (budget === undefined) return []
  const { limits, asked } = budget
  return [
    ...(limits.perHour === undefined ? [] : [{ span: 'hour' as const, asked: asked.perHour, limit: limits.perHour }]),
    ...(limits.perDay === undefined ? [] : [{ span: 'day' as const, asked: asked.perDay, limit: limits.perDay }]),
  ]
}

/** The head of the CSV, and what stands below it. */
export const csvColumns: readonly (readonly [string, (row: Row) => string | undefined])[] = [
  ['namespace', ({ namespace }) => namespace],
  ['name', ({ name }) => name],
  ['kind', ({ kind }) => kind],
  ['entry', ({ entry }) => entry],
  ['secret', ({ secretName }) => secretName],
  ['state', ({ state }) => state],
  ['severity', ({ severity }) => severity],
  ['findings', ({ findings: found }) => found.join(' ')],
  ['expires', ({ expires }) => expires],
  ['renews', ({ renews }) => renews],
  ['chainExpires', ({ chainExpires }) => chainExpires],
  ['notBefore', ({ notBefore }) => notBefore],
  ['subject', ({ subject }) => subject],
  ['names', ({ names }) => names.join(' ')],
  ['issuedBy', ({ issuedBy }) => issuedBy],
  ['issuer', ({ issuer }) => issuer],
  ['protocol', ({ protocol }) => protocol],
  ['key', ({ key }) => key],
  ['signatureHash', ({ signatureHash }) => signatureHash],
  ['serialNumber', ({ serialNumber }) => serialNumber],
  ['fingerprintSHA256', ({ fingerprint }) => fingerprint],
  ['owner', ({ owner }) => owner],
  [
    'consumers',
    ({ consumers }) => consumers.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`).join(' '),
  ],
]

export const csvRow = (row: Row): readonly string[] => csvColumns.map(([, value]) => value(row) ?? '')
