/** Guesses what a person meant who mistyped a word. */

/** Far longer than any word that there is; comparing costs the product of the lengths. */
const longest = 80

/**
 * @param word - as it was typed
 * @param known - every word that would be right
 * @returns the right word that is so near that it was probably meant; undefined when none is
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > longest) return undefined
  const [best] = [...known].map((one) => ({ one, far: distance(word, one) })).sort((a, b) => a.far - b.far)
  return best !== undefined && best.far <= Math.max(2, word.length / 3) ? best.one : undefined
}

/** Levenshtein distance: how many characters must be put in, taken out or replaced. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [line, character] of [...from].entries()) {
    const next = [line + 1]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (to[column - 1] === character ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
