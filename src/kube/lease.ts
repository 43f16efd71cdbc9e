/**
 * Leader election over a Lease, with client-go's semantics. It does not fence: a replica that lost the Lease without noticing
 * may act until its own clock says that its time is over. Safety comes from the preconditions of every write, not from here.
 * Only the local monotonic clock is trusted: how long ago the record changed is measured from when it was seen to change.
 */
import type { Clock } from '../std/clock.ts'
import { startDeadline } from '../std/deadline.ts'
import type { Logger } from '../std/log.ts'
import { milliseconds, seconds, toMicroTime } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { KubeError } from './errors.ts'
import { LeaseWatch, leaseKind, leaseType } from './leaseobject.ts'
import type { LeaseObject } from './leaseobject.ts'
import { pause } from './pause.ts'
import { Resource } from './resource.ts'
import type { Transport } from './transport.ts'

export interface ElectorOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly namespace: string
  readonly name: string
  readonly identity: string
  /** What the Lease is to be found by. */
  readonly labels?: Readonly<Record<string, string>>
  readonly leaseDuration: Duration
  readonly renewDeadline: Duration
  readonly retryPeriod: Duration
}

/** Why work must end that another may have begun already: nothing of it is to be finished. */
export class LeaseLost extends Error {
  constructor() {
    super('the Lease is lost: another may act by now')
  }
}

