/** More than are asked for are gathered before they are sorted, so that sorting is rare. */
const slack = 64

/**
 * The first of a sorted list without sorting all of it: one comparison for most items where few are asked for.
 *
 * @param count - at least 1
 * @param compare - as for sorting; items that are equal by it may come in any order
 * @returns the `count` smallest, or all, in order
 */
export function smallest<T>(items: Iterable<T>, count: number, compare: (a: T, b: T) => number): readonly T[] {
  const kept: T[] = []
  let limit: T | undefined
  for (const item of items) {
    if (limit !== undefined && compare(item, limit) >= 0) continue
    kept.push(item)
    if (kept.length < 2 * count + slack) continue
    kept.sort(compare)
    kept.length = count
    limit = kept[count - 1]
  }
  return kept.sort(compare).slice(0, count)
}
