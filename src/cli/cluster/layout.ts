/** How results are laid out for people: tables, trees, lengths of time. Pure. */
import { between, fromRfc3339 } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'

export interface Branch {
  readonly text: string
  readonly branches?: readonly Branch[]
}

/** @returns the lines of a tree, its root without a mark */
export function treeLines({ text, branches = [] }: Branch): readonly string[] {
  return [text, ...branchLines(branches, '')]
}

function branchLines(branches: readonly Branch[], indent: string): readonly string[] {
  return branches.flatMap(({ text, branches: inner = [] }, index) => {
    const isLast = index === branches.length - 1
    return [`${indent}${isLast ? '└─ ' : '├─ '}${text}`, ...branchLines(inner, `${indent}${isLast ? '   ' : '│  '}`)]
  })
}

/** @param rows - the first one is the head */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}

const units = [
  { name: 'y', length: 365 * 86_400_000 },
  { name: 'd', length: 86_400_000 },
  { name: 'h', length: 3_600_000 },
  { name: 'm', length: 60_000 },
  { name: 's', length: 1000 },
] as const

/** As kubectl writes ages: one unit, or two where one says too little. `-` for no moment. */
export function agoOrAhead(text: string | undefined, now: Instant): string {
  const at = text === undefined ? undefined : fromRfc3339(text)
  if (at === undefined) return '-'
  return at >= now ? `in ${span(between(now, at))}` : `${span(between(at, now))} ago`
}

function span(length: Duration): string {
  const index = units.findIndex((unit) => length >= unit.length)
  const unit = units[index]
  if (unit === undefined) return '0s'
  const whole = Math.floor(length / unit.length)
  const next = units[index + 1]
  const rest = next === undefined || whole >= 10 ? 0 : Math.floor((length % unit.length) / next.length)
  return rest === 0 || next === undefined ? `${whole}${unit.name}` : `${whole}${unit.name}${rest}${next.name}`
}
