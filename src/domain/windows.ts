/**
 * The windows of time in which renewals are made that can wait. Pure.
 *
 *   due ──────────── opens ──┤ its moment ├── closes ─────── last call ──── expires
 *
 * Whatever is due when a window opens has a moment of its own in it, by a hash over the length of the window, so that a night's work
 * is spread over the night. What becomes due while a window is open is renewed at once.
 */
import type { CertificateSpec } from '../api/certificate.ts'
import { isOnDay, parseCron } from '../std/cron.ts'
import type { CronSchedule } from '../std/cron.ts'
import { parseGoDuration } from '../std/duration.ts'
import { fractionOf } from '../std/fraction.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { days, earliest, hours, latest, milliseconds, minus, minutes, plus, scale } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import { fromLocal, isTimeZone, toLocal } from '../std/zone.ts'
import type { LocalTime } from '../std/zone.ts'

export interface RenewalWindow {
  readonly schedule: CronSchedule
  readonly length: Duration
  readonly timeZone: string
}

type WindowSpec = NonNullable<CertificateSpec['renewalWindows']>[number]

/** Longer than any window may be. */
const longest = hours(168)
/** A window that does not open within so many days is none to wait for. */
const mostDays = 400

/**
 * @param field - where the windows stand, for example `spec.renewalWindows`
 * @returns the windows, or a sentence about the first that cannot be understood
 */
export function readWindows(field: string, specs: readonly WindowSpec[]): Result<readonly RenewalWindow[], string> {
  const windows: RenewalWindow[] = []
  for (const [i, { schedule, duration, timeZone = 'UTC' }] of specs.entries()) {
    const cron = parseCron(schedule)
    if (!cron.ok) return err(`${field}[${i}].schedule: ${cron.error}`)
    const length = parseGoDuration(duration)
    if (!length.ok) return err(`${field}[${i}].duration: ${length.error}`)
    if (length.value < minutes(1) || length.value > longest)
      return err(`${field}[${i}].duration: a window is open for a minute at least, and for 168h at most`)
    if (!isTimeZone(timeZone))
      return err(`${field}[${i}].timeZone: ${JSON.stringify(timeZone)} is not a time zone; write it as Europe/Berlin`)
    windows.push({ schedule: cron.value, length: length.value, timeZone })
  }
  return ok(windows)
}

export interface OpenTime {
  readonly opens: Instant
  readonly closes: Instant
}

/** @returns the window that is open, or else the one that opens next; undefined when none does within 400 days */
export function nextOpenTime(windows: readonly RenewalWindow[], now: Instant): OpenTime | undefined {
  const until = plus(now, days(mostDays))
  const times = windows.flatMap((window) => {
    const opening = nextOpening(window, { from: now, until })
    return opening === undefined ? [] : [{ opens: opening.opens, closes: plus(opening.opens, opening.length) }]
  })
  return times.toSorted((a, b) => a.opens - b.opens)[0]
}

/** Why windows are not waited for, as far as they alone can tell. */
export interface WindowTrouble {
  readonly reason: 'InvalidWindow' | 'NoWindowInTime'
  readonly message: string
}

/** @returns what is wrong with the windows of an issuer, whoever waits for them; undefined where nothing is, or there are none */
export function windowsTrouble(specs: readonly WindowSpec[] | undefined, now: Instant): WindowTrouble | undefined {
  const windows = readWindows('spec.renewalWindows', specs ?? [])
  if (!windows.ok) return invalidWindow(windows.error)
  if (windows.value.length === 0 || nextOpenTime(windows.value, now) !== undefined) return undefined
  return {
    reason: 'NoWindowInTime',
    message: `none of spec.renewalWindows opens within ${mostDays} days; renewals wait for no window until one does`,
  }
}

/** @param error - of {@link readWindows} */
export const invalidWindow = (error: string): WindowTrouble => ({
  reason: 'InvalidWindow',
  message: `${error}; renewals wait for no window until it is mended`,
})

/** What is to be renewed. */
export interface Waiting {
  readonly due: Instant
  /** What the hash is over: other for each certificate and each renewal. */
  readonly key: string
  /** After this moment no window is waited for. */
  readonly lastCall: Instant
}

/** @returns the first moment, `from` or later, that a window has for it; undefined when none has before the last call */
export function momentInWindow(
  windows: readonly RenewalWindow[],
  waiting: Waiting,
  from: Instant,
): Instant | undefined {
  const moments = windows.flatMap((window) => {
    const opening = nextOpening(window, { from, until: waiting.lastCall })
    return opening === undefined ? [] : [latest(momentIn(opening, waiting), from)]
  })
  const [first, ...rest] = moments.filter((moment) => moment <= waiting.lastCall)
  return first === undefined ? undefined : earliest(first, ...rest)
}

interface Opening {
  readonly opens: Instant
  readonly length: Duration
}

function momentIn({ opens, length }: Opening, { due, key }: Waiting): Instant {
  const ownShare = milliseconds(Math.floor((length * fractionOf(`${key}/${opens}`)) / 1000) * 1000)
  return due >= opens ? due : plus(opens, ownShare)
}

const aDay = days(1)

/** The first opening that has not closed at `from`. */
function nextOpening(
  { schedule, length, timeZone }: RenewalWindow,
  { from, until }: { readonly from: Instant; readonly until: Instant },
): Opening | undefined {
  const firstDay = dayOf(toLocal(timeZone, minus(from, length)))
  const lastDay = Math.min(dayOf(toLocal(timeZone, until)), firstDay + scale(aDay, mostDays))
  for (let day = firstDay; day <= lastDay; day += aDay) {
    if (!isOnDay(schedule, day)) continue
    for (const hour of schedule.hours) {
      for (const minute of schedule.minutes) {
        const opens = fromLocal(timeZone, (day + hours(hour) + minutes(minute)) as LocalTime)
        if (plus(opens, length) > from) return opens <= until ? { opens, length } : undefined
      }
    }
  }
  return undefined
}

/** Midnight of the same date. */
const dayOf = (local: LocalTime): number => Math.floor(local / aDay) * aDay
