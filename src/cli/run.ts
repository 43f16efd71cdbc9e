/** The tool without a cluster: from the words of a command line to an exit code. */
import type { Clock } from '../std/clock.ts'
import { version } from '../version.ts'
import { readArguments } from './arguments.ts'
import type { Asked, Format } from './arguments.ts'
import { endWith } from './ending.ts'
import { enroll } from './enroll.ts'
import { exitCodes } from './exitcodes.ts'
import type { ExitCode } from './exitcodes.ts'
import { fileTrouble } from './files.ts'
import { cliHelp } from './flags.ts'
import { probe } from './probe.ts'
import { Terminal } from './terminal.ts'
import type { Streams } from './terminal.ts'

/** What of the process a run may use. */
export interface Machine extends Streams {
  readonly clock: Clock
  readonly interrupted: AbortSignal
  readonly readStdin: () => Promise<Uint8Array>
}

/** @param argv - the words after the program's name */
export async function runCli(argv: readonly string[], machine: Machine): Promise<ExitCode> {
  const asked = readArguments(argv)
  if (!asked.ok) {
    const format: Format = /(?:^| )--format[= ]json(?: |$)/.test(argv.join(' ')) ? 'json' : 'text'
    return endWith(new Terminal(machine, { format, verbose: false }), { kind: 'complaint', message: asked.error })
  }
  switch (asked.value.kind) {
    case 'help':
      machine.stdout(cliHelp(asked.value.command))
      return exitCodes.fine
    case 'version':
      machine.stdout(`${version}\n`)
      return exitCodes.fine
    default:
      return work(asked.value, machine)
  }
}

async function work(asked: Extract<Asked, { kind: 'enroll' | 'probe' }>, machine: Machine): Promise<ExitCode> {
  const { clock, interrupted, readStdin } = machine
  const terminal = new Terminal(machine, asked.options)
  const world = { clock, terminal, interrupted, readStdin }
  try {
    return await (asked.kind === 'enroll' ? enroll(asked.options, world) : probe(asked.options, world))
  } catch (error) {
    const trouble = fileTrouble(error)
    if (trouble !== undefined) return endWith(terminal, { kind: 'complaint', message: trouble })
    terminal.logger().error('something unexpected happened', { error })
    return exitCodes.internal
  }
}
