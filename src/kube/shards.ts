/**
 * Keeps this replica's part of the shards. Like leader election it does not fence: a replica that stood still may act a moment longer
 * than it should. Safety comes from the preconditions of every write, not from here; what this gives is that work is done once, by
 * somebody who lives. See docs/adr/0021.
 *
 *   live ──► member Lease ours ──► every round: read all Leases, plan, take what is free, give up what is too much
 *                  │                    give up = stop taking keys in ── work under way is done ── release the Lease
 *                  └─ lost ──► everything ends
 */
import { startDeadline } from '../std/deadline.ts'
import { planShards } from '../std/shards.ts'
import { milliseconds, seconds } from '../std/time.ts'
import { KubeError } from './errors.ts'
import { Elector, LeaseLost } from './lease.ts'
import { pause } from './pause.ts'
import { ShardLeases, memberName, shardsLabel } from './shardtable.ts'
import type { ShardOptions, ShardTable } from './shardtable.ts'

export interface Sharing {
  /** Works on the shards that it is told of; must end soon after its signal is aborted, at once where the reason is {@link LeaseLost}. */
  readonly onStarted: (signal: AbortSignal) => Promise<void>
  readonly gain: (shard: number) => void
  /** Resolves when nothing of the shard is under way any more: its Lease is kept until then. */
  readonly lose: (shard: number) => Promise<void>
  readonly signal: AbortSignal
}

/** `leaving`: given up as soon as its work is done. `left`: it is. */
type Holding = 'active' | 'leaving' | 'left'

export class ShardKeeper {
  readonly #options: ShardOptions
  readonly #leases: ShardLeases
  readonly #elector: Elector
  readonly #held = new Map<number, Holding>()
  #nudge = new AbortController()
  #lastTrouble = ''
  #isTaken = false

  constructor(options: ShardOptions) {
    this.#options = options
    this.#leases = new ShardLeases(options)
    const labels = { [shardsLabel]: String(options.shards) }
    this.#elector = new Elector({ ...options, labels, name: memberName(options.name, options.identity) })
  }

  /**
   * @returns `stopped` when the signal ended it, `lost` when this replica was taken for dead
   * @throws what the work throws, after everything has been given up
   */
  async run(sharing: Sharing): Promise<'stopped' | 'lost'> {
    const end = await this.#elector.run({ signal: sharing.signal, onStarted: (signal) => this.#share(sharing, signal) })
    return this.#isTaken ? 'lost' : end
  }

  async #share(sharing: Sharing, signal: AbortSignal): Promise<void> {
    const ending = new AbortController()
    const end = (): void => ending.abort(this.#isTaken ? new LeaseLost() : signal.reason)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    const rounds = this.#rounds(sharing, ending.signal).finally(end)
    try {
      await sharing.onStarted(ending.signal)
    } finally {
      end()
      await rounds
      await this.#releaseAll()
    }
  }

  async #rounds(sharing: Sharing, signal: AbortSignal): Promise<void> {
    const { clock, retryPeriod, random } = this.#options
    signal.addEventListener('abort', () => this.#nudge.abort(), { once: true })
    while (!signal.aborted) {
      this.#nudge = new AbortController()
      await this.#round(sharing, signal)
      if (signal.aborted || this.#isTaken) return
      await pause(clock, milliseconds(retryPeriod * (1 + 0.2 * random())), this.#nudge.signal)
    }
  }

  /** What cannot be asked now is asked in the next round: as long as our own Lease is renewed, everything we hold stays ours. */
  async #round(sharing: Sharing, parent: AbortSignal): Promise<void> {
    const { clock, log, name, retryPeriod } = this.#options
    const length = milliseconds(Math.max(1000, retryPeriod * 2))
    const deadline = startDeadline({ clock, length, sentence: 'no answer in time', parent })
    try {
      const table = await this.#leases.read(deadline.signal)
      if (!parent.aborted) await this.#follow(table, sharing, deadline.signal)
      this.#lastTrouble = ''
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      if (!parent.aborted && this.#lastTrouble !== error.message)
        log.warn('the Leases of the shards could not be reached', { lease: name, reason: error.message })
      this.#lastTrouble = error.message
    } finally {
      deadline.end()
    }
  }

  async #follow(table: ShardTable, sharing: Sharing, signal: AbortSignal): Promise<void> {
    const { identity: me, shards, log } = this.#options
    if (this.#wasTaken(table)) return
    if ([...this.#held.values()].includes('left')) return this.#releaseLeft(table, signal)
    if (!table.isOurTurn) return this.#giveUp([...this.#held.keys()], sharing)
    // Of an earlier life under the same name, or of a try whose answer was lost.
    for (const [shard, holder] of table.holders)
      if (holder === me && !this.#held.has(shard)) this.#start(shard, sharing)
    const { take, give } = planShards({ shards, me, members: table.members, holders: table.holders })
    this.#giveUp(give, sharing)
    for (const shard of take)
      if (await this.#leases.take(shard, table.leases.get(shard), signal)) this.#start(shard, sharing)
    if (take.length + give.length > 0)
      log.info('shards changed hands', { holds: this.#active().join(' '), replicas: table.members.length })
  }

  /** Somebody took us for dead. Only a restart is known to be clean. */
  #wasTaken({ leases }: ShardTable): boolean {
    const { identity, log } = this.#options
    const taken = [...this.#held.keys()].find((shard) => leases.get(shard)?.spec.holderIdentity !== identity)
    if (taken === undefined) return false
    log.error('the Lease of a shard was taken by another replica', { shard: taken })
    this.#isTaken = true
    return true
  }

  #start(shard: number, { gain }: Sharing): void {
    this.#held.set(shard, 'active')
    gain(shard)
  }

  #giveUp(shards: readonly number[], { lose }: Sharing): void {
    for (const shard of shards) {
      if (this.#held.get(shard) !== 'active') continue
      this.#held.set(shard, 'leaving')
      void lose(shard).then(() => {
        this.#held.set(shard, 'left')
        this.#nudge.abort()
      })
    }
  }

  /** The rest is planned anew from what is so then, at once. */
  async #releaseLeft({ leases }: ShardTable, signal: AbortSignal): Promise<void> {
    for (const [shard, holding] of this.#held) {
      const lease = leases.get(shard)
      if (holding !== 'left' || lease === undefined) continue
      if (await this.#leases.release(lease, signal)) this.#held.delete(shard)
    }
    this.#nudge.abort()
  }

  #active(): readonly number[] {
    return [...this.#held]
      .flatMap(([shard, holding]) => (holding === 'active' ? [shard] : []))
      .toSorted((a, b) => a - b)
  }

  /** The next holders need not wait for us to be dead. */
  async #releaseAll(): Promise<void> {
    const { clock, log, name, identity } = this.#options
    const deadline = startDeadline({ clock, length: seconds(3), sentence: 'no answer within 3 s' })
    try {
      const { leases } = await this.#leases.read(deadline.signal)
      const ours = [...leases.values()].filter(({ spec }) => spec.holderIdentity === identity)
      await Promise.all(ours.map((lease) => this.#leases.release(lease, deadline.signal)))
    } catch (error) {
      log.warn('the shards could not be given up; others take them once this replica counts as dead', {
        lease: name,
        error,
      })
    } finally {
      deadline.end()
      this.#held.clear()
    }
  }
}
