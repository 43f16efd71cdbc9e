const longestWords = 200

/** @returns words of somebody else, made printable, on one line and not too long: they end up in a status */
export const clip = (text: string): string =>
  text
    .replace(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\uffff]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
    .slice(0, longestWords)
