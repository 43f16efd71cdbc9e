import type { Clock } from '../std/clock.ts'
import type { Terminal } from './terminal.ts'

/** What a command gets of the process. */
export interface World {
  readonly clock: Clock
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal
  /** Reads standard input to its end. */
  readonly readStdin: () => Promise<Uint8Array>
}
