/** The table of results in docs/battery.md: rows that were run anew replace those of the same run. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Row } from './verdict.ts'

const page = 'docs/battery.md'
const head = '| run | what | how often | found | lost |'

/** @param rows - of whole runs: all older rows of the same names go */
export function writeRows(rows: readonly Row[]): void {
  const text = readFileSync(page, 'utf8')
  const begins = text.indexOf(head)
  if (begins < 0) throw new Error(`${page} has lost its table, which begins with ${head}`)
  const after = text.slice(begins)
  const end = after.indexOf('\n\n')
  const [title = '', rule = '', ...old] = after.slice(0, end).split('\n')
  const kept = old.filter((line) => !rows.some((row) => line.startsWith(`| ${row.id} |`)))
  const body = [...kept, ...rows.map(lineOf)].sort((a, b) => numberIn(a) - numberIn(b))
  writeFileSync(page, text.slice(0, begins) + [title, rule, ...body].join('\n') + after.slice(end))
}

const numberIn = (line: string): number => Number(/^\| R(\d+)/.exec(line)?.[1])

const lineOf = ({ id, what, often, found, lost }: Row): string =>
  `| ${id} | ${what} | ${often} | ${found} | ${lost.length === 0 ? 'nothing' : lost.join('; ')} |`
