/** What the thread of a target is told, and what it tells. */
import type { Finding } from './trial.ts'

export interface Job {
  /** Path of the instrumented target. */
  readonly program: string
  readonly counters: number
  readonly words: readonly Uint8Array[]
  readonly corpus: readonly Uint8Array[]
  readonly seed: number
  /** When to stop; whichever comes first. */
  readonly executions: number
  readonly seconds: number
  /** {@link slateHead} octets, then room for the longest input. */
  readonly shared: SharedArrayBuffer
}

export type Report =
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'progress'; readonly counts: Counts }
  | { readonly kind: 'end'; readonly counts: Counts; readonly favoured: readonly Uint8Array[] }

export interface Counts {
  readonly executions: number
  readonly seconds: number
  readonly corpus: number
  readonly features: number
  readonly branches: number
}

/** Octets at the front of what is shared: how many executions have begun, and how long the input is that follows. */
export const slateHead = 8
