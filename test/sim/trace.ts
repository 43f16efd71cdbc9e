import type { Step } from '../../src/domain/decide.ts'
import type { Next, Result } from '../../src/domain/outcome.ts'
import { toRfc3339 } from '../../src/std/time.ts'
import type { Instant } from '../../src/std/time.ts'

interface Line {
  readonly at: Instant
  readonly text: () => string
}

/** The last steps of a run, for whoever has to understand why it failed. Put into words only when somebody asks. */
export class Trace {
  readonly #lines: Line[] = []
  readonly #most: number

  constructor(most = 60) {
    this.#most = most
  }

  note(at: Instant, text: () => string): void {
    this.#lines.push({ at, text })
    if (this.#lines.length > this.#most * 2) this.#lines.splice(0, this.#most)
  }

  toString(): string {
    const lines = this.#lines.slice(-this.#most)
    return lines
      .map(({ at, text }) => `${toRfc3339(at).slice(0, -1)}.${String(at % 1000).padStart(3, '0')} ${text()}`)
      .join('\n')
  }
}

/** What a step came to, in a line. */
export function storyOf(step: Step, result: Result, next: Next): string {
  const then = next.then.kind === 'at' ? `at ${toRfc3339(next.then.at)}` : next.then.kind
  const why = 'violation' in step ? ` (${step.violation.reason})` : 'reason' in step ? ` (${step.reason})` : ''
  const fault = result.kind === 'failed' ? ` ${result.fault.code}` : ''
  return `${step.kind}${why} -> ${result.kind}${fault}, then ${then}`
}
