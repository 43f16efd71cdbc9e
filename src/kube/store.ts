/**
 * A cache of projections of one kind, by `namespace/name`.
 *
 * What our own writes returned is laid over it until the watch delivers that version or a later one for the same key:
 * otherwise a reconcile right after a write would see the world before it and do the work twice.
 */
import { LatestMap } from '../std/latestmap.ts'
import { silentLogger } from '../std/log.ts'
import type { Logger } from '../std/log.ts'

export interface StoreOptions<P> {
  readonly indexes?: Readonly<Record<string, (projection: P) => readonly string[]>>
  /** Where a listener or an index that throws is told of. */
  readonly log?: Logger
}

/** @param before - what was held until now, if anything */
type Listener<P> = (key: string, before: P | undefined) => void

/** The keys under one value of an index. Mostly it is one, for which a set would be much. */
type Bucket = string | Set<string>

/** A write of ours that is under way, and what came of its object meanwhile. */
interface OwnWrite<P> {
  /** What was held before the first news. */
  before: P | undefined
  /** Versions that the watch brought; undefined for a deletion. */
  readonly news: (string | undefined)[]
  /** What the write was answered with. */
  written: string | undefined
}

/** Deletions are remembered until so many later ones; old news does not come that late. */
const mostDeleted = 4096

export class Store<P extends { readonly resourceVersion: string }> {
  readonly #items = new Map<string, P>()
  readonly #indexes: Readonly<Record<string, (projection: P) => readonly string[]>>
  readonly #log: Logger
  readonly #buckets = new Map<string, Map<string, Bucket>>()
  readonly #listeners = new Set<Listener<P>>()
  readonly #witnesses = new Set<Listener<P>>()
  /** Keys that were deleted, with the version that was there: older news of them is no news. */
  readonly #deleted = new LatestMap<string, string>(mostDeleted)
  readonly #writes = new Map<string, OwnWrite<P>>()
  readonly synced: Promise<void>
  #markSynced: () => void = () => undefined
  #isSynced = false

