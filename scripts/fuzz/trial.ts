/** One execution of a target, watched for what it may not do: throw, take long, take memory. */
import { getHeapStatistics } from 'node:v8'

export type FindingKind = 'exception' | 'slow' | 'memory' | 'hang' | 'out of memory'

export interface Finding {
  readonly kind: FindingKind
  /** What happened, and where; findings with the same words are one. */
  readonly words: string
  readonly input: Uint8Array
}

/** Growth of the heap with what hangs on it, in octets, that one input may cost. */
const mostMemory = 64 * 1024 * 1024

/** CPU time in milliseconds that one input may cost. */
export const usualTime = 100

type Run = (input: Uint8Array) => void | Promise<void>

export interface Trial {
  readonly run: Run
  readonly milliseconds: number
  /** Called before each time that an input is run once more, so that counters tell of one run. */
  readonly forget: () => void
}

/** @returns what is wrong with how the input was taken, or nothing */
export async function attempt(trial: Trial, input: Uint8Array): Promise<Finding | undefined> {
  const [memory, begun] = [heapNow(), performance.now()]
  const failure = await failureOf(trial.run, input)
  const [took, grew] = [performance.now() - begun, heapNow() - memory]
  if (failure !== undefined) return { kind: 'exception', words: failure, input }
  if (took > trial.milliseconds) return confirmed(trial, { kind: 'slow', words: 'takes long', input })
  if (grew > mostMemory) return confirmed(trial, { kind: 'memory', words: 'takes much memory', input })
  return undefined
}

async function failureOf(run: Run, input: Uint8Array): Promise<string | undefined> {
  try {
    const pending = run(input)
    if (pending instanceof Promise) await pending
    return undefined
  } catch (error) {
    return error instanceof Error ? wordsOf(error) : `something that is no Error was thrown: ${String(error)}`
  }
}

/** The message without what differs from input to input, and the function that threw. */
function wordsOf({ name, message, stack = '' }: Error): string {
  const plain = message
    .replace(/"[^"]*"/g, '"..."')
    .replace(/\d+/g, 'N')
    .slice(0, 200)
  const [, place = ''] = /\n\s+at (\S+)/.exec(stack) ?? []
  return `${name}: ${plain} (in ${place})`
}

const heapNow = (): number => {
  const { used_heap_size: used, external_memory: external } = getHeapStatistics()
  return used + external
}

/** A busy machine stalls anybody at times: the least of several runs counts, in time of the CPU. */
const repeats = 3

async function confirmed(trial: Trial, suspicion: Finding): Promise<Finding | undefined> {
  for (let left = repeats; left > 0; left -= 1) {
    const [cpu, memory] = [process.cpuUsage(), heapNow()]
    trial.forget()
    await failureOf(trial.run, suspicion.input)
    const { user, system } = process.cpuUsage(cpu)
    const isSlow = (user + system) / 1000 > trial.milliseconds
    const isLarge = heapNow() - memory > mostMemory
    if (suspicion.kind === 'slow' ? !isSlow : !isLarge) return undefined
  }
  return suspicion
}
