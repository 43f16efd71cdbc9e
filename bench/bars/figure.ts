/**
 * A line of the table of bars.
 *
 * @param id - of the bar: `P3`
 * @param bar - what is aimed at
 */
export function figure(id: string, what: string, { is, bar }: { readonly is: string; readonly bar: string }): void {
  console.log(`${id.padEnd(4)} ${what.padEnd(66)} ${is.padEnd(40)} bar: ${bar}`)
}

export const times = (ratio: number): string => `${ratio.toFixed(2)}x`

/**
 * @param values - at least one
 * @param share - from 0 to 1
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