  constructor(options: StoreOptions<P>) {
    this.#indexes = options.indexes ?? {}
    this.#log = options.log ?? silentLogger
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

  /** Whether that version, or a later one, is held already or was deleted already: it need not be looked at. */
  isOld(key: string, resourceVersion: string): boolean {
    const known = this.#items.get(key)?.resourceVersion ?? this.#deleted.get(key)
    return known !== undefined && !isNewer(resourceVersion, known)
  }

  keys(): IterableIterator<string> {
    return this.#items.keys()
  }

  values(): IterableIterator<P> {
    return this.#items.values()
  }

  byIndex(name: string, value: string): readonly string[] {
    const bucket = this.#buckets.get(name)?.get(value) ?? []
    return typeof bucket === 'string' ? [bucket] : [...bucket]
  }

  /** Told of news from the watch, and not of what this process wrote itself: for whoever writes these objects. */
  subscribe(listener: Listener<P>): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Told of every change, whoever made it: for those who only look at these objects. */
  witness(listener: Listener<P>): () => void {
    this.#witnesses.add(listener)
    return () => this.#witnesses.delete(listener)
  }

  /** From the watch or a list. Older than what we have, it changes nothing; our own write coming back wakes nobody. */
  put(key: string, projection: P): void {
    if (this.isOld(key, projection.resourceVersion)) return
    const had = this.#items.get(key)
    this.#set(key, projection)
    this.#tellAll(key, had, projection.resourceVersion)
  }

  /** @param resourceVersion - of the deletion; what we hold of a later version is another object, which stays */
  remove(key: string, resourceVersion?: string): void {
    const had = this.#items.get(key)
    if (had !== undefined && resourceVersion !== undefined && isNewer(had.resourceVersion, resourceVersion)) return
    const version = resourceVersion ?? had?.resourceVersion
    if (version !== undefined) this.#deleted.set(key, version)
    if (this.#unset(key)) this.#tellAll(key, had, undefined)
  }

  /** The whole of a list: what is not in it is gone, unless we wrote it after the list was taken. */
  replaceAll(items: ReadonlyMap<string, P>, resourceVersion: string, covers: (key: string) => boolean): void {
    for (const key of this.#items.keys()) if (covers(key) && !items.has(key)) this.remove(key, resourceVersion)
    for (const [key, projection] of items) this.put(key, projection)
  }

  markSynced(): void {
    this.#isSynced = true
    this.#markSynced()
  }

  /** Lays the object that our own write returned over the cache. Who wrote knows; witnesses are told. */
  overlay(key: string, projection: P): void {
    const own = this.#writes.get(key)
    if (own !== undefined) own.written = projection.resourceVersion
    if (this.isOld(key, projection.resourceVersion)) return
    const had = this.#items.get(key)
    this.#set(key, projection)
    this.#tell(key, had, this.#witnesses)
  }

  /**
   * Carries out a write of ours, which lays over the cache what it was answered with. The watch may bring that before the answer
   * comes: listeners are told of the object when the write is over, and only if there was other news.
   */
  async writing<T>(key: string, write: () => Promise<T>): Promise<T> {
    if (this.#writes.has(key)) return write()
    const own: OwnWrite<P> = { before: undefined, news: [], written: undefined }
    this.#writes.set(key, own)
    try {
      return await write()
    } finally {
      this.#writes.delete(key)
      if (own.news.some((version) => version !== own.written)) this.#tell(key, own.before, this.#listeners)
    }
  }

  overlayDeleted(key: string): void {
    const had = this.#items.get(key)
    if (had === undefined) return
    this.#deleted.set(key, had.resourceVersion)
    this.#unset(key)
    this.#tell(key, had, this.#witnesses)
  }

  #set(key: string, projection: P): void {
    this.#unset(key)
    this.#deleted.delete(key)
    this.#items.set(key, projection)
    for (const [name, buckets] of this.#buckets) {
      for (const value of this.#valuesOf(name, projection)) {
        buckets.set(value, withKey(buckets.get(value), key))
      }
    }
  }

  #unset(key: string): boolean {
    const had = this.#items.get(key)
    if (had === undefined) return false
    this.#items.delete(key)
    for (const [name, buckets] of this.#buckets) {
      for (const value of this.#valuesOf(name, had)) {
        const left = withoutKey(buckets.get(value), key)
        if (left === undefined) buckets.delete(value)
        else buckets.set(value, left)
      }
    }
    return true
  }

  #valuesOf(name: string, projection: P): readonly string[] {
    try {
      return this.#indexes[name]?.(projection) ?? []
    } catch (error) {
      this.#log.error('an index of the cache threw; this is a bug', { index: name, error })
      return []
    }
  }

  /** @param version - of what there is now; undefined: it is gone */
  #tellAll(key: string, before: P | undefined, version: string | undefined): void {
    const own = this.#writes.get(key)
    if (own === undefined) this.#tell(key, before, this.#listeners)
    else {
      if (own.news.length === 0) own.before = before
      own.news.push(version)
    }
    this.#tell(key, before, this.#witnesses)
  }

  /** One listener that throws must not keep the news from the others, nor end the watch that brought it. */
  #tell(key: string, before: P | undefined, listeners: ReadonlySet<Listener<P>>): void {
    for (const listener of listeners) {
      try {
        listener(key, before)
      } catch (error) {
        this.#log.error('a listener of the cache threw; this is a bug', { key, error })
      }
    }
  }
}

/**
 * Resource versions of one resource can be compared as whole numbers (KEP-5504; the API server promises it since 1.35, and
 * etcd has always made it so). Equal is not newer.
 */
export function isNewer(candidate: string, than: string): boolean {
  if (candidate.length !== than.length) return candidate.length > than.length
  return candidate > than
}

function withKey(bucket: Bucket | undefined, key: string): Bucket {
  if (bucket === undefined || bucket === key) return key
  return typeof bucket === 'string' ? new Set([bucket, key]) : bucket.add(key)
}

/** @returns undefined when nothing is left */
function withoutKey(bucket: Bucket | undefined, key: string): Bucket | undefined {
  if (bucket === undefined || typeof bucket === 'string') return bucket === key ? undefined : bucket
  bucket.delete(key)
  return bucket.size === 0 ? undefined : bucket
}
