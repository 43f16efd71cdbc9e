/** What a Lease looks like, and whether who holds one still lives. */
import type { KubeObject } from '../api/meta.ts'
import type { Clock } from '../std/clock.ts'
import { milliseconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'

export interface LeaseObject extends KubeObject {
  readonly spec: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

export const leaseKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
} as const

export const leaseType = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } as const

/**
 * Only the local monotonic clock is trusted, never the times in a Lease: how long ago a record changed is measured from when it was
 * seen to change, so a record that is seen for the first time is taken for a fresh one.
 */
export class LeaseWatch {
  readonly #clock: Clock
  readonly #usual: Duration
  /** By name: the record as last seen, and when it was seen to change. */
  readonly #observed = new Map<string, { readonly record: string; readonly at: Duration }>()

  /** @param usual - how long a Lease is good that does not say so itself */
  constructor(clock: Clock, usual: Duration) {
    this.#clock = clock
    this.#usual = usual
  }

  /** Whether somebody holds the Lease, and renewed it less than its duration ago as far as was seen here. */
  isAlive(lease: LeaseObject): boolean {
    const { spec } = lease
    if ((spec.holderIdentity ?? '') === '') return false
    const length = milliseconds((spec.leaseDurationSeconds ?? this.#usual / 1000) * 1000)
    return this.age(lease) <= length
  }

  /** How long ago the record was seen to change. */
  age({ metadata }: LeaseObject): Duration {
    const record = `${metadata.resourceVersion}`
    const known = this.#observed.get(metadata.name)
    const observed = known?.record === record ? known : { record, at: this.#clock.monotonic() }
    this.#observed.set(metadata.name, observed)
    return milliseconds(this.#clock.monotonic() - observed.at)
  }

  /** @param names - of the Leases that there are; others are no longer remembered */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#observed.keys()) if (!names.has(name)) this.#observed.delete(name)
  }
}
