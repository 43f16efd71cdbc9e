/** What a run of the battery found. */
import type { World } from './world.ts'

/** A line of the table of results. */
export interface Row {
  /** For example R1. */
  readonly id: string
  readonly what: string
  readonly often: string
  readonly found: string
  /** Promises that were broken, each in a sentence; none is what must be. */
  readonly lost: readonly string[]
}

/** Everything that the observer objects to, once all has come to rest. */
export async function breaches({ observer, operator }: World): Promise<readonly string[]> {
  observer.atRest(`${operator.printed()}\n${await operator.running.metrics()}`)
  return [...observer.broken, ...operator.breakdowns]
}

/** A run that breaks off has shown nothing, and says why. */
export function brokenOff(id: string, error: unknown): Row {
  const why = error instanceof Error ? error.message : String(error)
  return { id, what: 'broken off', often: '', found: '', lost: [why] }
}
