/**
 * Values that come by the thousand and are equal, kept once: the name of a CA costs as much on ten thousand certificates as on
 * one. What has not come for a while is forgotten, and kept anew when it comes again.
 */
export class Shared<T> {
  readonly #most: number
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  /** @param most - twice as many are remembered at most */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * @param key - equal for equal values
   * @returns the value that came first under this key; `value` when none is remembered
   */
  of(key: string, value: T): T {
    return this.get(key) ?? this.#keep(key, value)
  }

  /** @returns the value that came first under this key, if it is remembered */
  get(key: string): T | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    return old === undefined ? undefined : this.#keep(key, old)
  }

  #keep(key: string, value: T): T {
    if (this.#young.size >= this.#most) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
    return value
  }
}

/** So many texts of one kind or another that came last. Those of one object come close together: its Secret, its status. */
const mostTexts = 4096
const texts = new Shared<string>(mostTexts)

/** @returns an equal text, and the same one as lately */
export const sharedText = (text: string): string => texts.of(text, text)

const noEntries: object = Object.freeze({})
const noItems: object = Object.freeze([])

/**
 * JSON that nobody else holds yet, made smaller in place: its texts are shared, and what is empty in it is one and the same.
 *
 * @returns `json` itself
 */
export function compact<T>(json: T): T {
  if (typeof json === 'object' && json !== null) compactWithin(json as Record<string, unknown>)
  return json
}

function compactWithin(holder: Record<string, unknown>): void {
  for (const key of Object.keys(holder)) {
    const value = holder[key]
    if (typeof value === 'string') holder[key] = sharedText(value)
    else if (typeof value === 'object' && value !== null) holder[key] = compactPart(value)
  }
}

function compactPart(part: object): object {
  if (Array.isArray(part) && part.length === 0) return noItems
  if (!Array.isArray(part) && Object.keys(part).length === 0) return noEntries
  compactWithin(part as Record<string, unknown>)
  return part
}
