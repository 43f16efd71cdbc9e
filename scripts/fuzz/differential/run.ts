/** `npm run fuzz -- differential`: the reader of certificates beside OpenSSL, and what they differ about. */
import { diceOf } from '../dice.ts'
import { keepFinding } from '../corpus.ts'
import { classes } from './classes.ts'
import { commandDisagreements } from './command.ts'
import { disagreements } from './compare.ts'
import type { Disagreement } from './compare.ts'
import { certificates } from './generate.ts'

export interface Comparison {
  readonly certificates: number
  /** How many of them both took. */
  readonly both: number
  /** How many disagreements each class explained. */
  readonly explained: ReadonlyMap<string, number>
  readonly unexplained: readonly Disagreement[]
}

/** A process for each costs as much as two hundred comparisons. */
const sampleEvery = 50

/** @param seed - of the dice that certificates are made with */
export function compare({ count, seed }: { readonly count: number; readonly seed: number }): Comparison {
  const explained = new Map<string, number>()
  const unexplained: Disagreement[] = []
  let [made, both] = [0, 0]
  for (const { der } of certificates(count, diceOf(seed))) {
    made += 1
    const byCommand = made % sampleEvery === 0 ? commandDisagreements(der) : []
    const found = [...disagreements(der), ...byCommand]
    if (!found.some(({ about }) => about === 'refusal' || about === 'acceptance')) both += 1
    for (const one of found) {
      const known = classes.find(({ explains }) => explains(one))
      if (known === undefined) unexplained.push(one)
      else explained.set(known.name, (explained.get(known.name) ?? 0) + 1)
    }
  }
  return { certificates: made, both, explained, unexplained }
}

/** @returns the lines of a table, and of what nobody can explain */
export function comparisonLines(comparison: Comparison): readonly string[] {
  const { explained, unexplained } = comparison
  return [
    `${comparison.certificates} certificates, one in ${sampleEvery} by the openssl command too; both readers take or refuse ${comparison.both}`,
    '| differences | how many | why |',
    '| --- | --- | --- |',
    ...classes.map(({ name, reason }) => `| ${name} | ${explained.get(name) ?? 0} | ${reason} |`),
    `| unexplained | ${unexplained.length} | |`,
    ...unexplained.slice(0, 20).map(({ about, ours, theirs, der }) => {
      const path = keepFinding('differential', der)
      return `  ✗ ${about}: ours ${ours.slice(0, 200)}, theirs ${theirs.slice(0, 200)} (${path})`
    }),
  ]
}
