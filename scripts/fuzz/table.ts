/** What a run did, in lines for a terminal that are rows of docs/fuzzing.md as well. */
import type { Bag } from './hunt.ts'

const columns = ['target', 'executions', 'seconds', 'per second', 'branches', 'corpus', 'findings'] as const

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

export const tableHead = (): string => `${row(columns)}\n${row(columns.map(() => '---'))}`

export function tableRow(target: string, { counts, branches, favoured, findings }: Bag): string {
  const { executions, seconds } = counts
  return row([
    target,
    executions.toLocaleString('en'),
    seconds.toFixed(0),
    Math.round(executions / Math.max(seconds, 0.001)).toLocaleString('en'),
    `${counts.branches} of ${branches}`,
    String(favoured.length),
    String(findings.length),
  ])
}
