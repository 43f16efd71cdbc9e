/** What is run, as the command line says it. */
import { parseArgs } from 'node:util'
import { houseNames } from './houses/table.ts'
import type { HouseName } from './houses/table.ts'

export interface BatteryOptions {
  /** Names of runs; all when empty. */
  readonly runs: readonly string[]
  readonly protocols: readonly HouseName[]
  /** Of R1, from the first to the last. */
  readonly seeds: readonly [number, number]
  /** Of runs that last as long as they are told to; each has its own when undefined. */
  readonly minutes: number | undefined
  /** Of runs that do one thing again and again; each has its own number when undefined. */
  readonly times: number | undefined
  /** Puts the rows that were measured into docs/battery.md. */
  readonly writes: boolean
  readonly say: (line: string) => void
}

const help = (
  runs: readonly string[],
): string => `npm run battery                    all of it, about two hours on two cores
npm run battery -- R1 R10          some of ${runs.join(', ')}

  --protocol a,b    some of ${houseNames.join(', ')} (all, when not given)
  --seeds N, A-B    of R1, from 1 to N or from A to B: odd ones have CAs keep requests waiting, all but the first have
                    watches come late (1)
  --minutes N       of R2, instead of its own 10
  --times N         of R3 and R10: restarts and kills, instead of their own 20 and 50
  --write           puts the results into the table of docs/battery.md

It prints a line for each run: what was done, how often, what was found, what was lost. It ends with 1 when anything was lost.`

/**
 * @param known - names of runs
 * @returns undefined when only the help was asked for, which is printed
 * @throws with a sentence about what cannot be run
 */
export function batteryOptions(known: readonly string[]): BatteryOptions | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      protocol: { type: 'string' },
      seeds: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      times: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(help(known))
    return undefined
  }
  const stranger = positionals.find((one) => !known.includes(one))
  if (stranger !== undefined) throw new Error(`There is no run ${stranger}; there are ${known.join(', ')}.`)
  return {
    runs: positionals,
    protocols: chosen(values.protocol),
    seeds: range(values.seeds, 'seeds'),
    minutes: values.minutes === undefined ? undefined : count(values.minutes, 'minutes'),
    times: values.times === undefined ? undefined : count(values.times, 'times'),
    writes: values.write,
    say: (line) => console.log(`  ${line}`),
  }
}

function chosen(text: string | undefined): readonly HouseName[] {
  if (text === undefined) return houseNames
  const names = text.split(',')
  const stranger = names.find((name) => !houseNames.some((one) => one === name))
  if (stranger !== undefined) throw new Error(`--protocol ${stranger} is none of ${houseNames.join(', ')}.`)
  return houseNames.filter((one) => names.includes(one))
}

function range(text: string, of: string): readonly [number, number] {
  const [first = '', last] = text.split('-', 2)
  const from = count(first, of)
  return last === undefined ? [1, from] : [from, count(last, of)]
}

function count(text: string, of: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${of} ${text} is no whole number from 1 to 9999.`)
  return Number(text)
}
