import { instant } from '../std/time.ts'
import type { Instant } from '../std/time.ts'

/** The last second that RFC 3339 can write, so that every result can be printed and read. */
const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59)

const month = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)'
const weekday = '(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?'
const time = '\\d{1,2}:\\d{2}:\\d{2}'
/** IMF-fixdate and the obsolete RFC 850 form (RFC 9110 section 5.6.7). */
const httpDate = new RegExp(`^${weekday}, ?\\d{1,2}[ -]${month}[ -]\\d{2,4} ${time} (?:gmt|utc)$`, 'i')
/** The obsolete form of C's asctime, which is in UTC without saying so. */
const asctime = new RegExp(`^${weekday} ${month} {1,2}\\d{1,2} ${time} \\d{4}$`, 'i')
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i

/**
 * Reads `Retry-After` (RFC 9110 section 10.2.3), leniently: fractions of seconds and RFC 3339 dates occur in the field.
 *
 * @param text - the header's value
 * @param now - what a number of seconds counts from
 * @returns the moment, perhaps past, perhaps in a century, always one that RFC 3339 can write; undefined when unreadable
 */
export function parseRetryAfter(text: string, now: Instant): Instant | undefined {
  const trimmed = text.slice(0, 512).trim()
  if (/^\d+(?:\.\d*)?$/.test(trimmed)) return instant(Math.min(lastInstant, now + Math.ceil(Number(trimmed) * 1000)))
  const parsed = parseDate(trimmed)
  return Number.isNaN(parsed) ? undefined : instant(parsed)
}

function parseDate(text: string): number {
  if (httpDate.test(text) || rfc3339.test(text)) return Date.parse(text)
  return asctime.test(text) ? Date.parse(`${text} GMT`) : Number.NaN
}
