/** From the words of a command line to what is asked for. */
import { parseArgs } from 'node:util'
import { parseHostPort } from '../std/hostport.ts'
import { nearest } from '../std/nearest.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { Duration } from '../std/time.ts'
import { isClusterCommand } from './cluster/flags.ts'
import { clusterOptions } from './cluster/options.ts'
import type { ClusterOptions } from './cluster/options.ts'
import { commandNames, commands, isCommand } from './flags.ts'
import type { CommandName, Flag } from './flags.ts'
import { readOutput } from './outputs.ts'
import type { UsualOutput } from './outputs.ts'
import { policyOptions } from './policyflags.ts'
import type { PolicyOptions } from './policyflags.ts'
import { shells } from './shells.ts'
import type { Shell } from './shells.ts'
import { readTimeout } from './timeout.ts'

export interface SharedOptions {
  readonly files: readonly string[]
  readonly timeout: Duration
  readonly output: UsualOutput
  readonly verbose: boolean
}

export interface EnrollOptions extends SharedOptions {
  readonly directory: string
  readonly certificate: string | undefined
  readonly renew: boolean
  readonly fresh: boolean
  readonly force: boolean
  readonly wait: boolean
  readonly http01Address: string | undefined
}

export interface ProbeOptions extends SharedOptions {
  readonly issuer: string | undefined
  readonly directory: string | undefined
}

export type Asked =
  | { readonly kind: 'help'; readonly command: CommandName | undefined }
  | { readonly kind: 'version'; readonly output: UsualOutput }
  | { readonly kind: 'completion'; readonly shell: Shell }
  /** Words of a command line that is being typed. */
  | { readonly kind: 'complete'; readonly words: readonly string[] }
  | { readonly kind: 'enroll'; readonly options: EnrollOptions }
  | { readonly kind: 'probe'; readonly options: ProbeOptions }
  | { readonly kind: 'cluster'; readonly options: ClusterOptions }
  | { readonly kind: 'policy'; readonly options: PolicyOptions }

/** @returns what is asked for, or a sentence about the word that is wrong */
export function readArguments(argv: readonly string[]): Result<Asked, string> {
  const [first, ...rest] = argv
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const [topic] = rest
    return ok({ kind: 'help', command: topic !== undefined && isCommand(topic) ? topic : undefined })
  }
  if (first === '--version') return ok({ kind: 'version', output: 'text' })
  if (first === '__complete') return ok({ kind: 'complete', words: rest })
  if (!isCommand(first)) return err(unknownCommand(first))
  const read = readFlags(first, rest)
  if (!read.ok) return read
  const { flags, words } = read.value
  if (flags.has('help')) return ok({ kind: 'help', command: first })
  if (isClusterCommand(first)) return inCluster(clusterOptions(first, flags, words))
  switch (first) {
    case 'version': {
      const output = readOutput(flags)
      return output.ok ? ok({ kind: 'version', output: output.value }) : output
    }
    case 'completion':
      return completionOf(words)
    case 'enroll':
      return enrollOptions(flags)
    case 'probe':
      return probeOptions(flags)
    case 'policy': {
      const options = policyOptions(flags, words)
      return options.ok ? ok({ kind: 'policy', options: options.value }) : options
    }
  }
}

function completionOf([word]: readonly string[]): Result<Asked, string> {
  const shell = shells.find((one) => one === word)
  return shell === undefined
    ? err(`completion is for ${shells.join(', ')}, not for "${word}".`)
    : ok({ kind: 'completion', shell })
}

const inCluster = (options: Result<ClusterOptions, string>): Result<Asked, string> =>
  options.ok ? ok({ kind: 'cluster', options: options.value }) : options

function unknownCommand(word: string): string {
  const meant = nearest(word, commandNames)
  const hint = meant === undefined ? `the commands are ${commandNames.join(', ')}` : `did you mean ${meant}?`
  return `There is no command "${word}"; ${hint}${meant === undefined ? '.' : ''}`
}

type Flags = ReadonlyMap<string, readonly string[]>

/** Words are the names of objects, for the commands that take some. */
interface Reading {
  readonly flags: Flags
  readonly words: readonly string[]
}

