#!/usr/bin/env node
/** kubectl-perennial: the process around {@link runCli}. */
import { systemClock } from '../runtime/clock.ts'
import { exitCodes } from './exitcodes.ts'
import { runCli } from './run.ts'
import { FileTooLarge, collect } from '../std/file.ts'

const interruption = new AbortController()

/** The first Ctrl-C ends the run in order, the second one at once. */
function interrupt(): void {
  if (interruption.signal.aborted) process.exit(exitCodes.interrupted)
  interruption.abort()
}

// Whoever reads may stop reading, as head does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt)

/** Bytes; what reads less looks at that itself. */
const mostOfStdin = 4 * 1024 * 1024

async function readStdin(): Promise<Uint8Array> {
  const bytes = await collect(process.stdin, mostOfStdin)
  if (bytes === undefined) throw new FileTooLarge('standard input', mostOfStdin)
  return bytes
}

process.exitCode = await runCli(process.argv.slice(2), {
  clock: systemClock,
  interrupted: interruption.signal,
  readStdin,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
})
