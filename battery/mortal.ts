/** An operator that is killed and started again, with one log over all its lives. */
import { readFileSync } from 'node:fs'
import { startOperator } from '../test/support/operator.ts'
import type { OperatorOptions, RunningOperator } from '../test/support/operator.ts'

export interface MortalOptions extends OperatorOptions {
  readonly logFile: string
}

/** Milliseconds: it starts hundreds of times, on a machine that others use too, and a slow start is no finding. */
const readyWithin = 120_000

export class Mortal {
  /** How often it was killed on purpose. */
  kills = 0
  /** Ends that nobody wanted. */
  readonly breakdowns: string[] = []
  readonly #options: MortalOptions
  #running: RunningOperator | undefined
  #isMeant = false
  #hasEnded = false

  constructor(options: MortalOptions) {
    this.#options = options
  }

  /** Whether it is gone although nobody wanted it to be. */
  get hasEnded(): boolean {
    return this.#hasEnded && !this.#isMeant
  }

  get running(): RunningOperator {
    if (this.#running === undefined) throw new Error('the operator is not running')
    return this.#running
  }

  /** Everything that it has printed in all its lives. */
  printed(): string {
    return readFileSync(this.#options.logFile, 'utf8')
  }

  async start(): Promise<void> {
    const running = await startOperator({ readyWithin, ...this.#options })
    this.#isMeant = false
    this.#hasEnded = false
    this.#running = running
    void running.exited.then(({ code, signal }) => {
      this.#hasEnded = true
      if (!this.#isMeant) this.breakdowns.push(`I8: the operator ended by itself (${signal ?? code})`)
    })
  }

  /**
   * SIGKILL, at once; {@link revive} waits for the end.
   *
   * @returns whether it lived until now: it may have ended by itself just before
   */
  kill(): boolean {
    if (this.#running === undefined || this.#isMeant || this.#hasEnded) return false
    this.#isMeant = true
    this.kills += 1
    process.kill(this.#running.pid, 'SIGKILL')
    return true
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.running.pid, name)
  }

  /** Waits until it is dead, and starts it again. */
  async revive(): Promise<void> {
    await this.#running?.exited
    await this.start()
  }

  async stop(): Promise<void> {
    this.#isMeant = true
    await this.#running?.stop()
    this.#running = undefined
  }
}
