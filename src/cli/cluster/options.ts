/** From the flags of a command that speaks with a cluster to what is asked for. */
import { revocationReasons } from '../../api/revocation.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Duration } from '../../std/time.ts'
import { readTimeout } from '../timeout.ts'
import type { ClusterCommandName } from './flags.ts'

export type Output = 'text' | 'wide' | 'json' | 'yaml' | 'csv'
export type Reason = (typeof revocationReasons)[number]

export interface ClusterOptions {
  readonly command: ClusterCommandName
  /** Names of objects. */
  readonly words: readonly string[]
  readonly namespace: string | undefined
  readonly allNamespaces: boolean
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly output: Output
  readonly all: boolean
  readonly selector: string | undefined
  readonly wait: boolean
  readonly timeout: Duration
  readonly reason: Reason | undefined
  readonly reissue: boolean
  /** Who is asked to revoke; undefined: the issuer that issued. */
  readonly issuer: { readonly kind: 'Issuer' | 'ClusterIssuer'; readonly name: string } | undefined
  readonly file: string | undefined
  /** Whether the inventory reads Secrets too. */
  readonly secrets: boolean
  /** Of the inventory, as a URL has it. */
  readonly query: string
  readonly apply: boolean
  readonly undo: boolean
  /** Where Secrets of ClusterIssuers lie for cert-manager. */
  readonly fromNamespace: string
  /** Where they lie here. */
  readonly toNamespace: string
}

const outputs: readonly Output[] = ['text', 'wide', 'json', 'yaml']

/** Rows of a table: of the inventory alone. */
const outputsOf = (command: ClusterCommandName): readonly Output[] =>
  command === 'inventory' ? [...outputs, 'csv'] : outputs

/**
 * @param flags - values by the name of the flag
 * @param words - what stands on the command line without a flag
 */
export function clusterOptions(
  command: ClusterCommandName,
  flags: ReadonlyMap<string, readonly string[]>,
  words: readonly string[],
): Result<ClusterOptions, string> {
  const last = (name: string): string | undefined => flags.get(name)?.at(-1)
  const offered = outputsOf(command)
  const output = offered.find((one) => one === (last('output') ?? 'text'))
  if (output === undefined) return err(`-o is one of ${offered.join(', ')}, not "${last('output')}".`)
  const revocation = revocationOptions(last('reason'), last('issuer'))
  if (!revocation.ok) return revocation
  const timeout = readTimeout(last('timeout'))
  if (!timeout.ok) return timeout
  if (flags.has('all-namespaces') && last('namespace') !== undefined)
    return err('Give -n or -A, not both: -A means every namespace.')
  const options: ClusterOptions = {
    command,
    words,
    namespace: last('namespace'),
    allNamespaces: flags.has('all-namespaces'),
    kubeconfig: last('kubeconfig'),
    context: last('context'),
    output,
    all: flags.has('all'),
    selector: last('selector'),
    wait: flags.has('wait'),
    timeout: timeout.value,
    ...revocation.value,
    reissue: flags.has('reissue'),
    file: last('file'),
    secrets: flags.has('secrets'),
    query: last('query') ?? '',
    ...importOptions(flags),
  }
  const contradiction = contradictionIn(options)
  return contradiction === undefined ? ok(options) : err(contradiction)
}

function revocationOptions(
  asked: string | undefined,
  issuer: string | undefined,
): Result<Pick<ClusterOptions, 'reason' | 'issuer'>, string> {
  const reason = revocationReasons.find((one) => one === asked)
  if (asked !== undefined && reason === undefined)
    return err(`--reason is one of ${revocationReasons.join(', ')}, not "${asked}".`)
  if (issuer === undefined) return ok({ reason, issuer })
  const [, kind = '', name = ''] = /^(issuer|clusterissuer)\/([^/]+)$/.exec(issuer) ?? []
  if (name === '') return err(`--issuer is issuer/name or clusterissuer/name, not "${issuer}".`)
  return ok({ reason, issuer: { kind: kind === 'issuer' ? 'Issuer' : 'ClusterIssuer', name } })
}

type ImportOptions = Pick<ClusterOptions, 'apply' | 'undo' | 'fromNamespace' | 'toNamespace'>

const importOptions = (flags: ReadonlyMap<string, readonly string[]>): ImportOptions => ({
  apply: flags.has('apply'),
  undo: flags.has('undo'),
  fromNamespace: flags.get('from-namespace')?.at(-1) ?? 'cert-manager',
  toNamespace: flags.get('to-namespace')?.at(-1) ?? 'perennial',
})

function contradictionIn({ command, words, all, selector, file, allNamespaces }: ClusterOptions): string | undefined {
  if (command === 'renew') {
    const ways = [words.length > 0, all, selector !== undefined].filter(Boolean).length
    if (ways !== 1) return 'Say which Certificates to renew in one way: by name, with --all, or with -l key=value.'
    if (words.length > 0 && allNamespaces) return 'Names are of one namespace: give -n, or --all with -A.'
  }
  if (command === 'status' && words.length > 0 && allNamespaces)
    return 'Names are of one namespace: give -n, or no name with -A.'
  if (command === 'inspect' && (words.length === 1) === (file !== undefined))
    return 'Say what to inspect: the name of a Secret, or -f file.'
  return undefined
}
