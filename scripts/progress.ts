/** Shows a person what is going on: a line that ticks at a terminal, a line now and then in a log. */

/** How often a log gets a line while nothing else happens, in milliseconds. */
const logInterval = 15_000

export interface Step {
  /** What it is at right now; shown beside the seconds. */
  readonly detail: (text: string) => void
  /** Lets other text through between two ticks. */
  readonly print: (text: string) => void
}

interface StepOptions<T> {
  /** Whether a result counts as success; every one does by default, and no exception does. */
  readonly isFine?: (result: T) => boolean
}

/**
 * Says what is done, counts the seconds, and says how it ended.
 *
 * @param title - what is done, and why it takes its time
 */
export async function step<T>(
  title: string,
  work: (step: Step) => Promise<T>,
  { isFine = () => true }: StepOptions<T> = {},
): Promise<T> {
  const begun = performance.now()
  let detail = ''
  let mark = '✗'
  const line = (sign: string): string => `  ${sign} ${title} ${clockText((performance.now() - begun) / 1000)}`
  if (!isTerminal()) process.stdout.write(`  … ${title}\n`)
  const timer = setInterval(() => show(`${line('…')}  ${detail}`), isTerminal() ? 1000 : logInterval)
  try {
    const result = await work({ detail: (text) => void (detail = text), print })
    if (isFine(result)) mark = '✓'
    return result
  } finally {
    clearInterval(timer)
    print(`${line(mark)}\n`)
  }
}

function print(text: string): void {
  process.stdout.write(isTerminal() ? `\r\u001B[2K${text}` : text)
}

const isTerminal = (): boolean => process.stdout.isTTY && process.env['CI'] === undefined

function show(text: string): void {
  if (!isTerminal()) return void process.stdout.write(`${text.trimEnd()}\n`)
  process.stdout.write(`\r\u001B[2K${text.slice(0, (process.stdout.columns ?? 80) - 1)}`)
}

function clockText(seconds: number): string {
  const whole = Math.floor(seconds)
  return whole < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`
}
