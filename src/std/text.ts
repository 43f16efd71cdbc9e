const longestWords = 200
/** More is not looked at: whoever sends words chooses how many. */
const mostRead = 4096

/**
 * @returns words of somebody else, made printable, on one line and not too long: they end up in a status. Characters that nobody
 *   sees, or that turn the direction of what follows, are none of them.
 */
export const clip = (text: string): string =>
  text
    .slice(0, mostRead)
    .replace(/[\p{C}\p{Z}\u{10000}-\u{10ffff}]+/gu, ' ')
    .trim()
    .slice(0, longestWords)
