/**
 * Local times in time zones, by the time zone database that the runtime brings (ECMA-402). Pure: a name and a moment in, a moment
 * out; what was computed once is remembered.
 */
import { LatestMap } from './latestmap.ts'
import { days, instant, minus, milliseconds, plus } from './time.ts'
import type { Duration, Instant } from './time.ts'

/** A time on the clocks of a zone: milliseconds since the epoch, as if the zone were UTC. */
export type LocalTime = number & { readonly __brand: 'LocalTime' }

/** More than there are zones; what is no zone is remembered as well. */
const formats = new LatestMap<string, Intl.DateTimeFormat | undefined>(1024)

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(zone)) return formats.get(zone)
  const format = makeFormat(zone)
  formats.set(zone, format)
  return format
}

function makeFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  const numeric = 'numeric'
  const fields = {
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  } as const
  try {
    return new Intl.DateTimeFormat('en-US', { ...fields, calendar: 'iso8601', hourCycle: 'h23', timeZone })
  } catch {
    return undefined
  }
}

/** Whether the runtime knows a zone of this name, for example `Europe/Berlin`. */
export const isTimeZone = (name: string): boolean => formatOf(name) !== undefined

/**
 * @param zone - a name for which {@link isTimeZone} holds
 * @returns what the clocks there show at a moment
 * @throws Error for a zone that is not known
 */
export function toLocal(zone: string, at: Instant): LocalTime {
  const format = formatOf(zone)
  if (format === undefined) throw new Error(`time zone ${zone} is not known`)
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return (shown + (((at % 1000) + 1000) % 1000)) as LocalTime
}

const offsetAt = (zone: string, at: Instant): Duration => milliseconds(toLocal(zone, at) - at)

const moments = new LatestMap<string, Instant>(4096)

/**
 * The moment at which clocks show a time. A time that comes twice, when clocks are set back, is its first coming; one that is
 * skipped, when they are set forward, comes as much later as they are set (RFC 5545 section 3.3.5).
 */
export function fromLocal(zone: string, local: LocalTime): Instant {
  const key = `${zone}/${local}`
  const known = moments.get(key)
  if (known !== undefined) return known
  const moment = momentOf(zone, local)
  moments.set(key, moment)
  return moment
}

function momentOf(zone: string, local: LocalTime): Instant {
  const asUtc = instant(local)
  // No zone is further than a day from UTC, and none changes twice within two days.
  const before = offsetAt(zone, minus(asUtc, days(1)))
  const after = offsetAt(zone, plus(asUtc, days(1)))
  const first = minus(asUtc, before)
  const second = minus(asUtc, after)
  if (before === after || offsetAt(zone, first) === before) return first
  return offsetAt(zone, second) === after ? second : first
}
