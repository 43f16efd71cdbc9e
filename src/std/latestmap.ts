/** A map that holds so many entries at most: what was set the longest ago is forgotten first. */
export class LatestMap<K, V> extends Map<K, V> {
  readonly #most: number

  /** @param most - how many entries are held */
  constructor(most: number) {
    super()
    this.#most = most
  }

  /** An entry that is set again counts as the latest. */
  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    const [oldest] = this.size > this.#most ? this.keys() : []
    if (oldest !== undefined) this.delete(oldest)
    return this
  }
}
