/** Aims the fuzzer at one target: starts its thread, watches over it, and starts another when it hangs or runs out of memory. */
import { Worker } from 'node:worker_threads'
import { slateHead } from './job.ts'
import type { Counts, Job, Report } from './job.ts'
import { programOf } from './program.ts'
import type { Program } from './program.ts'
import type { Finding } from './trial.ts'

export interface Hunt {
  /** Path of the target's TypeScript. */
  readonly source: string
  readonly corpus: readonly Uint8Array[]
  readonly seed: number
  readonly seconds: number
  /** Stops earlier: the same seed, corpus and number of executions end in the same corpus. */
  readonly executions?: number
  readonly onProgress?: (counts: Counts) => void
  /** An execution that has taken this much CPU time is broken off, in milliseconds: slow ones end by themselves. */
  readonly patience?: number
}

export interface Bag {
  readonly findings: readonly Finding[]
  readonly counts: Counts
  /** How many branches the target's program has. */
  readonly branches: number
  /** The shortest inputs that reach all that was reached. */
  readonly favoured: readonly Uint8Array[]
}

const usualPatience = 10_000
/** What waits for something that never comes takes no CPU time, but this many times as long by the clock. */
const idleFactor = 30
const lookEvery = 250
const mostRestarts = 5
/** Of the thread, in MiB: what the fuzzer itself keeps, and then some. */
const heap = 384
/** The longest input of any target. */
const slate = 1024 * 1024

/** Not those of this process: a program needs no loader of TypeScript, and one would stand in the way of its modules. */
const threadArguments = ['--disable-warning=ExperimentalWarning'] as const

interface Leg {
  readonly findings: readonly Finding[]
  readonly counts: Counts
  readonly favoured: readonly Uint8Array[]
  readonly isWhole: boolean
}

const nothing: Counts = { executions: 0, seconds: 0, corpus: 0, features: 0, branches: 0 }

export async function hunt(plan: Hunt): Promise<Bag> {
  const program = await programOf(plan.source)
  try {
    return await huntWith(program, plan)
  } finally {
    program.remove()
  }
}

async function huntWith(program: Program, plan: Hunt): Promise<Bag> {
  const legs: Leg[] = []
  const spent = (what: 'seconds' | 'executions'): number => legs.reduce((sum, { counts }) => sum + counts[what], 0)
  while (legs.length <= mostRestarts && legs.at(-1)?.isWhole !== true) {
    const left = {
      seed: plan.seed + legs.length,
      seconds: plan.seconds - spent('seconds'),
      executions: (plan.executions ?? Number.MAX_SAFE_INTEGER) - spent('executions'),
    }
    if (left.seconds <= 0 || left.executions <= 0) break
    legs.push(await leg(program, { ...plan, ...left }))
  }
  const last = legs.at(-1)
  return {
    findings: legs.flatMap(({ findings }) => findings),
    counts: { ...(last?.counts ?? nothing), seconds: spent('seconds'), executions: spent('executions') },
    branches: program.counters,
    favoured: last?.favoured ?? [],
  }
}

function leg(program: Program, plan: Hunt & { readonly executions: number }): Promise<Leg> {
  const shared = new SharedArrayBuffer(slateHead + slate)
  const { corpus, seed, seconds, executions, onProgress, patience = usualPatience } = plan
  const { program: path, counters, words } = program
  const job: Job = { program: path, counters, words, corpus, seed, seconds, executions, shared }
  const resourceLimits = { maxOldGenerationSizeMb: heap }
  const worker = new Worker(program.worker, { workerData: job, resourceLimits, execArgv: [...threadArguments] })
  return new Promise((resolve, reject) => {
    const findings: Finding[] = []
    let counts = nothing
    const end = (rest: Pick<Leg, 'favoured' | 'isWhole'>): void => {
      clearInterval(watch)
      void worker.terminate()
      resolve({ findings, counts, ...rest })
    }
    const broken = (kind: 'hang' | 'out of memory', what: string): void => {
      findings.push({ kind, words: what, input: inputOn(shared) })
      end({ favoured: [], isWhole: false })
    }
    const watch = watchOver({ shared, patience }, () =>
      broken('hang', `does not end within ${patience} ms of CPU time`),
    )
    worker.on('message', (message: Report) => {
      if (message.kind === 'finding') return void findings.push(message.finding)
      counts = message.counts
      if (message.kind === 'progress') return onProgress?.(counts)
      end({ favoured: message.favoured, isWhole: true })
    })
    worker.on('error', (error: Error & { readonly code?: string }) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return broken('out of memory', 'takes all memory there is')
      clearInterval(watch)
      reject(error)
    })
  })
}

/** Calls back when the same execution has gone on for too long. */
function watchOver(
  { shared, patience }: { readonly shared: SharedArrayBuffer; readonly patience: number },
  onHang: () => void,
): NodeJS.Timeout {
  const words = new Int32Array(shared, 0, 2)
  let [at, since, cpu] = [0, performance.now(), process.cpuUsage()]
  return setInterval(() => {
    const now = Atomics.load(words, 0)
    const { user, system } = process.cpuUsage(cpu)
    if (now !== at || now === 0) [at, since, cpu] = [now, performance.now(), process.cpuUsage()]
    else if ((user + system) / 1000 > patience || performance.now() - since > patience * idleFactor) onHang()
  }, lookEvery)
}

function inputOn(shared: SharedArrayBuffer): Uint8Array {
  const [, length = 0] = new Int32Array(shared, 0, 2)
  return Uint8Array.from(new Uint8Array(shared, slateHead, length))
}
