/**
 * The settings of the process: flags, else environment, else default. The table in `settings.ts` holds them all; the
 * parser, the type and the text of `--help` are made from it. The only reader of the environment.
 */
import { parseArgs } from 'node:util'
import type { z } from 'zod'
import { nearest } from './std/nearest.ts'
import { canonicalIp } from './std/ip.ts'
import { err, ok } from './std/result.ts'
import type { Result } from './std/result.ts'
import { settings } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

type SettingName = keyof typeof settings

export type Config = { readonly [K in SettingName]: z.output<(typeof settings)[K]['schema']> }

const settingNames = Object.keys(settings) as readonly SettingName[]

const flagOf = (key: SettingName): string => key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
const variableOf = (key: SettingName): string => `PERENNIAL_${flagOf(key).toUpperCase().replaceAll('-', '_')}`

/** @returns the environment of the process, to be handed to {@link readConfig} */
export function environment(): Environment {
  return Object.freeze({ ...process.env })
}

/** @returns where Kubernetes says that the API server is; undefined outside a pod */
export function podSurroundings(env: Environment): { readonly host: string; readonly port: string } | undefined {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = env
  return host === '' || port === '' ? undefined : { host, port }
}

/** What providers of DNS may know of the process: whom it runs as at a cloud, and where. */
const ambientNames = [
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AZURE_CLIENT_ID',
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_TENANT_ID',
  'GOOGLE_APPLICATION_CREDENTIALS',
] as const

/** @returns the variables of that kind that are set, and nothing else of the environment */
export function ambientVariables(env: Environment): ReadonlyMap<string, string> {
  return new Map(ambientNames.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])))
}

export function asksForHelp(argv: readonly string[]): boolean {
  return argv.includes('--help') || argv.includes('-h')
}

export function helpText(): string {
  const entries = settingNames.map((key) => {
    const { shape, fallback, help } = settings[key]
    const preset = fallback === '' ? '' : ` Default: ${fallback}.`
    const others = 'alsoFrom' in settings[key] ? ` or $${settings[key].alsoFrom}` : ''
    return `  --${flagOf(key)}=<${shape}>\n      ${help}${preset} [$${variableOf(key)}${others}]`
  })
  return ['Usage: perennial [flags]', '', ...entries, '  --help', '      Print this text.', ''].join('\n')
}

/**
 * Reads every setting.
 *
 * @param argv - the arguments after the program's name
 * @param env - the environment; empty variables count as not set
 * @returns the settings, frozen, or one sentence a line about everything that is wrong
 */
export function readConfig(argv: readonly string[], env: Environment): Result<Config, string> {
  const flags = readFlags(argv)
  if (!flags.ok) return flags
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const key of settingNames) {
    const source = sourceOf(key, flags.value, env)
    const parsed = settings[key].schema.safeParse(source.text)
    if (parsed.success) values[key] = Object.freeze(parsed.data)
    else problems.push(`${source.name} ${parsed.error.issues[0]?.message ?? 'is wrong'}, not "${source.text}".`)
  }
  if (problems.length > 0) return err(problems.join('\n'))
  // Every key of the table has been parsed by its own schema, which is what Config says.
  const parsedValues = values as Config
  const config = Object.freeze({ ...parsedValues, denyAddresses: [...parsedValues.denyAddresses, ...ownServer(env)] })
  const disagreeing = disagreements(config)
  return disagreeing.length === 0 ? ok(config) : err(disagreeing.join('\n'))
}

/** Nobody's CA is the API server that this pod speaks with, and nobody is led there by an issuer. `allowAddresses` outranks it. */
function ownServer(env: Environment): readonly string[] {
  const address = canonicalIp(podSurroundings(env)?.host ?? '')
  return address === undefined ? [] : [address]
}

function sourceOf(
  key: SettingName,
  flags: ReadonlyMap<string, string>,
  env: Environment,
): { readonly name: string; readonly text: string } {
  const flag = flags.get(flagOf(key))
  if (flag !== undefined) return { name: `--${flagOf(key)}`, text: flag }
  const also = 'alsoFrom' in settings[key] ? [settings[key].alsoFrom] : []
  for (const variable of [variableOf(key), ...also]) {
    const text = env[variable]
    if (text !== undefined && text !== '') return { name: `$${variable}`, text }
  }
  return { name: `--${flagOf(key)}`, text: settings[key].fallback }
}

/** What is right by itself but cannot work together. */
function disagreements(config: Config): readonly string[] {
  const problems: string[] = []
  if (config.leaseRenewDeadline >= config.leaseDuration) {
    problems.push('--lease-renew-deadline must be less than --lease-duration, or two replicas may act at once.')
  }
  if (config.leaseRetryPeriod >= config.leaseRenewDeadline) {
    problems.push('--lease-retry-period must be less than --lease-renew-deadline, or a leader has no second try.')
  }
  if (config.shards > 1 && !config.leaderElection) {
    problems.push('--shards needs --leader-election, or every replica would take everything.')
  }
  if (config.retryLongest < config.retryFirst) problems.push('--retry-longest must not be less than --retry-first.')
  return problems
}

/** Flags by name; the last one wins, as everywhere. */
function readFlags(argv: readonly string[]): Result<ReadonlyMap<string, string>, string> {
  const known = new Set(settingNames.map(flagOf))
  const options = Object.fromEntries([...known].map((flag) => [flag, { type: 'string' as const }]))
  const { tokens } = parseArgs({ args: argv.map(withValue), options, strict: false, tokens: true })
  const flags = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind === 'positional')
      return err(`"${token.value}" is not understood: everything is set by flags, see --help.`)
    if (token.kind !== 'option') continue
    if (!known.has(token.name)) return err(unknownFlag(token.rawName, known))
    if (token.value === undefined) return err(`--${token.name} needs a value: --${token.name}=<value>.`)
    flags.set(token.name, token.value)
  }
  return ok(flags)
}

/** `--leader-election` alone means true. */
function withValue(argument: string, index: number, argv: readonly string[]): string {
  const key = settingNames.find((one) => `--${flagOf(one)}` === argument)
  const isSwitch = key !== undefined && settings[key].shape === 'true|false'
  return isSwitch && !/^(?:true|false)$/.test(argv[index + 1] ?? '') ? `${argument}=true` : argument
}

function unknownFlag(raw: string, known: ReadonlySet<string>): string {
  const meant = nearest(raw.replace(/^-+/, ''), known)
  return meant === undefined
    ? `There is no flag ${raw}; see --help.`
    : `There is no flag ${raw}; did you mean --${meant}?`
}
