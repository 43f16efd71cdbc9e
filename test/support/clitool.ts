/** `kubectl perennial` as a user runs it: a process of its own, with files and standard input, output and error. */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { runCli as runTool } from '../../src/cli/run.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { programOf } from './program.ts'
import { scratchDirectory } from './scratch.ts'

export interface CliEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliRun {
  readonly ended: Promise<CliEnd>
  /** Resolves once standard error has the text; rejects when the run ends without it. */
  said(text: string): Promise<void>
  signal(name: NodeJS.Signals): void
}

/** A run that is longer than this hangs. */
const longest = 60_000

export function startCli(args: readonly string[], stdin = ''): CliRun {
  const program = programOf('dist/kubectl-perennial', 'src/cli/main.ts')
  const child = spawn(process.execPath, [...program, ...args], {
    stdio: 'pipe',
    timeout: longest,
    killSignal: 'SIGKILL',
  })
  let [stdout, stderr] = ['', '']
  const listeners = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const listener of listeners) listener()
  })
  child.stdin.on('error', () => undefined).end(stdin)
  const ended = new Promise<CliEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  return {
    ended,
    signal: (name) => void child.kill(name),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!stderr.includes(text)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        ended.then(() => reject(new Error(`it ended without "${text}":\n${stderr}${stdout}`)), reject)
      }),
  }
}

export const runCli = (args: readonly string[], stdin?: string): Promise<CliEnd> => startCli(args, stdin).ended

/** The same within this process, where nothing is at stake but what is said and how it ends. */
export async function runInProcess(args: readonly string[], stdin = ''): Promise<CliEnd> {
  let [stdout, stderr] = ['', '']
  const code = await runTool(args, {
    clock: systemClock,
    interrupted: new AbortController().signal,
    readStdin: () => Promise.resolve(Buffer.from(stdin)),
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
  })
  return { code, stdout, stderr }
}

/** Manifests and output directories of one test, gone after it. */
export class CliDesk {
  readonly #scratch = scratchDirectory('cli')
  readonly out: string

  constructor() {
    this.out = join(this.#scratch.path, 'out')
  }

  /** Writes objects into one file. @returns its path */
  file(name: string, ...objects: readonly unknown[]): string {
    const path = join(this.#scratch.path, name)
    writeFileSync(path, objects.map((object) => stringify(object)).join('---\n'))
    return path
  }

  read(file: string): string {
    return readFileSync(join(this.out, file), 'utf8')
  }

  /** Puts a file of somebody else's into the output directory. */
  plant(file: string, text: string): void {
    mkdirSync(this.out, { recursive: true })
    writeFileSync(join(this.out, file), text)
  }

  files(): readonly string[] {
    return readdirSync(this.out).sort()
  }

  /** Permissions, for example 0o600. */
  mode(file: string): number {
    return statSync(join(this.out, file)).mode & 0o777
  }

  remove(): void {
    this.#scratch.remove()
  }
}

export const issuer = (name: string, spec: object): object => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Issuer',
  metadata: { name },
  spec,
})

export const secret = (name: string, stringData: Readonly<Record<string, string>>): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
})

/** @param spec - beyond secretName and issuerRef */
export const certificate = (name: string, from: string, spec: object): object => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: { name },
  spec: { secretName: `${name}-tls`, issuerRef: { name: from }, ...spec },
})
