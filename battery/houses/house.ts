/** A CA that runs behind a fault proxy: what the battery needs to know of each protocol. */
import type { Partition } from '../faults/partition.ts'
import type { Passed } from '../faults/httpproxy.ts'
import type { Plan } from '../faults/plan.ts'
import type { Ledger } from '../observer/observer.ts'

export interface House {
  readonly protocol: string
  /** Of the Issuer. */
  readonly spec: Readonly<Record<string, object>>
  /** Secrets that the Issuer reads, by name. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What is secret in them. */
  readonly words: readonly string[]
  /** Of each Certificate. */
  readonly privateKey: Readonly<Record<string, unknown>>
  readonly flags: readonly string[]
  /**
   * How a certificate comes to be revoked: by an order that has it replaced first, only when its Certificate is deleted (a
   * server that wants the signature of what goes refuses once that is replaced), or by no way at all.
   */
  readonly revokes: 'order' | 'deletion' | 'never'
  /** What requests to the CA meet. */
  readonly plan: Plan
  /** Requests to the CA so far. */
  readonly passed: readonly Passed[]
  readonly partition: Partition | undefined
  /** The log of the CA; undefined where the operator itself is the CA. */
  readonly ledger: Ledger | undefined
  /** From now on the CA lets requests wait, and is polled; or answers at once. */
  readonly keepsWaiting: (waits: boolean) => void
  stop(): Promise<void>
}

export interface HouseOptions {
  /** SIGKILL to the operator. */
  readonly kill: () => void
}
