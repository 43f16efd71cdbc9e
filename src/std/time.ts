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
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** RFC 3339 in UTC with six fractional digits, the form of metav1.MicroTime; with three the API server answers 400. */
export function toMicroTime(at: Instant): string {
  return new Date(at).toISOString().replace('Z', '000Z')
}

/**
 * Reads an RFC 3339 timestamp.
 *
 * @param text - for example `2026-11-23T12:00:00Z`
 * @returns the moment, or undefined when the text is not a timestamp
 */
export function fromRfc3339(text: string): Instant | undefined {
  const parsed = Date.parse(text)
  return Number.isNaN(parsed) ? undefined : (parsed as Instant)
}
