/** Runs a command of the project and keeps what it says. */
import { spawn } from 'node:child_process'

export interface Ended {
  readonly ok: boolean
  /** What it wrote to standard output and standard error, in the order it came. */
  readonly output: string
}

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Ends it, and has `run` reject. */
  readonly signal?: AbortSignal
  /** Told everything it writes as it comes, beside its being kept. */
  readonly onOutput?: (text: string) => void
}

/** @returns how it ended; rejects only when it cannot be started, or is ended by the signal */
export function run({ command, args, env = {}, signal, onOutput = () => undefined }: Command): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], signal })
    const said: string[] = []
    const hear = (chunk: string): void => {
      said.push(chunk)
      onOutput(chunk)
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.on('error', reject)
    child.on('close', (code) => resolve({ ok: code === 0, output: said.join('') }))
  })
}