export interface Election {
  /** Called once, when the Lease is ours; must end soon after its signal is aborted, at once where the reason is {@link LeaseLost}. */
  readonly onStarted: (signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

export class Elector {
  readonly #options: ElectorOptions
  readonly #leases: Resource<LeaseObject>
  readonly #watch: LeaseWatch

  #lastTrouble = ''

  constructor(options: ElectorOptions) {
    this.#options = options
    this.#leases = new Resource(options.transport, leaseKind)
    this.#watch = new LeaseWatch(options.clock, options.leaseDuration)
  }

  /**
   * Waits for the Lease, then does the work, and keeps the Lease until the work has ended, not only until it was told to.
   *
   * @returns `stopped` when the signal or the work itself ended it, `lost` when the Lease could not be kept
   * @throws what the work throws, after the Lease has been given up
   */
  async run({ onStarted, signal }: Election): Promise<'stopped' | 'lost'> {
    const { log, name, identity } = this.#options
    const acquired = await this.#acquire(signal)
    if (acquired === undefined) return 'stopped'
    log.info('Lease acquired', { lease: name, identity })
    const leading = new AbortController()
    const holding = new AbortController()
    const end = (): void => leading.abort()
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    const told = (kept: 'kept' | 'lost'): typeof kept => {
      if (kept === 'lost') leading.abort(new LeaseLost())
      return kept
    }
    const keeping = this.#keep(acquired, holding.signal).then(told).finally(end)
    try {
      await onStarted(leading.signal)
    } finally {
      signal.removeEventListener('abort', end)
      holding.abort()
      if ((await keeping) === 'kept') await this.#release()
    }
    if ((await keeping) === 'kept') return 'stopped'
    log.error('Lease lost', { lease: name })
    return 'lost'
  }

  /** @returns when the try that took the Lease began; undefined when the signal ended the waiting */
  async #acquire(signal: AbortSignal): Promise<Duration | undefined> {
    const { clock, retryPeriod, random } = this.#options
    while (!signal.aborted) {
      const began = clock.monotonic()
      if ((await this.#tryOnce(signal, this.#tryLength())) === 'ours') return began
      await pause(clock, milliseconds(retryPeriod * (1 + 0.2 * random())), signal)
    }
    return undefined
  }

  /**
   * Renews until the signal is aborted. The time that is left counts from the beginning of the last try that succeeded: the
   * record may have been written at any moment after that, and others count from there. A try that took longer than the
   * period is followed by another one at once: a server that is slow today may answer it, and little time is left.
   */
  async #keep(acquired: Duration, signal: AbortSignal): Promise<'kept' | 'lost'> {
    const { clock, renewDeadline, retryPeriod } = this.#options
    let began = acquired
    let ends = acquired + renewDeadline
    const left = (): number => ends - clock.monotonic()
    while (!signal.aborted && left() > 0) {
      const wait = Math.min(began + retryPeriod - clock.monotonic(), left())
      if (wait > 0) await pause(clock, milliseconds(wait), signal)
      if (signal.aborted) return 'kept'
      // Also after a long pause of the process or the machine: somebody else may act by now.
      if (left() <= 0) return 'lost'
      began = clock.monotonic()
      const answer = await this.#tryOnce(signal, milliseconds(Math.min(this.#tryLength(), left())))
      if (answer === 'theirs') return 'lost'
      if (answer === 'ours') ends = began + renewDeadline
    }
    return signal.aborted ? 'kept' : 'lost'
  }

  #tryLength(): Duration {
    return milliseconds(Math.max(1000, this.#options.retryPeriod * 2))
  }

  /** Takes or renews the Lease if it may. @returns whose it is now, as far as that could be found out */
  async #tryOnce(parent: AbortSignal, length: Duration): Promise<'ours' | 'theirs' | 'unknown'> {
    const { name, log, clock } = this.#options
    const deadline = startDeadline({ clock, length, sentence: 'no answer in time', parent })
    try {
      const answer = await this.#takeOrRenew(deadline.signal)
      this.#lastTrouble = ''
      return answer
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      const isRace = error.reason === 'conflict' || error.reason === 'alreadyExists'
      if (!isRace && !parent.aborted && this.#lastTrouble !== error.message)
        log.warn('the Lease could not be reached', { lease: name, reason: error.message })
      this.#lastTrouble = isRace ? '' : error.message
      return 'unknown'
    } finally {
      deadline.end()
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<'ours' | 'theirs'> {
    const { namespace, name, labels } = this.#options
    const marks = labels === undefined ? {} : { labels }
    const lease = await this.#leases.get({ namespace, name }, signal)
    if (lease === undefined) {
      const metadata = { namespace, name, ...marks }
      const spec = this.#record(undefined)
      await this.#leases.create({ ...leaseType, metadata, spec }, signal)
      return 'ours'
    }
    if (!this.#mayTake(lease)) return 'theirs'
    const { resourceVersion } = lease.metadata
    const patch = { metadata: { resourceVersion, ...marks }, spec: this.#record(lease) }
    await this.#leases.mergePatch({ namespace, name }, patch, signal)
    return 'ours'
  }

  #mayTake(lease: LeaseObject): boolean {
    const { identity } = this.#options
    const holder = lease.spec.holderIdentity ?? ''
    return holder === '' || holder === identity || !this.#watch.isAlive(lease)
  }

  #record(lease: LeaseObject | undefined): LeaseObject['spec'] {
    const { clock, identity, leaseDuration } = this.#options
    const now = toMicroTime(clock.now())
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
    const { name, log, clock } = this.#options
    const deadline = startDeadline({ clock, length: seconds(3), sentence: 'no answer within 3 s' })
    try {
      await this.#clear(deadline.signal).catch((error: unknown) => {
        // A renewal that was cut short may have been written in between.
        if (error instanceof KubeError && error.reason === 'conflict') return this.#clear(deadline.signal)
        throw error
      })
    } catch (error) {
      log.warn('the Lease could not be given up; it will run out', { lease: name, error })
    } finally {
      deadline.end()
    }
  }

  async #clear(signal: AbortSignal): Promise<void> {
    const { namespace, name, identity } = this.#options
    const lease = await this.#leases.get({ namespace, name }, signal)
    if (lease?.spec.holderIdentity !== identity) return
    const { resourceVersion } = lease.metadata
    const patch = { metadata: { resourceVersion }, spec: { holderIdentity: '', leaseDurationSeconds: 1 } }
    await this.#leases.mergePatch({ namespace, name }, patch, signal)
  }
}
