/**
 * Child processes that never outlive their parent.
 *
 * Each child leads a process group of its own, so that a Ctrl-C at the terminal reaches only us and we stop things in order.
 * The price is that nobody stops them if we are killed. So each has a guard, a shell that blocks on a pipe from us: the kernel
 * closes the pipe when we die, however we die, and the guard kills the group and removes its directories.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ProcessOptions {
  /** For messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Everything the process writes goes here. */
  readonly logFile: string
  /** In addition to our own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Directories that go when we are killed before we could remove them. */
  readonly leftovers?: readonly string[]
  /** Asked again and again until it says yes; a rejection counts as no. Without it the process is ready when it has started. */
  readonly isReady?: () => Promise<boolean>
  /** Milliseconds; 30 seconds by default. */
  readonly readyWithin?: number
  /** What it gets to end by itself, in milliseconds, before it is killed; 10 seconds by default. */
  readonly stopWithin?: number
}

export interface RunningProcess {
  readonly pid: number
  /** Resolves when the process is gone. */
  readonly exited: Promise<Exit>
  /** The end of what it wrote. */
  tail(lines?: number): string
  signal(name: NodeJS.Signals): void
  /** Asks it to end, and insists. Safe to call twice. */
  stop(): Promise<void>
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Milliseconds between two questions whether a process is ready. */
const questionInterval = 40

/** Blocks until the pipe is closed; `done` means that there is nothing left to kill. */
const guardScript = `
read -r pid || exit 0
read -r word && [ "$word" = done ] && exit 0
kill -s TERM -- "-$pid" 2>/dev/null && sleep 2
kill -s KILL -- "-$pid" 2>/dev/null
[ $# -eq 0 ] || rm -rf -- "$@"
`

/**
 * Starts a process and waits until it is ready.
 *
 * @throws with the end of its log when it ends or is not ready in time
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const running = launch(options)
  try {
    if (options.isReady !== undefined) await readiness(options, options.isReady, running)
    return running
  } catch (error) {
    await running.stop()
    throw error
  }
}

function launch(options: ProcessOptions): RunningProcess {
  const { name, command, args, logFile, cwd } = options
  mkdirSync(dirname(logFile), { recursive: true })
  const guard = startGuard(options.leftovers ?? [])
  const log = openSync(logFile, 'a')
  const env = { ...process.env, ...options.env }
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  const { pid } = child
  const exited = exitOf(child)
  const tail = (lines = 20): string => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  if (pid === undefined) {
    guard.release()
    // The reason comes with the 'error' event, which rejects this promise.
    return { pid: 0, exited, tail, signal: () => undefined, stop: () => Promise.resolve() }
  }
  guard.watch(pid)
  const freed = exited.then(guard.release, guard.release)
  const signal = (what: NodeJS.Signals): void => signalGroup(pid, what)
  const stop = async (): Promise<void> => {
    await stopGroup({ name, pid, exited, grace: options.stopWithin ?? 10_000 })
    await freed
  }
  return { pid, exited, tail, signal, stop }
}

interface Guard {
  readonly watch: (pid: number) => void
  readonly release: () => void
}

function startGuard(leftovers: readonly string[]): Guard {
  const shell = spawn('/bin/sh', ['-c', guardScript, 'guard', ...leftovers], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // A guard that is gone already has nothing to be told.
  shell.stdin.on('error', () => undefined)
  shell.unref()
  return {
    watch: (pid) => void shell.stdin.write(`${pid}\n`),
    release: () => void shell.stdin.end('done\n'),
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', reject)
  })
  // Whoever asks gets the rejection; nobody has to ask.
  exited.catch(() => undefined)
  return exited
}

async function readiness(
  { name, readyWithin = 30_000 }: ProcessOptions,
  isReady: () => Promise<boolean>,
  running: RunningProcess,
): Promise<void> {
  const deadline = performance.now() + readyWithin
  let ended: Exit | undefined
  const end = running.exited.then((exit) => (ended = exit))
  while (!(await isReady().catch(() => false))) {
    await Promise.race([sleep(questionInterval), end])
    if (ended !== undefined) {
      throw new Error(`${name} ended (${ended.signal ?? ended.code}) instead of starting:\n${running.tail()}`)
    }
    if (performance.now() > deadline) {
      throw new Error(`${name} was not ready within ${readyWithin / 1000} s:\n${running.tail()}`)
    }
  }
}

interface Group {
  readonly name: string
  readonly pid: number
  readonly exited: Promise<Exit>
  readonly grace: number
}

async function stopGroup({ pid, exited, grace }: Group): Promise<void> {
  const insist = new AbortController()
  signalGroup(pid, 'SIGTERM')
  const impatient = sleep(grace, undefined, { signal: insist.signal }).then(
    () => signalGroup(pid, 'SIGKILL'),
    () => undefined,
  )
  await exited
  insist.abort()
  await impatient
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Errors of Node come from outside the world in which jest runs a test, so they are no instance of its Error. */
const isGone = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH'

/**
 * Ports of 127.0.0.1 that nobody listens on. They are all different, for all are held until the last one is known.
 *
 * @param count - how many
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(0, '127.0.0.1', resolve)
      })
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
