/** What is measured, as the command line says it. */
import { parseArgs } from 'node:util'
import { operatorLaunch } from '../scripts/launch.ts'

/** How many certificates of each protocol are asked for unless it is said. RSA keys of SCEP take long to find. */
const counts = { ca: 1000, acme: 200, est: 200, scep: 100, cmp: 200 } as const

export type BenchProtocol = keyof typeof counts

const protocols = Object.keys(counts) as readonly BenchProtocol[]

const help = `npm run bench                      all of what follows but challenges, soak and scale
npm run bench -- P3 P8             bars by name, as docs/performance.md lists them; bars: all of them
npm run bench -- operator          rate, API requests, CPU and memory, protocol by protocol
npm run bench -- exchange          the client alone: CPU of an enrollment and of a renewal by EST, SCEP and CMP
npm run bench -- challenges        proofs of control: 500 names over DNS-01, and names that cannot be proven beside names that can
npm run bench -- fleet             a year of 10,000 certificates at one CA in virtual time: load, and what expires
npm run bench -- soak              2000 certificates of five minutes, for two hours: memory, open files, what expires
npm run bench -- scale             three replicas beside one at 10,000 certificates of the ca issuer, and what a killed one leaves undone

  --protocol a,b    some of ${protocols.join(', ')} (all, when not given)
  --count N         certificates of each; for exchange, how often (${Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')}; exchange 100, scale 10000)
  --minutes N       of the soak (120)
  --flags "..."     further flags of the operator
  --bundle FILE     another build of it (dist/perennial.mjs)
  --node "..."      options of Node for it (${operatorLaunch.nodeOptions.join(' ')})

It prints figures and judges none of them. Figures that matter are ratios; absolute ones belong to the machine, and to what else it
does: let it do nothing else.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    protocol: { type: 'string' },
    count: { type: 'string' },
    minutes: { type: 'string' },
    flags: { type: 'string', default: '' },
    bundle: { type: 'string', default: 'dist/perennial.mjs' },
    node: { type: 'string', default: operatorLaunch.nodeOptions.join(' ') },
    help: { type: 'boolean', default: false },
  },
})

const words = (text: string): readonly string[] => text.split(' ').filter(Boolean)

const runs = ['operator', 'exchange', 'challenges', 'bars', 'soak', 'scale', 'fleet'] as const

type Run = (typeof runs)[number]

export interface BenchOptions {
  /** In this order. */
  readonly what: readonly Run[] | 'help'
  /** All of them when undefined. */
  readonly bars: readonly string[] | undefined
  readonly protocols: readonly BenchProtocol[]
  readonly countOf: (protocol: BenchProtocol) => number
  readonly exchangeCount: number
  readonly scaleCount: number
  /** Of the soak. */
  readonly minutes: number
  readonly flags: readonly string[]
  readonly bundle: string
  readonly nodeOptions: readonly string[]
}

const isBar = (word: string): boolean => /^P([1-9]|1[0-2])$/.test(word)

function whatOf(named: readonly string[]): BenchOptions['what'] {
  if (values.help) return 'help'
  if (named.length === 0)
    return values.protocol === undefined ? ['operator', 'exchange', 'fleet', 'bars'] : ['operator']
  if (named.every(isBar)) return ['bars']
  const [word, ...others] = named
  const run = runs.find((one) => one === word)
  if (run !== undefined && others.length === 0) return [run]
  throw new Error(`There is no benchmark called ${named.join(' ')}; see npm run bench -- --help.`)
}

function chosen(text: string | undefined): readonly BenchProtocol[] {
  if (text === undefined) return protocols
  const names = text.split(',')
  const unknown = names.find((name) => !protocols.some((one) => one === name))
  if (unknown !== undefined) throw new Error(`--protocol ${unknown} is none of ${protocols.join(', ')}.`)
  return protocols.filter((one) => names.includes(one))
}

function countFrom(name: 'count' | 'minutes'): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} ${text} is no number from 1 on.`)
  return Number(text)
}

/** @throws with a sentence about what cannot be measured */
export function benchOptions(): BenchOptions {
  const count = countFrom('count')
  return {
    what: whatOf(positionals),
    bars: positionals.some(isBar) ? positionals : undefined,
    protocols: chosen(values.protocol),
    countOf: (protocol) => count ?? counts[protocol],
    exchangeCount: count ?? 100,
    scaleCount: count ?? 10_000,
    minutes: countFrom('minutes') ?? 120,
    flags: words(values.flags),
    bundle: values.bundle,
    nodeOptions: words(values.node),
  }
}

export const printHelp = (): void => console.log(help)
