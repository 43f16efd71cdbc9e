/** A moment: milliseconds since the Unix epoch. Branded, so that a duration is never taken for a moment. */
export type Instant = number & { readonly __brand: 'Instant' }

/** A length of time in milliseconds. May be negative (a moment that has passed). */
export type Duration = number & { readonly __brand: 'Duration' }

export const instant = (millisecondsSinceEpoch: number): Instant => millisecondsSinceEpoch as Instant
export const milliseconds = (n: number): Duration => n as Duration
export const seconds = (n: number): Duration => (n * 1000) as Duration
export const minutes = (n: number): Duration => seconds(n * 60)
export const hours = (n: number): Duration => minutes(n * 60)
export const days = (n: number): Duration => hours(n * 24)

/** @param since - seconds since the Unix epoch; NaN stays NaN, which is neither before nor after any moment */
export const fromUnixSeconds = (since: number): Instant => (since * 1000) as Instant

export const plus = (at: Instant, length: Duration): Instant => (at + length) as Instant
export const minus = (at: Instant, length: Duration): Instant => (at - length) as Instant
/** The time from `earlier` to `later`; negative when they stand the other way round. */
export const between = (earlier: Instant, later: Instant): Duration => (later - earlier) as Duration
export const earliest = (first: Instant, ...rest: readonly Instant[]): Instant => Math.min(first, ...rest) as Instant
export const latest = (first: Instant, ...rest: readonly Instant[]): Instant => Math.max(first, ...rest) as Instant
export const scale = (length: Duration, factor: number): Duration => (length * factor) as Duration
export const clampDuration = (length: Duration, least: Duration, most: Duration): Duration =>
  Math.min(most, Math.max(least, length)) as Duration

/** RFC 3339 in UTC with whole seconds, the form of metav1.Time. */
export function toRfc3339(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, -'.000Z'.length)}Z`
}

/** RFC 3339 in UTC with six fractional digits, the form of metav1.MicroTime; with three the API server answers 400. */
export function toMicroTime(at: Instant): string {
  return new Date(at).toISOString().replace('Z', '000Z')
}

const rfc3339 = /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

/** The calendar repeats after 400 years, and `Date.UTC` takes years below 100 for years of the twentieth century. */
const daysIn = (year: number, month: number): number => new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()

/**
 * Reads an RFC 3339 timestamp. `Date.parse` alone takes much else, and the 30th of February for the 2nd of March.
 *
 * @param text - for example `2026-11-23T12:00:00Z`
 * @returns the moment, or undefined when the text is not a timestamp
 */
export function fromRfc3339(text: string): Instant | undefined {
  const [, year, month, day = 0] = rfc3339.exec(text) ?? []
  if (!(Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month)))) return undefined
  const parsed = Date.parse(text)
  return Number.isNaN(parsed) ? undefined : (parsed as Instant)
}
