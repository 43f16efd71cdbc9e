/** A command that runs behind the proxy, is killed by it, and is started again. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

export class Child {
  readonly #command: readonly string[]
  readonly #env: Readonly<Record<string, string>>
  readonly #ended: (code: number) => void
  #process: ChildProcess | undefined
  #isKilled = false

  /**
   * @param command - program and arguments; none is a child that is not there
   * @param env - beside our own
   * @param ended - told when it ends by itself
   */
  constructor(command: readonly string[], env: Readonly<Record<string, string>>, ended: (code: number) => void) {
    this.#command = command
    this.#env = env
    this.#ended = ended
  }

  start(): void {
    const [program, ...args] = this.#command
    if (program === undefined) return
    this.#isKilled = false
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...this.#env },
    })
    this.#process = child
    child.on('error', (error) => {
      console.error(`${program} could not be started: ${error.message}`)
      this.#ended(1)
    })
    child.on('exit', (code) => {
      if (this.#isKilled) return this.start()
      return this.#ended(code ?? 1)
    })
  }

  /** SIGKILL; it is started again as soon as it is gone. */
  kill(): void {
    this.#isKilled = true
    this.#process?.kill('SIGKILL')
  }

  stop(): void {
    this.#process?.removeAllListeners('exit')
    this.#process?.kill('SIGTERM')
  }
}
