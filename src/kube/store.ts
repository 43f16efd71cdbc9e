/**
 * A cache of projections of one kind, by `namespace/name`.
 *
 * What our own writes returned is laid over it until the watch delivers that version or a later one for the same key:
 * otherwise a reconcile right after a write would see the world before it and do the work twice.
 */

export interface StoreOptions<P> {
  readonly indexes?: Readonly<Record<string, (projection: P) => readonly string[]>>
}

/** @param before - what was held until now, if anything */
type Listener<P> = (key: string, before: P | undefined) => void

export class Store<P extends { readonly resourceVersion: string }> {
  readonly #items = new Map<string, P>()
  readonly #indexes: Readonly<Record<string, (projection: P) => readonly string[]>>
  readonly #buckets = new Map<string, Map<string, Set<string>>>()
  readonly #listeners = new Set<Listener<P>>()
  /** Keys we deleted, with the version that was there: older news of them is no news. */
  readonly #deleted = new Map<string, string>()
  readonly synced: Promise<void>
  #markSynced: () => void = () => undefined
  #isSynced = false

  constructor(options: StoreOptions<P>) {
    this.#indexes = options.indexes ?? {}
    for (const name of Object.keys(this.#indexes)) this.#buckets.set(name, new Map())
    this.synced = new Promise((resolve) => (this.#markSynced = resolve))
  }

  get size(): number {
    return this.#items.size
  }

  get isSynced(): boolean {
    return this.#isSynced
  }

  get(key: string): P | undefined {
    return this.#items.get(key)
  }

  keys(): IterableIterator<string> {
    return this.#items.keys()
  }

  values(): IterableIterator<P> {
    return this.#items.values()
  }

  byIndex(name: string, value: string): readonly string[] {
    return [...(this.#buckets.get(name)?.get(value) ?? [])]
  }

  subscribe(listener: Listener<P>): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** From the watch or a list. Older than what we have, it changes nothing; our own write coming back wakes nobody. */
  put(key: string, projection: P): void {
    const had = this.#items.get(key)
    if (had !== undefined && !isNewer(projection.resourceVersion, had.resourceVersion)) return
    const deletedAt = this.#deleted.get(key)
    if (deletedAt !== undefined && !isNewer(projection.resourceVersion, deletedAt)) return
    this.#deleted.delete(key)
    this.#set(key, projection)
    this.#tell(key, had)
  }

  remove(key: string): void {
    this.#deleted.delete(key)
    const had = this.#items.get(key)
    if (this.#unset(key)) this.#tell(key, had)
  }

  /** The whole of a list: what is not in it is gone, unless we wrote it after the list was taken. */
  replaceAll(items: ReadonlyMap<string, P>, resourceVersion: string, covers: (key: string) => boolean): void {
    for (const [key, held] of [...this.#items])
      if (covers(key) && !items.has(key) && !isNewer(held.resourceVersion, resourceVersion)) this.remove(key)
    for (const [key, projection] of items) this.put(key, projection)
  }

  markSynced(): void {
    this.#isSynced = true
    this.#markSynced()
  }

  /** Lays the object that our own write returned over the cache. Tells nobody: who wrote knows. */
  overlay(key: string, projection: P): void {
    const had = this.#items.get(key)
    if (had === undefined || isNewer(projection.resourceVersion, had.resourceVersion)) this.#set(key, projection)
  }

  overlayDeleted(key: string): void {
    const had = this.#items.get(key)
    if (had === undefined) return
    this.#deleted.set(key, had.resourceVersion)
    this.#unset(key)
  }

  #set(key: string, projection: P): void {
    this.#unset(key)
    this.#items.set(key, projection)
    for (const [name, keysOf] of Object.entries(this.#indexes)) {
      const buckets = this.#buckets.get(name)
      for (const value of keysOf(projection)) {
        const bucket = buckets?.get(value) ?? new Set()
        bucket.add(key)
        buckets?.set(value, bucket)
      }
    }
  }

  #unset(key: string): boolean {
    const had = this.#items.get(key)
    if (had === undefined) return false
    this.#items.delete(key)
    for (const [name, keysOf] of Object.entries(this.#indexes)) {
      const buckets = this.#buckets.get(name)
      for (const value of keysOf(had)) {
        const bucket = buckets?.get(value)
        bucket?.delete(key)
        if (bucket?.size === 0) buckets?.delete(value)
      }
    }
    return true
  }

  #tell(key: string, before: P | undefined): void {
    for (const listener of this.#listeners) listener(key, before)
  }
}

/**
 * Resource versions of one resource can be compared as whole numbers (KEP-5504; the API server promises it since 1.35, and
 * etcd has always made it so). Equal is not newer.
 */
function isNewer(candidate: string, than: string): boolean {
  if (candidate.length !== than.length) return candidate.length > than.length
  return candidate > than
}
