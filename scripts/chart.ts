/**
 * Writes the page of the Helm chart from the comments of its values.
 *
 *   tsx scripts/chart.ts            writes charts/perennial/README.md
 *   tsx scripts/chart.ts --check    changes nothing; fails when the page is not what values.yaml says
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const folder = fileURLToPath(new URL('../charts/perennial', import.meta.url))
const page = join(folder, 'README.md')

export interface DocumentedValue {
  /** As `--set` takes it. */
  readonly path: string
  readonly text: string
  readonly fallback: string
}

/**
 * One row for each value that has a comment above it. What lies below such a value belongs to it.
 *
 * @param text - of values.yaml
 */
export function documentedValues(text: string): readonly DocumentedValue[] {
  const values: unknown = parse(text)
  const rows: DocumentedValue[] = []
  const open: string[] = []
  let comment: string[] = []
  for (const line of text.split('\n')) {
    const said = /^ *# ?(.*)$/.exec(line)?.[1]
    const [, indent = '', key = ''] = /^( *)([A-Za-z0-9]+):/.exec(line) ?? []
    if (said !== undefined) comment.push(said)
    else if (key === '') comment = []
    else {
      open.splice(indent.length / 2, open.length, key)
      const path = open.join('.')
      if (comment.length > 0) rows.push({ path, text: comment.join(' '), fallback: JSON.stringify(at(values, open)) })
      comment = []
    }
  }
  return rows
}

function at(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    // Looked up by keys that were read in the same text.
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    values,
  )
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** @returns the text of README.md */
export function chartPage(valuesText: string): string {
  const rows = documentedValues(valuesText).map(
    ({ path, text, fallback }) => `| \`${path}\` | ${cell(text)} | \`${cell(fallback)}\` |`,
  )
  return [
    '<!-- Made from values.yaml by `npm run chart`. Changes go there. -->',
    '',
    '# The chart of Perennial',
    '',
    'Keeps certificates alive on Kubernetes 1.31 or later, whatever the CA speaks. From a checkout of the repository:',
    '',
    '    helm install perennial charts/perennial --namespace perennial --create-namespace \\',
    '      --set image.repository=registry.example.com/perennial',
    '',
    'How to upgrade, to restrict it to some namespaces and to take it away: [docs/helm.md](../../docs/helm.md).',
    '',
    '## Values',
    '',
    'A value that is not in this table is refused.',
    '',
    '| value | what it is | default |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = chartPage(await readFile(join(folder, 'values.yaml'), 'utf8'))
  if (!process.argv.includes('--check')) await writeFile(page, wanted)
  else if ((await readFile(page, 'utf8').catch(() => '')) !== wanted) {
    console.error(
      'charts/perennial/README.md is not what values.yaml says. Run `npm run chart` and commit what it writes.',
    )
    process.exitCode = 1
  }
}
