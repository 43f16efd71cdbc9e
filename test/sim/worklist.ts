/** The queue of one life of the operator: a name is worked on once at a time, and again if something changed meanwhile. */
import { milliseconds } from '../../src/std/time.ts'
import type { Duration } from '../../src/std/time.ts'

interface Work {
  isDirty: boolean
  isRunning: boolean
  failures: number
  cancel: () => void
}

export interface WorklistParts {
  /** Runs something later, unless the process is dead by then. @returns takes it back */
  readonly later: (wait: Duration, run: () => void) => () => void
  /** Works on one name; the list is told by {@link Worklist.done}. */
  readonly start: (name: string) => void
}

export class Worklist {
  readonly #parts: WorklistParts
  readonly #work = new Map<string, Work>()

  constructor(parts: WorklistParts) {
    this.#parts = parts
  }

  /** Whether nothing runs and nothing waits to run at once. */
  get isResting(): boolean {
    return [...this.#work.values()].every(({ isDirty, isRunning }) => !isDirty && !isRunning)
  }

  add(name: string): void {
    const work = this.#of(name)
    if (work.isDirty) return
    work.isDirty = true
    if (!work.isRunning) this.#parts.later(milliseconds(1), () => this.#run(name))
  }

  addIn(name: string, wait: Duration): void {
    const work = this.#of(name)
    work.cancel()
    work.cancel = this.#parts.later(wait, () => this.add(name))
  }

  retry(name: string): void {
    const work = this.#of(name)
    work.failures += 1
    this.addIn(name, milliseconds(Math.min(600_000, 1000 * 2 ** (work.failures - 1))))
  }

  forget(name: string): void {
    this.#of(name).failures = 0
  }

  done(name: string): void {
    const work = this.#of(name)
    work.isRunning = false
    if (work.isDirty) this.#run(name)
  }

  clear(): void {
    for (const work of this.#work.values()) work.cancel()
  }

  #of(name: string): Work {
    const known = this.#work.get(name)
    if (known !== undefined) return known
    const work: Work = { isDirty: false, isRunning: false, failures: 0, cancel: () => undefined }
    this.#work.set(name, work)
    return work
  }

  #run(name: string): void {
    const work = this.#of(name)
    if (work.isRunning || !work.isDirty) return
    work.isDirty = false
    work.isRunning = true
    work.cancel()
    this.#parts.start(name)
  }
}
