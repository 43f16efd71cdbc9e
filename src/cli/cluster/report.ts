/** `kubectl perennial report`: the inventory in a page of figures, and what policies say of it. */
import { brokenRules } from '../../domain/inventory/policies.ts'
import type { BrokenRule } from '../../domain/inventory/policies.ts'
import type { JudgedItem } from '../../domain/inventory/query.ts'
import { summarize } from '../../domain/inventory/summary.ts'
import type { Summary } from '../../domain/inventory/summary.ts'
import { exitCodes } from '../exitcodes.ts'
import type { ExitCode } from '../exitcodes.ts'
import type { Errand } from './commands.ts'
import { judgedItems } from './inventory.ts'
import { tableLines, treeLines } from './layout.ts'
import type { Branch } from './layout.ts'

interface Report {
  readonly summary: Summary
  readonly issuers: readonly IssuerCount[]
  readonly policies: readonly BrokenRule[]
}

interface IssuerCount {
  /** `ClusterIssuer/name`, or `Issuer/name`; empty for certificates that are not managed. */
  readonly issuer: string
  readonly protocol: string
  readonly certificates: number
  readonly failing: number
}

/** It ends with 2 while something that is enforced is not kept. */
export async function report(errand: Errand): Promise<ExitCode> {
  const { world } = errand
  const judged = await judgedItems(errand)
  const told: Report = {
    summary: summarize(judged, world.clock.now()),
    issuers: countsByIssuer(judged),
    policies: brokenRules(judged),
  }
  const isDenied = told.policies.some(({ mode }) => mode === 'Enforce')
  world.terminal.result({ ...told }, textOf(told))
  return isDenied ? exitCodes.refused : exitCodes.fine
}

function countsByIssuer(judged: readonly JudgedItem[]): readonly IssuerCount[] {
  const counts = new Map<string, IssuerCount>()
  for (const { item } of judged) {
    const { issuer, protocol = '-' } = item.management ?? {}
    if (issuer === undefined) continue
    const name = `${issuer.kind}/${issuer.name}`
    const key = `${issuer.kind === 'Issuer' ? item.namespace : ''} ${name}`
    const known = counts.get(key) ?? { issuer: name, protocol, certificates: 0, failing: 0 }
    const failing = known.failing + (item.state === 'failing' ? 1 : 0)
    counts.set(key, { ...known, certificates: known.certificates + 1, failing })
  }
  return [...counts.values()].toSorted((a, b) => b.failing - a.failing || b.certificates - a.certificates)
}

function textOf({ summary, issuers, policies }: Report): readonly string[] {
  return [
    ...treeLines(overview(summary)),
    '',
    ...table(['ISSUER', 'PROTOCOL', 'CERTIFICATES', 'FAILING'], issuers.map(issuerCells)),
    '',
    ...(policies.length === 0
      ? ['No policy is broken.']
      : table(['POLICY', 'MODE', 'RULE', 'CERTIFICATES', 'EXAMPLE'], policies.map(policyCells))),
  ]
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  tableLines([head, ...rows])

const issuerCells = ({ issuer, protocol, certificates, failing }: IssuerCount): readonly string[] => [
  issuer,
  protocol,
  String(certificates),
  String(failing),
]

const policyCells = ({ policy, mode, rule, certificates, example }: BrokenRule): readonly string[] => [
  policy,
  mode,
  rule,
  String(certificates),
  example,
]

function overview({ total, namespaces, states, findings, expiry }: Summary): Branch {
  const ended = expiry[0]
  const troubles = Object.entries(findings).map(([finding, count]) => ({ text: `${finding}: ${count}` }))
  const bars = expiry.filter(({ managed, found }) => managed + found > 0)
  return {
    text: `${counted(total, 'certificate')} in ${counted(namespaces, 'namespace')}`,
    branches: [
      {
        text: `${states.ready} ready, ${states.issuing} being issued, ${states.failing} failing, ${states.found} not managed`,
      },
      {
        text: 'end',
        branches: bars.map((bar, index) => ({
          text: `${bar === ended ? 'already' : endOf(bar.untilDays, bars[index - 1]?.untilDays)}: ${bar.managed + bar.found}`,
        })),
      },
      troubles.length === 0 ? { text: 'no findings' } : { text: 'findings', branches: troubles },
    ],
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const endOf = (untilDays: number | undefined, after: number | undefined): string =>
  untilDays === undefined ? `after ${counted(after ?? 365, 'day')}` : `within ${counted(untilDays, 'day')}`
