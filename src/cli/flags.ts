/** The flags of each command, in one table: the parser and the help are made from it. */
import { clusterCommands } from './cluster/flags.ts'
import { outputFlag } from './outputs.ts'
import { policyCommands } from './policyflags.ts'
import { shells } from './shells.ts'

export interface Flag {
  readonly short?: string
  /** What its value looks like; a flag without one is a switch. */
  readonly shape?: string
  readonly repeated?: true
  readonly help: string
}

const shared = {
  file: {
    short: 'f',
    shape: 'file',
    repeated: true,
    help: 'Manifests, YAML or JSON, several in a file; - for standard input. May be repeated. Secrets among them give the credentials.',
  },
  timeout: { shape: 'seconds', help: 'How long to wait for the CA altogether: seconds, or as in 10m. Default: 300.' },
  output: outputFlag('the result is'),
  verbose: { short: 'v', help: 'Tell more: what the client logs, and the evidence for errors.' },
  help: { short: 'h', help: 'Print this text.' },
} as const satisfies Readonly<Record<string, Flag>>

export const commands = {
  enroll: {
    summary: 'Get the certificate that a manifest asks for, and write it into a directory.',
    usage: 'kubectl perennial enroll -f issuer.yaml -f certificate.yaml -d dir',
    flags: {
      ...shared,
      directory: {
        short: 'd',
        shape: 'dir',
        help: 'Where tls.key, tls.crt and whatever the Secret would hold are written, and what is needed to go on later.',
      },
      certificate: { shape: 'name', help: 'Which Certificate to enroll, where the manifests hold several.' },
      renew: { help: 'Renew the certificate that lies in the directory, the way its protocol renews.' },
      fresh: { help: 'Discard an enrollment under way and begin a new one, even if a good certificate is there.' },
      force: { help: 'Replace a tls.key or tls.crt that this tool did not write.' },
      'no-wait': { help: 'Do not wait for a CA that has not decided yet: end with code 4.' },
      'http01-address': {
        shape: 'host:port',
        help: 'Answer HTTP-01 challenges here, for example :80. The names must lead to this machine.',
      },
    },
  },
  probe: {
    summary: 'Ask the CA of an issuer whether all is well, and print what it says about itself.',
    usage: 'kubectl perennial probe -f issuer.yaml',
    flags: {
      ...shared,
      issuer: { shape: 'name', help: 'Which Issuer to probe, where the manifests hold several: name or Kind/name.' },
      directory: {
        short: 'd',
        shape: 'dir',
        help: 'Where keys that the issuer makes for itself are kept, the same directory as for enroll.',
      },
    },
  },
  ...policyCommands,
  ...clusterCommands,
  completion: {
    summary: 'Print the script that has a shell complete what is typed.',
    usage: 'source <(kubectl perennial completion bash)',
    words: { least: 1, most: 1 },
    needs: `the name of a shell: ${shells.join(', ')}`,
    flags: { help: shared.help },
  },
  version: {
    summary: 'Print the version.',
    usage: 'kubectl perennial version',
    flags: { output: outputFlag('it is'), help: shared.help },
  },
} as const satisfies Readonly<
  Record<
    string,
    {
      readonly summary: string
      readonly usage: string
      /** How many names of objects it takes; none when not given. */
      readonly words?: { readonly least?: number; readonly most: number }
      /** What they are, where they are no Certificates. */
      readonly needs?: string
      readonly flags: Readonly<Record<string, Flag>>
    }
  >
>

export type CommandName = keyof typeof commands

export const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name)

export const commandNames: readonly CommandName[] = Object.keys(commands).filter(isCommand)

/** @returns what `--help` prints, for one command or for all of them */
export function cliHelp(command?: CommandName): string {
  return command === undefined ? overview() : commandHelp(command)
}

function overview(): string {
  const lines = commandNames.map((name) => `  ${name.padEnd(10)} ${commands[name].summary}`)
  return [
    'What stands in a cluster, and certificates without one: the manifests and the protocols of Perennial.',
    '',
    'Usage: kubectl perennial <command> [flags]',
    '',
    ...lines,
    '',
    'kubectl perennial <command> --help tells more.',
    '',
  ].join('\n')
}

function commandHelp(name: CommandName): string {
  const { summary, usage } = commands[name]
  const flags: Readonly<Record<string, Flag>> = commands[name].flags
  const lines = Object.entries(flags).map(([long, { short, shape, help }]) => {
    const value = shape === undefined ? '' : `=<${shape}>`
    return `  ${short === undefined ? '' : `-${short}, `}--${long}${value}\n      ${help}`
  })
  return [summary, '', `Usage: ${usage}`, '', ...lines, ''].join('\n')
}
