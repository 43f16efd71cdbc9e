/** Adds what runs printed to the table of docs/fuzzing.md, so that its figures are those of runs and nobody's. */

interface Row {
  readonly executions: number
  readonly seconds: number
  /** For example `12 of 34`. */
  readonly branches: string
  readonly corpus: number
}

const heading = '| target | executions | seconds | branches reached | corpus |'
const line = '| --- | --- | --- | --- | --- |'

/**
 * @param page - the text of the page, with the table in it
 * @param printed - what `npm run fuzz` printed
 * @returns the page: executions and seconds are added up, branches and corpus are those of the last run
 * @throws Error when the page has no such table, or nothing of one was printed
 */
export function recorded(page: string, printed: string): string {
  const lines = page.split('\n')
  const begin = lines.indexOf(heading)
  if (begin < 0) throw new Error('The page has no table of executions.')
  const length = lines.slice(begin).findIndex((one) => !one.startsWith('|'))
  const end = length < 0 ? lines.length : begin + length
  const rows = new Map(lines.slice(begin + 2, end).flatMap((one) => named(cellsOf(one), oldRow)))
  rows.delete('all')
  const added = printed.split('\n').flatMap((one) => named(cellsOf(one), printedRow))
  if (added.length === 0) throw new Error('The file holds no row of a table as npm run fuzz prints it.')
  for (const [name, row] of added) rows.set(name, sum(rows.get(name), row))
  return [...lines.slice(0, begin), ...tableOf(rows), ...lines.slice(end)].join('\n')
}

const cellsOf = (text: string): readonly string[] =>
  text
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

const numberIn = (cell: string): number => Number(cell.replaceAll(',', ''))

function oldRow([, executions = '', seconds = '', branches = '', corpus = '']: readonly string[]): Row {
  return { executions: numberIn(executions), seconds: numberIn(seconds), branches, corpus: numberIn(corpus) }
}

function printedRow(cells: readonly string[]): Row | undefined {
  const [name, executions, seconds, , branches, corpus] = cells
  return cells.length === 7
    ? oldRow([name, executions, seconds, branches, corpus].map((cell) => cell ?? ''))
    : undefined
}

/** Heads of tables have no numbers. */
function named(
  cells: readonly string[],
  read: (cells: readonly string[]) => Row | undefined,
): readonly (readonly [string, Row])[] {
  const row = read(cells)
  return row === undefined || Number.isNaN(row.executions) ? [] : [[cells[0] ?? '', row]]
}

const sum = (before: Row | undefined, row: Row): Row => ({
  ...row,
  executions: row.executions + (before?.executions ?? 0),
  seconds: row.seconds + (before?.seconds ?? 0),
})

function tableOf(rows: ReadonlyMap<string, Row>): readonly string[] {
  const all = [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  const total = (of: (row: Row) => number): number => all.reduce((before, [, row]) => before + of(row), 0)
  const textOf = (name: string, { executions, seconds, branches, corpus }: Row): string =>
    `| ${[name, executions.toLocaleString('en'), seconds, branches, corpus].join(' | ')} |`
  return [
    heading,
    line,
    ...all.map(([name, row]) => textOf(name, row)),
    textOf('all', {
      executions: total(({ executions }) => executions),
      seconds: total(({ seconds }) => seconds),
      branches: '',
      corpus: total(({ corpus }) => corpus),
    }),
  ]
}
