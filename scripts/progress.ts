/** Shows a person what is going on: a line that ticks at a terminal, a line now and then in a log. */

/** How often a log gets a line while nothing else happens, in milliseconds. */
const logInterval = 15_000

export interface Step {
  /** What it is at right now; shown beside the seconds. */
  detail(text: string): void
}

/**
 * Says what is done, counts the seconds, and says how it ended.
 *
 * @param title - what is done, and why it takes its time
 */
export async function step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T> {
  const begun = performance.now()
  let detail = ''
  const seconds = (): string => clockText((performance.now() - begun) / 1000)
  const isTerminal = process.stdout.isTTY === true && process.env['CI'] === undefined
  const tick = (): void => show(isTerminal, `  … ${title} ${seconds()}${detail === '' ? '' : `  ${detail}`}`)
  if (!isTerminal) process.stdout.write(`  … ${title}\n`)
  const timer = setInterval(tick, isTerminal ? 1000 : logInterval)
  try {
    const result = await work({ detail: (text) => void (detail = text) })
    finish(isTerminal, `  ✓ ${title} ${seconds()}`)
    return result
  } catch (error) {
    finish(isTerminal, `  ✗ ${title} ${seconds()}`)
    throw error
  } finally {
    clearInterval(timer)
  }
}

function show(isTerminal: boolean, text: string): void {
  if (!isTerminal) return void process.stdout.write(`${text}\n`)
  process.stdout.write(`\r\u001B[2K${text.slice(0, (process.stdout.columns ?? 80) - 1)}`)
}

function finish(isTerminal: boolean, text: string): void {
  process.stdout.write(isTerminal ? `\r\u001B[2K${text}\n` : `${text}\n`)
}

function clockText(seconds: number): string {
  const whole = Math.floor(seconds)
  return whole < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`
}