function readFlags(command: CommandName, argv: readonly string[]): Result<Reading, string> {
  const table: Readonly<Record<string, Flag>> = commands[command].flags
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { short, shape }]) => [
      name,
      {
        type: shape === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  )
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  const found = new Map<string, string[]>()
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(table, token.name) ? table[token.name] : undefined
    if (flag === undefined) return err(unknownFlag(token.rawName, command))
    const problem = problemWith(flag, token, found.has(token.name))
    if (problem !== undefined) return err(problem)
    found.set(token.name, [...(found.get(token.name) ?? []), token.value ?? ''])
  }
  const problem = found.has('help') ? undefined : problemWithWords(command, words)
  return problem === undefined ? ok({ flags: found, words }) : err(problem)
}

function problemWithWords(command: CommandName, words: readonly string[]): string | undefined {
  const shape = commands[command]
  const { least = 0, most }: { readonly least?: number; readonly most: number } =
    'words' in shape ? shape.words : { most: 0 }
  const see = `see kubectl perennial ${command} --help.`
  if (most === 0 && words.length > 0) return `"${words[0]}" is not understood: everything is given by flags, ${see}`
  if (words.length < least)
    return `${command} needs ${'needs' in shape ? shape.needs : 'the name of a Certificate'}, ${see}`
  if (words.length > most) return `${command} takes ${most} at most, and "${words[most]}" is one more, ${see}`
  return undefined
}

function problemWith(
  { shape, repeated }: Flag,
  { rawName, value }: { readonly rawName: string; readonly value: string | undefined },
  isThere: boolean,
): string | undefined {
  if (shape === undefined) return value === undefined ? undefined : `${rawName} takes no value; leave "=${value}" out.`
  if (value === undefined || value === '') return `${rawName} needs a value: ${rawName} <${shape}>.`
  if (value.startsWith('-') && value !== '-') return `${rawName} needs a value, and "${value}" looks like another flag.`
  return isThere && repeated !== true ? `${rawName} is given twice.` : undefined
}

function unknownFlag(raw: string, command: CommandName): string {
  if (raw === '--format') return `${command} has no flag --format; -o says how the result is printed, as in -o json.`
  const known = Object.keys(commands[command].flags)
  const meant = nearest(raw.replace(/^-+/, ''), known)
  if (meant !== undefined) return `${command} has no flag ${raw}; did you mean --${meant}?`
  const elsewhere = commandNames.find((name) => Object.hasOwn(commands[name].flags, raw.replace(/^-+/, '')))
  const hint = elsewhere === undefined ? `see kubectl perennial ${command} --help` : `it belongs to ${elsewhere}`
  return `${command} has no flag ${raw}; ${hint}.`
}

function sharedOptions(flags: Flags, command: CommandName): Result<SharedOptions, string> {
  const files = flags.get('file') ?? []
  if (files.length === 0) return err(`${command} needs manifests: -f issuer.yaml, or -f - for standard input.`)
  if (files.filter((file) => file === '-').length > 1) return err('Standard input can be read once: give -f - once.')
  const timeout = readTimeout(last(flags, 'timeout'))
  if (!timeout.ok) return timeout
  const output = readOutput(flags)
  if (!output.ok) return err(`${output.error} A directory is given with -d.`)
  return ok({ files, timeout: timeout.value, output: output.value, verbose: flags.has('verbose') })
}

function enrollOptions(flags: Flags): Result<Asked, string> {
  const shared = sharedOptions(flags, 'enroll')
  if (!shared.ok) return shared
  const directory = last(flags, 'directory')
  if (directory === undefined) return err('enroll needs a directory for what it gets: -d dir.')
  const http01Address = last(flags, 'http01-address')
  if (http01Address !== undefined && parseHostPort(http01Address) === undefined)
    return err(`--http01-address is host:port or :port, not "${http01Address}".`)
  const options: EnrollOptions = {
    ...shared.value,
    directory,
    http01Address,
    certificate: last(flags, 'certificate'),
    renew: flags.has('renew'),
    fresh: flags.has('fresh'),
    force: flags.has('force'),
    wait: !flags.has('no-wait'),
  }
  return ok({ kind: 'enroll', options })
}

function probeOptions(flags: Flags): Result<Asked, string> {
  const shared = sharedOptions(flags, 'probe')
  if (!shared.ok) return shared
  const options = { ...shared.value, issuer: last(flags, 'issuer'), directory: last(flags, 'directory') }
  return ok({ kind: 'probe', options })
}

const last = (flags: Flags, name: string): string | undefined => flags.get(name)?.at(-1)
