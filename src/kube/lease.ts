/**
 * Leader election over a Lease, with client-go's semantics. It does not fence: a replica that lost the Lease without noticing
 * may act until its own clock says that its time is over. Safety comes from the preconditions of every write, not from here.
 * Only the local monotonic clock is trusted: how long ago the record changed is measured from when it was seen to change.
 */
import type { KubeObject } from '../api/meta.ts'
import type { Clock } from '../std/clock.ts'
import type { Logger } from '../std/log.ts'
import { milliseconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { KubeError } from './errors.ts'
import { Resource } from './resource.ts'
import type { Transport } from './transport.ts'

interface LeaseObject extends KubeObject {
  readonly spec: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

export interface ElectorOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly namespace: string
  readonly name: string
  readonly identity: string
  readonly leaseDuration: Duration
  readonly renewDeadline: Duration
  readonly retryPeriod: Duration
}

export interface Election {
  /** Called once, when the Lease is ours; must end soon after its signal is aborted. */
  readonly onStarted: (signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

const leaseKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
} as const

export class Elector {
  readonly #options: ElectorOptions
  readonly #leases: Resource<LeaseObject>
  /** The record as last seen, and when it was seen to change. */
  #observed: { readonly record: string; readonly at: Duration } | undefined

  constructor(options: ElectorOptions) {
    this.#options = options
    this.#leases = new Resource(options.transport, leaseKind)
  }

  /** @returns `stopped` when the signal ended it, `lost` when the Lease could not be kept */
  async run({ onStarted, signal }: Election): Promise<'stopped' | 'lost'> {
    const { log, name, identity } = this.#options
    if (!(await this.#acquire(signal))) return 'stopped'
    log.info('Lease acquired', { lease: name, identity })
    const leading = new AbortController()
    const work = onStarted(AbortSignal.any([signal, leading.signal]))
    const end = await Promise.race([this.#renewUntilLost(signal), work.then(() => 'stopped' as const)])
    leading.abort()
    await work
    if (end === 'stopped') await this.#release()
    else log.error('Lease lost', { lease: name })
    return end
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#tryOnce(signal)) return true
      await this.#pause(milliseconds(this.#options.retryPeriod * (1 + 0.2 * this.#options.random())), signal)
    }
    return false
  }

  async #renewUntilLost(signal: AbortSignal): Promise<'stopped' | 'lost'> {
    const { clock, renewDeadline, retryPeriod } = this.#options
    let renewed = clock.monotonic()
    while (!signal.aborted) {
      await this.#pause(retryPeriod, signal)
      if (signal.aborted) break
      if (await this.#tryOnce(signal)) renewed = clock.monotonic()
      else if (clock.monotonic() - renewed > renewDeadline) return 'lost'
    }
    return 'stopped'
  }

  /** Takes or renews the Lease if it may. @returns whether it is ours now */
  async #tryOnce(signal: AbortSignal): Promise<boolean> {
    const { namespace, name, retryPeriod, log } = this.#options
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1000, retryPeriod * 2))])
    try {
      const lease = await this.#leases.get({ namespace, name }, deadline)
      if (lease === undefined) {
        await this.#leases.create(
          {
            apiVersion: 'coordination.k8s.io/v1',
            kind: 'Lease',
            metadata: { namespace, name },
            spec: this.#record(undefined),
          },
          deadline,
        )
        return true
      }
      if (!this.#mayTake(lease)) return false
      const patch = { metadata: { resourceVersion: lease.metadata.resourceVersion }, spec: this.#record(lease) }
      await this.#leases.mergePatch({ namespace, name }, patch, deadline)
      return true
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      if (error.reason !== 'conflict' && error.reason !== 'alreadyExists' && !signal.aborted)
        log.warn('the Lease could not be reached', { lease: name, reason: error.message })
      return false
    }
  }

  #mayTake({ spec, metadata }: LeaseObject): boolean {
    const { clock, identity, leaseDuration } = this.#options
    const holder = spec.holderIdentity ?? ''
    if (holder === '' || holder === identity) return true
    const record = `${metadata.resourceVersion}`
    if (this.#observed?.record !== record) this.#observed = { record, at: clock.monotonic() }
    const theirs = milliseconds((spec.leaseDurationSeconds ?? leaseDuration / 1000) * 1000)
    return clock.monotonic() - this.#observed.at > theirs
  }

  #record(lease: LeaseObject | undefined): LeaseObject['spec'] {
    const { clock, identity, leaseDuration } = this.#options
    const now = microTime(clock.now())
    const isOurs = lease?.spec.holderIdentity === identity
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.round(leaseDuration / 1000)),
      acquireTime: isOurs ? (lease.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (lease?.spec.leaseTransitions ?? 0) + (isOurs || lease === undefined ? 0 : 1),
    }
  }

  /** Gives the Lease up, so that the next replica need not wait for it to run out. */
  async #release(): Promise<void> {
    const { namespace, name, identity, log } = this.#options
    try {
      const signal = AbortSignal.timeout(3000)
      const lease = await this.#leases.get({ namespace, name }, signal)
      if (lease?.spec.holderIdentity !== identity) return
      const patch = {
        metadata: { resourceVersion: lease.metadata.resourceVersion },
        spec: { holderIdentity: '', leaseDurationSeconds: 1 },
      }
      await this.#leases.mergePatch({ namespace, name }, patch, signal)
    } catch (error) {
      log.warn('the Lease could not be given up; it will run out', { lease: name, error })
    }
  }

  #pause(wait: Duration, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = this.#options.clock.after(wait, end)
      signal.addEventListener('abort', end, { once: true })
    })
  }
}

/** metav1.MicroTime wants six fractional digits; with three the API server answers 400. */
const microTime = (at: number): string => new Date(at).toISOString().replace('Z', '000Z')
