/** Durations in the spelling of Go's time package, which is how Kubernetes resources write them: 2160h, 1h30m, 90s. */
import { err, ok } from './result.ts'
import type { Result } from './result.ts'
import { milliseconds } from './time.ts'
import type { Duration } from './time.ts'

/** Milliseconds in one of each unit. Go knows two spellings of micro: U+00B5 and U+03BC. */
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Go counts in a signed 64-bit number of nanoseconds: 292 years and some. */
const longest = 2 ** 63 / 1e6

/** A number can be read in one way only, so that a long row of digits without a unit costs no more than its length. */
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y

/**
 * Reads a duration as Go's `time.ParseDuration` does.
 *
 * @param text - a number and a unit (h, m, s, ms, us, ns), once or several times, for example `1h30m`; may have a sign and
 *   fractions; `0` needs no unit
 * @returns the duration (fractions of a millisecond are kept), or a sentence about the text
 */
export function parseGoDuration(text: string): Result<Duration, string> {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = /^[+-]/.test(text) ? text.slice(1) : text
  if (digits === '0') return ok(milliseconds(0))
  if (digits === '') return err('A duration must not be empty; write for example 2160h, 1h30m or 90s.')
  let total = 0
  for (let at = 0; at < digits.length; at = part.lastIndex) {
    part.lastIndex = at
    const found = part.exec(digits)
    if (found === null)
      return err(`${quote(text)} is not a duration; write numbers with h, m or s, for example 2160h, 1h30m or 90s.`)
    total += wholeNanoseconds(Number(found[1]) * (units[found[2] ?? ''] ?? Number.NaN))
  }
  if (total >= longest) return err(`${quote(text)} is longer than a duration can be, which is about 292 years.`)
  return ok(milliseconds(sign * total))
}

/**
 * Writes a duration the short way: whole hours, minutes and seconds, without those that are zero.
 *
 * @param length - rounded to whole milliseconds
 * @returns text that {@link parseGoDuration} reads back to the same duration, for example `1h30m`
 */
export function formatGoDuration(length: Duration): string {
  const whole = Math.round(Math.abs(length))
  if (whole === 0) return '0s'
  const hours = Math.floor(whole / 3_600_000)
  const minutes = Math.floor((whole % 3_600_000) / 60_000)
  const rest = whole % 60_000
  const secondsText = `${Math.floor(rest / 1000)}${rest % 1000 === 0 ? '' : `.${String(rest % 1000).padStart(3, '0')}`}s`
  const parts = [hours > 0 ? `${hours}h` : '', minutes > 0 ? `${minutes}m` : '', rest > 0 ? secondsText : '']
  return `${length < 0 ? '-' : ''}${parts.join('')}`
}

/** Go's durations are whole nanoseconds, while 2.01 * 1000 is a little less than 2010. */
const wholeNanoseconds = (length: number): number =>
  Number.isInteger(length) ? length : Math.round(length * 1e6) / 1e6

const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)
