/** The tool: from the words of a command line to an exit code. */
import type { Clock } from '../std/clock.ts'
import { version } from '../version.ts'
import { readArguments } from './arguments.ts'
import type { Asked } from './arguments.ts'
import { runInCluster } from './cluster/run.ts'
import { complete, completionLines } from './completion.ts'
import { endWith } from './ending.ts'
import { enroll } from './enroll.ts'
import { exitCodes } from './exitcodes.ts'
import type { ExitCode } from './exitcodes.ts'
import { fileTrouble } from './files.ts'
import { cliHelp } from './flags.ts'
import { formatAmong, formatOf } from './outputs.ts'
import type { UsualOutput } from './outputs.ts'
import { testPolicies } from './policy.ts'
import { probe } from './probe.ts'
import { completionScript } from './shells.ts'
import { Terminal } from './terminal.ts'
import type { Streams } from './terminal.ts'
import type { World } from './world.ts'

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
    const terminal = new Terminal(machine, { format: formatAmong(argv), verbose: false })
    return endWith(terminal, { kind: 'complaint', message: asked.error })
  }
  switch (asked.value.kind) {
    case 'help':
      machine.stdout(cliHelp(asked.value.command))
      return exitCodes.fine
    case 'version':
      tellVersion(asked.value.output, machine)
      return exitCodes.fine
    case 'completion':
      machine.stdout(completionScript(asked.value.shell))
      return exitCodes.fine
    case 'complete':
      machine.stdout(`${completionLines(complete(asked.value.words)).join('\n')}\n`)
      return exitCodes.fine
    case 'cluster':
      return runInCluster(asked.value.options, worldOf(machine, asked.value.options))
    case 'policy':
      return testPolicies(asked.value.options, worldOf(machine, asked.value.options))
    default:
      return work(asked.value, machine)
  }
}

function worldOf(
  machine: Machine,
  { output, verbose = false }: { readonly output: string; readonly verbose?: boolean },
): World {
  const { clock, interrupted, readStdin } = machine
  const terminal = new Terminal(machine, { format: formatOf(output), verbose })
  return { clock, terminal, interrupted, readStdin }
}

async function work(asked: Extract<Asked, { kind: 'enroll' | 'probe' }>, machine: Machine): Promise<ExitCode> {
  const world = worldOf(machine, asked.options)
  const { terminal } = world
  try {
    return await (asked.kind === 'enroll' ? enroll(asked.options, world) : probe(asked.options, world))
  } catch (error) {
    const trouble = fileTrouble(error)
    if (trouble !== undefined) return endWith(terminal, { kind: 'complaint', message: trouble })
    terminal.logger().error('something unexpected happened', { error })
    return exitCodes.internal
  }
}

function tellVersion(output: UsualOutput, machine: Machine): void {
  const { node } = process.versions
  const line = output === 'wide' ? `${version} (Node.js ${node})` : version
  worldOf(machine, { output }).terminal.result({ version, node }, [line])
}
