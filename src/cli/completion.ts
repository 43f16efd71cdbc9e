/** What may come next on a command line, from the tables that the parser and the help are made from. */
import { revocationReasons } from '../api/revocation.ts'
import { commandNames, commands, isCommand } from './flags.ts'
import type { Flag } from './flags.ts'
import { shells } from './shells.ts'

export interface Candidate {
  readonly word: string
  readonly help: string
}

/** What the shell is to do where there are no candidates, in the numbers that kubectl's own completion speaks. */
export type Directive = 'files' | 'nothing'

export interface Completion {
  readonly candidates: readonly Candidate[]
  readonly directive: Directive
}

const nothing: Completion = { candidates: [], directive: 'nothing' }
const files: Completion = { candidates: [], directive: 'files' }

/** @param words - after the program's name; the last is what is being typed, and may be empty */
export function complete(words: readonly string[]): Completion {
  const typed = words.at(-1) ?? ''
  const [command, ...before] = words.slice(0, -1)
  if (command === undefined)
    return starting(
      typed,
      commandNames.map((word) => ({ word, help: commands[word].summary })),
    )
  if (!isCommand(command)) return nothing
  const flags = Object.entries<Flag>(commands[command].flags)
  const [, name, value] = /^(--[^=]+)=(.*)$/.exec(typed) ?? []
  if (name !== undefined && value !== undefined)
    return valuesOf(flagOf(flags, name), { prefix: `${name}=`, typed: value })
  const last = before.at(-1)
  const open = last === undefined ? undefined : flagOf(flags, last)
  if (open?.shape !== undefined) return valuesOf(open, { prefix: '', typed })
  if (typed.startsWith('-')) return starting(typed, flags.flatMap(flagCandidates))
  return starting(
    typed,
    (subjects[command] ?? []).map((word) => ({ word, help: '' })),
  )
}

/** What stands behind a command without a flag, as far as it can be known without a cluster. */
const subjects: Readonly<Record<string, readonly string[]>> = { policy: ['test'], completion: shells }

type Named = readonly [string, Flag]

const flagOf = (flags: readonly Named[], word: string): Flag | undefined =>
  flags.find(([name, { short }]) => word === `--${name}` || word === `-${short}`)?.[1]

function flagCandidates([name, { short, help }]: Named): readonly Candidate[] {
  const long = { word: `--${name}`, help }
  return short === undefined ? [long] : [long, { word: `-${short}`, help }]
}

function valuesOf(
  flag: Flag | undefined,
  { prefix, typed }: { readonly prefix: string; readonly typed: string },
): Completion {
  const shape = flag?.shape
  if (shape === 'file' || shape === 'dir') return files
  const words = shape === 'reason' ? revocationReasons : shape?.includes('|') === true ? shape.split('|') : []
  return starting(
    `${prefix}${typed}`,
    words.map((word) => ({ word: `${prefix}${word}`, help: '' })),
  )
}

const starting = (typed: string, all: readonly Candidate[]): Completion => ({
  candidates: all.filter(({ word }) => word.startsWith(typed)),
  directive: 'nothing',
})

const directives: Readonly<Record<Directive, number>> = { files: 0, nothing: 4 }

/** @returns a line for each candidate, its help behind a tab, and the directive: as kubectl reads it from a plugin's helper */
export function completionLines({ candidates, directive }: Completion): readonly string[] {
  const lines = candidates.map(({ word, help }) => (help === '' ? word : `${word}\t${help.replaceAll(/\s+/g, ' ')}`))
  return [...lines, `:${directives[directive]}`]
}
