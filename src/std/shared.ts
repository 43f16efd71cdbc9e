/** Characters. What is longer seldom comes twice, and would be held here when nobody else holds it any more. */
const longestKey = 1024

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
    if (key.length > longestKey) return value
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

/** Levels. People may nest what the schema leaves open until the stack is full. */
const deepest = 32

const noEntries: object = Object.freeze({})
const noItems: object = Object.freeze([])

/**
 * JSON that nobody else holds yet, made smaller in place: its texts are shared, and what is empty in it is one and the same.
 *
 * What lies deeper than anything of ours does is left as it is.
 *
 * @returns `json` itself
 */
export function compact<T>(json: T): T {
  if (typeof json === 'object' && json !== null) compactWithin(json as Record<string, unknown>, 1)
  return json
}

function compactWithin(holder: Record<string, unknown>, depth: number): void {
  if (depth > deepest) return
  for (const key of Object.keys(holder)) {
    const value = holder[key]
    if (typeof value === 'string') holder[key] = sharedText(value)
    else if (typeof value === 'object' && value !== null) holder[key] = compactPart(value, depth + 1)
  }
}

function compactPart(part: object, depth: number): object {
  if (Array.isArray(part) && part.length === 0) return noItems
  if (!Array.isArray(part) && Object.keys(part).length === 0) return noEntries
  compactWithin(part as Record<string, unknown>, depth)
  return part
}
