/**
 * The thread that a target runs in. It is bundled by itself, and shares with whoever started it the input that it is at, so that a
 * hang or the end of all memory leaves the input behind.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { constants, runInThisContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { coverageOf } from './coverage.ts'
import type { Coverage } from './coverage.ts'
import { diceOf } from './dice.ts'
import { slateHead } from './job.ts'
import type { Counts, Job, Report } from './job.ts'
import { mutated } from './mutate.ts'
import { poolOf } from './pool.ts'
import type { Pool } from './pool.ts'
import type { FuzzTarget } from './target.ts'
import { attempt, usualTime } from './trial.ts'

const reportEvery = 1000
const mostFindings = 20

interface Loaded {
  exports: { readonly target?: FuzzTarget }
}

/** What CommonJS is wrapped in, and the counters. */
type Start = (module: Loaded, exports: object, ...rest: readonly unknown[]) => void

function load({ program }: Job, coverage: Coverage): FuzzTarget {
  const loaded: Loaded = { exports: {} }
  const code = `(function (module, exports, require, $c) {${readFileSync(program, 'utf8')}\n})`
  // As if it lay here: what it loads later is looked for from there.
  const filename = join(process.cwd(), basename(program))
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  const start = runInThisContext(code, { filename, importModuleDynamically }) as Start
  start(loaded, loaded.exports, createRequire(join(process.cwd(), 'package.json')), coverage.counters)
  const { target } = loaded.exports
  if (target === undefined) throw new Error(`${program} exports no target.`)
  return target
}

interface Bench {
  readonly job: Job
  readonly target: FuzzTarget
  readonly coverage: Coverage
  readonly pool: Pool
  readonly found: Set<string>
  executions: number
  readonly begun: number
}

async function execute(bench: Bench, input: Uint8Array): Promise<void> {
  const { coverage, pool, found, target, job } = bench
  const { milliseconds = usualTime } = target
  bench.executions += 1
  const words = new Int32Array(job.shared, 0, 2)
  new Uint8Array(job.shared, slateHead).set(input)
  words[1] = input.length
  Atomics.store(words, 0, bench.executions)
  coverage.reset()
  const finding = await attempt({ run: target.run, milliseconds, forget: () => coverage.reset() }, input)
  if (finding !== undefined) {
    if (!found.has(finding.words)) report({ kind: 'finding', finding })
    found.add(finding.words)
  } else if (coverage.isNew()) {
    pool.add(input, coverage.features())
  }
}

const report = (message: Report): void => parentPort?.postMessage(message, [])

function countsOf({ executions, begun, pool, coverage }: Bench): Counts {
  const seconds = (performance.now() - begun) / 1000
  return { executions, seconds, corpus: pool.size, features: coverage.seen, branches: coverage.reached }
}

async function hunt(bench: Bench): Promise<void> {
  const { job, pool, target, found } = bench
  const dice = diceOf(job.seed)
  const words = [...job.words, ...(target.words ?? []).map((word) => Buffer.from(word, 'utf8'))]
  const tools = { dice, words, longest: target.longest, other: () => pool.any(dice) }
  for (const input of [new Uint8Array(), ...job.corpus]) await execute(bench, input)
  let reported = performance.now()
  while (bench.executions < job.executions && found.size < mostFindings) {
    await execute(bench, mutated(pool.next(dice), target.form, tools))
    if (bench.executions % 64 !== 0) continue
    const now = performance.now()
    if ((now - bench.begun) / 1000 >= job.seconds) break
    if (now - reported < reportEvery) continue
    reported = now
    report({ kind: 'progress', counts: countsOf(bench) })
  }
  report({ kind: 'end', counts: countsOf(bench), favoured: pool.favoured() })
}

/** Parsers throw when they refuse, and a stack costs more than most of what they read. Where it was thrown stands in the first line. */
Error.stackTraceLimit = 2

const job = workerData as Job
const coverage = coverageOf(job.counters)
const target = load(job, coverage)
await hunt({ job, target, coverage, pool: poolOf(), found: new Set(), executions: 0, begun: performance.now() })
