/** A binary heap that can also take out an item from its middle, so that nothing stale is ever left inside. */
export class Heap<T extends object> {
  readonly #items: T[] = []
  readonly #places = new Map<T, number>()
  readonly #before: (a: T, b: T) => boolean

  /** @param before - whether `a` leaves the heap before `b`; must not change for an item while it is inside */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  has(item: T): boolean {
    return this.#places.has(item)
  }

  /** @throws Error when the item is already inside */
  push(item: T): void {
    if (this.#places.has(item)) throw new Error('the item is already in the heap')
    this.#put(item, this.#items.length)
    this.#rise(this.#items.length - 1)
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  /** @returns whether the item was inside */
  remove(item: T): boolean {
    const place = this.#places.get(item)
    if (place === undefined) return false
    this.#places.delete(item)
    const last = this.#items.pop()
    if (last === undefined || last === item) return true
    this.#put(last, place)
    this.#rise(place)
    this.#sink(place)
    return true
  }

  #put(item: T, place: number): void {
    this.#items[place] = item
    this.#places.set(item, place)
  }

  #rise(start: number): void {
    let place = start
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#swapIfBefore(place, parent)) return
      place = parent
    }
  }

  #sink(start: number): void {
    let place = start
    for (;;) {
      const left = 2 * place + 1
      const child = this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#swapIfBefore(child, place)) return
      place = child
    }
  }

  #isBefore(one: number, other: number): boolean {
    const a = this.#items[one]
    const b = this.#items[other]
    return a !== undefined && b !== undefined && this.#before(a, b)
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const a = this.#items[lower]
    const b = this.#items[upper]
    if (a === undefined || b === undefined || !this.#before(a, b)) return false
    this.#put(a, upper)
    this.#put(b, lower)
    return true
  }
}
