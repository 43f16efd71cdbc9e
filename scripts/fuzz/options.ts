/** The command line of `npm run fuzz`. */
import { parseArgs } from 'node:util'
import { targetNames } from './corpus.ts'

export const help = `npm run fuzz                                every target for five seconds
npm run fuzz -- der cmp --seconds 3600      these, for an hour each
npm run fuzz -- --list                      what there is
npm run fuzz -- der --seed 7                other inputs
npm run fuzz -- der --keep                  what was reached becomes the corpus, as few and short inputs as reach it
npm run fuzz -- der --from /some/folder     with the files of a folder beside the corpus
npm run fuzz -- --record /some/file         adds the table that a run printed into that file to docs/fuzzing.md
npm run fuzz -- differential --count 10000  the reader of certificates beside OpenSSL`

export interface FuzzOptions {
  readonly what: 'help' | 'list' | 'differential' | 'hunt'
  readonly targets: readonly string[]
  /** For each target. */
  readonly seconds: number
  readonly seed: number
  readonly keep: boolean
  readonly from: string | undefined
  /** Path of what a run printed. */
  readonly record: string | undefined
  /** Certificates of the comparison. */
  readonly count: number
}

/** @throws Error with a sentence for whoever typed it */
export function fuzzOptions(args: readonly string[]): FuzzOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '10000' },
      from: { type: 'string' },
      record: { type: 'string' },
    },
  })
  const isDifferential = positionals.includes('differential')
  const known = targetNames()
  const unknown = isDifferential ? undefined : positionals.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`There is no target ${unknown}; there are ${known.join(', ')}.`)
  return {
    what: values.help ? 'help' : values.list ? 'list' : isDifferential ? 'differential' : 'hunt',
    targets: positionals.length === 0 ? known : positionals,
    seconds: numberOf('seconds', values.seconds),
    seed: numberOf('seed', values.seed),
    count: numberOf('count', values.count),
    keep: values.keep,
    from: values.from,
    record: values.record,
  }
}

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (text === '' || !(value >= 0)) throw new Error(`--${name} takes a number, and "${text}" is none.`)
  return value
}
