import { shardOf } from '../std/shards.ts'

/** Which part of the work is for this process to do. */
export interface Ownership {
  /** @param text - what decides where the work belongs, for example `namespace/name` */
  owns(text: string): boolean
  /** The part of all work that is done here: more than 0, at most 1. */
  readonly share: number
}

export interface ShardWatcher {
  /** The shard is ours: its work begins. */
  gained(shard: number): void
  /** The shard is no longer ours. Resolves when nothing of it is under way. */
  lost(shard: number): Promise<void>
}

/** The shards that this process holds, as told by who keeps their Leases. */
export class HeldShards implements Ownership {
  readonly #shards: number
  readonly #held = new Set<number>()
  readonly #watchers = new Set<ShardWatcher>()

  /** @param shards - how many there are */
  constructor(shards: number) {
    this.#shards = shards
  }

  owns(text: string): boolean {
    return this.#held.has(shardOf(text, this.#shards))
  }

  /** Never nothing: what is divided by it stays a number. */
  get share(): number {
    return Math.max(1, this.#held.size) / this.#shards
  }

  /** Every shard, held or not. */
  *samples(): Generator<{ readonly shard: number; readonly isHeld: boolean }> {
    for (let shard = 0; shard < this.#shards; shard++) yield { shard, isHeld: this.#held.has(shard) }
  }

  /** Who comes late is told of what is held already. */
  watch(watcher: ShardWatcher): () => void {
    this.#watchers.add(watcher)
    for (const shard of this.#held) watcher.gained(shard)
    return () => this.#watchers.delete(watcher)
  }

  gain(shard: number): void {
    this.#held.add(shard)
    for (const watcher of this.#watchers) watcher.gained(shard)
  }

  async lose(shard: number): Promise<void> {
    this.#held.delete(shard)
    await Promise.all([...this.#watchers].map((watcher) => watcher.lost(shard)))
  }
}
