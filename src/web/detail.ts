/** The page of one certificate, as JSON. */
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { reissueText } from '../domain/authority/reissue.ts'
import type { Reissue } from '../domain/authority/reissue.ts'
import type { Consumer, InventoryItem } from '../domain/inventory/item.ts'
import type { JudgedItem } from '../domain/inventory/query.ts'
import type { Detail, Moment, Row } from './contract.ts'
import { findingText, linkOf } from './rows.ts'

/** What was looked up for this page alone. */
export interface Lookup {
  readonly consumers: readonly Consumer[]
  readonly moments: readonly Moment[]
  /** Sentences about what could not be looked up. */
  readonly unread: readonly string[]
}

export interface Telling {
  readonly now: Instant
  readonly lookup: Lookup
  /** Of one whose CA was replaced. */
  readonly reissue: Reissue | undefined
}

export function detailOf(judged: JudgedItem, row: Row, { now, lookup, reissue }: Telling): Detail {
  const { item, findings } = judged
  const { facts, management } = item
  return {
    generatedAt: toRfc3339(now),
    row,
    message: management?.message,
    unreadable: item.unreadable,
    revision: management?.revision,
    usages: facts?.usages ?? [],
    isCA: facts?.isCA ?? false,
    selfSigned: facts?.selfSigned ?? false,
    others: item.others,
    chain: item.chain.map(linkOf),
    findings: findings.map(findingText),
    notes: [
      ...(management?.waits === undefined ? [] : [management.waits.message]),
      ...(management?.windowsIgnored === undefined ? [] : [management.windowsIgnored]),
      ...(reissue === undefined ? [] : [reissueText(reissue)]),
      ...unreadAbove(item),
    ],
    violations: (management?.violations ?? []).map(({ policy, mode, rule, message }) => ({
      policy,
      mode,
      rule,
      message,
    })),
    timeline: [...momentsOf(item, now), ...lookup.moments].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    renewCommand: management && `kubectl perennial renew ${item.name} --namespace ${item.namespace}`,
    unread: lookup.unread,
  }
}

/** Nobody is to think that what is shown is all. */
function unreadAbove({ chain, unreadAbove: unread, state }: InventoryItem): readonly string[] {
  if (unread === 0) return []
  const cure =
    state === 'found' ? 'leave there those that lead to its root, each once' : 'ask who runs the CA why it sends them'
  return [`Only ${chain.length} of the ${chain.length + unread} certificates above it are looked at: ${cure}.`]
}

/** What the certificate and the status say of times. */
function momentsOf({ facts, management }: InventoryItem, now: Instant): readonly Moment[] {
  const moments: Moment[] = []
  const add = (at: Instant | undefined, kind: Moment['kind'], told: Pick<Moment, 'title' | 'text'>): void => {
    if (at !== undefined) moments.push({ at: toRfc3339(at), kind, ...told })
  }
  const { revision, past = [] } = management ?? {}
  const numbered = (back: number): string => (revision === undefined ? '' : ` (number ${revision - back})`)
  for (const [index, { serialNumber, notBefore, issuer }] of past.entries())
    add(notBefore, 'past', {
      title: `Valid from${numbered(index + 1)}`,
      text: `Serial number ${serialNumber}${issuer === undefined ? '' : `, from ${issuer}`}`,
    })
  add(facts?.notBefore, 'issued', {
    title: `Valid from${numbered(0)}`,
    text: facts && `Serial number ${facts.serialNumber}`,
  })
  add(management?.enrollment?.startedAt, 'working', {
    title: `Enrollment began: ${management?.enrollment?.phase ?? ''}`,
    text: management?.enrollment?.note,
  })
  add(management?.failure?.time, 'failed', {
    title: `Attempt failed: ${management?.failure?.code ?? ''}`,
    text: management?.failure?.message,
  })
  add(management?.failure?.nextTry, 'retries', { title: 'Next attempt' })
  const isLate = management?.renewalTime !== undefined && management.renewalTime <= now
  add(management?.renewalTime, 'renews', { title: isLate ? 'Renewal was due' : 'Renewal' })
  add(facts?.notAfter, 'expires', { title: 'Expires' })
  return moments
}
