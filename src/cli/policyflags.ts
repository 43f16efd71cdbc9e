/** The flags of `policy test`, which needs no cluster. */
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { outputFlag, readOutput } from './outputs.ts'
import type { UsualOutput } from './outputs.ts'

export const policyCommands = {
  policy: {
    summary: 'Judge the Certificates in manifests by the policies in manifests, without a cluster.',
    usage: 'kubectl perennial policy test -f policy.yaml -f certificate.yaml',
    words: { most: 1 },
    flags: {
      file: {
        short: 'f',
        shape: 'file',
        repeated: true,
        help: 'Manifests, YAML or JSON, several in a file; - for standard input. May be repeated. Namespaces among them give the labels that policies select by.',
      },
      namespace: {
        short: 'n',
        shape: 'name',
        help: 'The namespace of Certificates that name none. Default: default.',
      },
      output: outputFlag('the verdicts are'),
      help: { short: 'h', help: 'Print this text.' },
    },
  },
} as const

export interface PolicyOptions {
  readonly files: readonly string[]
  readonly namespace: string
  /** `wide`: with the policies that select each Certificate. */
  readonly output: UsualOutput
}

/** @returns what is asked for, or a sentence about the word that is wrong */
export function policyOptions(
  flags: ReadonlyMap<string, readonly string[]>,
  words: readonly string[],
): Result<PolicyOptions, string> {
  const [word] = words
  if (word !== 'test')
    return err(
      `policy has one thing to do: kubectl perennial policy test${word === undefined ? '' : `, and not "${word}"`}.`,
    )
  const files = flags.get('file') ?? []
  if (files.length === 0) return err('policy test needs manifests: -f policy.yaml -f certificate.yaml.')
  if (files.filter((file) => file === '-').length > 1) return err('Standard input can be read once: give -f - once.')
  const output = readOutput(flags)
  if (!output.ok) return output
  return ok({ files, output: output.value, namespace: flags.get('namespace')?.at(-1) ?? 'default' })
}
