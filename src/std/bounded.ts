/**
 * Maps with at most `width` pieces of work under way at a time.
 *
 * @returns the results in the order of the items
 * @throws what the first work that rejects throws; work under way goes on, the rest is not begun by that worker
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>()
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results.set(index, await work(item))
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return [...results].toSorted(([one], [other]) => one - other).map(([, result]) => result)
}
