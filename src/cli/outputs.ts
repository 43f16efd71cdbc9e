/** `-o`, where a command has the usual forms of output. */
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

const outputs = ['text', 'wide', 'json', 'yaml'] as const
export type UsualOutput = (typeof outputs)[number]

/** How the terminal prints: for people, or for programs. */
export type Format = 'text' | 'json' | 'yaml'

/** @param output - the value of `-o`; tables of every width are text */
export const formatOf = (output: string): Format => (output === 'json' || output === 'yaml' ? output : 'text')

/** @returns what a command line asks for that cannot be read otherwise, so that the program that asked gets its complaint */
export const formatAmong = (argv: readonly string[]): Format =>
  formatOf(/(?:^| )(?:-o|--output)[= ]?(json|yaml)(?: |$)/.exec(argv.join(' '))?.[1] ?? 'text')

export const outputFlag = (what: string) =>
  ({ short: 'o', shape: outputs.join('|'), help: `How ${what} printed. Default: text.` }) as const

/** @returns what is asked for, or a sentence about the word that is wrong */
export function readOutput(flags: ReadonlyMap<string, readonly string[]>): Result<UsualOutput, string> {
  const asked = flags.get('output')?.at(-1) ?? 'text'
  const output = outputs.find((one) => one === asked)
  return output === undefined ? err(`-o is one of ${outputs.join(', ')}, not "${asked}".`) : ok(output)
}
