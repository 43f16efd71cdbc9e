/** `npm run fuzz`: coverage-guided fuzzing of everything that reads what others send. See docs/fuzzing.md. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inputsOf, keepFinding, targetNames, targetSource, writeCorpus } from './fuzz/corpus.ts'
import { compare, comparisonLines } from './fuzz/differential/run.ts'
import { hunt } from './fuzz/hunt.ts'
import type { Bag } from './fuzz/hunt.ts'
import { fuzzOptions, help } from './fuzz/options.ts'
import type { FuzzOptions } from './fuzz/options.ts'
import { recorded } from './fuzz/record.ts'
import { tableHead, tableRow } from './fuzz/table.ts'
import type { FuzzTarget } from './fuzz/target.ts'

async function list(): Promise<void> {
  for (const name of targetNames()) {
    const { target } = (await import(pathToFileURL(targetSource(name)).href)) as { readonly target: FuzzTarget }
    console.log(`${name.padEnd(18)} ${target.about}`)
  }
}

const filesIn = (folder: string): readonly Uint8Array[] =>
  readdirSync(folder).map((name) => readFileSync(join(folder, name)))

/** @returns how many findings there were */
async function huntOne(name: string, { seconds, seed, keep, from }: FuzzOptions): Promise<number> {
  const corpus = [...inputsOf(name), ...(from === undefined ? [] : filesIn(from))]
  const bag = await hunt({ source: targetSource(name), corpus, seed, seconds })
  console.log(tableRow(name, bag))
  tell(name, bag)
  if (keep && bag.favoured.length > 0) writeCorpus(name, bag.favoured)
  return bag.findings.length
}

function tell(name: string, { findings }: Bag): void {
  for (const { kind, words, input } of findings)
    console.log(`  ✗ ${name}: ${kind}: ${words}\n    ${input.length} octets in ${keepFinding(name, input)}`)
}

function differ(options: FuzzOptions): void {
  const comparison = compare(options)
  for (const line of comparisonLines(comparison)) console.log(line)
  if (comparison.unexplained.length > 0) process.exitCode = 1
}

const page = 'docs/fuzzing.md'

async function huntAll(options: FuzzOptions): Promise<void> {
  console.log(tableHead())
  let findings = 0
  for (const name of options.targets) findings += await huntOne(name, options)
  if (findings > 0) process.exitCode = 1
}

try {
  const options = fuzzOptions(process.argv.slice(2))
  if (options.what === 'help') console.log(help)
  else if (options.what === 'list') await list()
  else if (options.record !== undefined)
    writeFileSync(page, recorded(readFileSync(page, 'utf8'), readFileSync(options.record, 'utf8')))
  else if (options.what === 'differential') differ(options)
  else await huntAll(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
