/** Where a fault proxy stands and what it does, as the command line says it. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { faultHelp } from './fault.ts'
import { parseRule, parseRules, rulesHelp } from './rules.ts'
import type { Rule } from './rules.ts'

const help = `npm run faults -- api --kubeconfig FILE     in front of an API server; writes a kubeconfig that leads through it
npm run faults -- http --to URL            in front of a CA over HTTP; over https it writes the ca.crt that its clients must trust
npm run faults -- tcp --to HOST:PORT       in front of anything, bytes only: TLS with client certificates, CMP over TCP

  --rule "..."      what goes wrong; may be given more than once
  --rules FILE      the same, a rule a line; what follows # is a remark
  --ca FILE         PEM of the CA of an https server that the system does not trust
  --port N          where to listen on 127.0.0.1 (one that is free)
  --out DIR         where kubeconfig and ca.crt are written (a new folder)
  -- COMMAND ...    runs it with KUBECONFIG set; a rule may kill it, and then it is started again

${rulesHelp}

Faults:

${faultHelp.map(([form, what]) => `  ${form.padEnd(26)} ${what}`).join('\n')}

While it runs it reads lines: a rule is laid down, clear takes all rules away, partition cuts the network (partition requests and
partition answers one way only), heal mends it, and what waited goes on.`

export type Place =
  | { readonly kind: 'api'; readonly kubeconfig: string | undefined }
  | { readonly kind: 'http'; readonly url: string; readonly ca: string | undefined }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

export interface FaultOptions {
  readonly place: Place
  readonly rules: readonly Rule[]
  readonly port: number
  /** A new folder when undefined. */
  readonly out: string | undefined
  readonly command: readonly string[]
}

/**
 * @param argv - what follows the name of the program
 * @returns undefined when only the help was asked for, which is printed
 * @throws with a sentence about what is wrong
 */
export function faultOptions(argv: readonly string[]): FaultOptions | undefined {
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  const { values, positionals } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: {
      kubeconfig: { type: 'string' },
      to: { type: 'string' },
      ca: { type: 'string' },
      rule: { type: 'string', multiple: true, default: [] },
      rules: { type: 'string' },
      port: { type: 'string', default: '0' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || (positionals.length === 0 && argv.length === 0)) {
    console.log(help)
    return undefined
  }
  const laid = values.rules === undefined ? [] : parseRules(fileOf(values.rules))
  return {
    place: placeOf(positionals, values),
    rules: [...laid, ...values.rule.map(parseRule)],
    port: portIn(values.port),
    out: values.out,
    command: end < 0 ? [] : argv.slice(end + 1),
  }
}

interface Where {
  readonly kubeconfig?: string | undefined
  readonly to?: string | undefined
  readonly ca?: string | undefined
}

function placeOf([kind = '', ...more]: readonly string[], { kubeconfig, to = '', ca }: Where): Place {
  if (more.length > 0) throw new Error(`"${more.join(' ')}" is not understood; a command stands behind --.`)
  switch (kind) {
    case 'api':
      return { kind, kubeconfig }
    case 'http':
      if (!URL.canParse(to) || !/^https?:/.test(to)) throw new Error(`--to wants the URL of the CA, not "${to}".`)
      return { kind, url: new URL(to).origin, ca: ca === undefined ? undefined : fileOf(ca) }
    case 'tcp': {
      const [, host, port = ''] = /^(.+):(\d+)$/.exec(to) ?? []
      if (host === undefined) throw new Error(`--to wants a host and a port, such as 127.0.0.1:829, not "${to}".`)
      return { kind, host, port: portIn(port) }
    }
    default:
      throw new Error(`"${kind}" is no place for a proxy; write api, http or tcp, or see npm run faults -- --help.`)
  }
}

function portIn(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  if (port > 65_535) throw new Error(`"${text}" is no port; write a number up to 65535.`)
  return port
}

function fileOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
