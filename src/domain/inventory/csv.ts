/** Tables for spreadsheets (RFC 4180). */

/** Spreadsheets take such a beginning for a formula, and names in certificates are written by strangers. */
const formula = /^[=+\-@\t\r]/

/**
 * @param rows - the first is the head
 * @returns CSV with CRLF; values that a spreadsheet would run as a formula get an apostrophe before them
 */
export function csvOf(rows: Iterable<readonly string[]>): string {
  const lines: string[] = []
  for (const row of rows) lines.push(row.map(quoted).join(','))
  return `${lines.join('\r\n')}\r\n`
}

/** Most values have none of it, and are looked at once. */
const special = /^[=+\-@\t]|[",\r\n]/

function quoted(value: string): string {
  if (!special.test(value)) return value
  const safe = formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
