/**
 * Schedules in the five fields of cron: minute, hour, day of the month, month, day of the week; with `*`, lists, ranges, steps and the
 * names of months and days. Only days are matched here: when a day begins is the affair of a time zone.
 */
import { err, ok } from './result.ts'
import type { Result } from './result.ts'

export interface CronSchedule {
  /** 0 to 59, ascending. */
  readonly minutes: readonly number[]
  /** 0 to 23, ascending. */
  readonly hours: readonly number[]
  readonly monthDays: ReadonlySet<number>
  /** 1 to 12. */
  readonly months: ReadonlySet<number>
  /** 0 is Sunday. */
  readonly weekDays: ReadonlySet<number>
  /** Where both kinds of days are restricted, a day of either kind will do. */
  readonly eitherDay: boolean
}

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly names: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekDays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fields: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of the month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: months },
  // Sunday is 0 and 7.
  { name: 'day of the week', least: 0, most: 7, names: weekDays },
]

/** February has its leap day. */
const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * @param text - for example `0 2 * * 1-5`
 * @returns the schedule, or a sentence that names the field that cannot be understood
 */
export function parseCron(text: string): Result<CronSchedule, string> {
  const parts = text.trim().split(/[ \t]+/)
  if (parts.length !== fields.length)
    return err(
      `${JSON.stringify(text)} is not a schedule; write minute, hour, day of the month, month, day of the week`,
    )
  const sets: ReadonlySet<number>[] = []
  for (const [i, field] of fields.entries()) {
    const read = parseField(field, parts[i] ?? '')
    if (!read.ok) return read
    sets.push(read.value)
  }
  const schedule = scheduleOf(sets, parts)
  return comes(schedule) ? ok(schedule) : err(`${JSON.stringify(text)} never comes: no such day is in those months`)
}

const none: ReadonlySet<number> = new Set()
const ascending = (set: ReadonlySet<number>): readonly number[] => [...set].sort((a, b) => a - b)

function scheduleOf(sets: readonly ReadonlySet<number>[], parts: readonly string[]): CronSchedule {
  const [minutes = none, hours = none, monthDays = none, inMonths = none, onDays = none] = sets
  // As Kubernetes has it for CronJobs: a star with a step restricts.
  const isRestricted = (part = '*'): boolean => !part.split(',').some((one) => one === '*' || one === '*/1')
  return {
    minutes: ascending(minutes),
    hours: ascending(hours),
    monthDays,
    months: inMonths,
    weekDays: new Set([...onDays].map((day) => day % 7)),
    eitherDay: isRestricted(parts[2]) && isRestricted(parts[4]),
  }
}

const comes = ({ eitherDay, months: inMonths, monthDays }: CronSchedule): boolean =>
  eitherDay || [...inMonths].some((month) => Math.min(...monthDays) <= (longestMonths[month - 1] ?? 0))

function parseField(field: Field, text: string): Result<ReadonlySet<number>, string> {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const range = parseRange(field, part)
    if (range === undefined)
      return err(`${JSON.stringify(part)} is not a ${field.name} of a schedule, nor a range of them`)
    for (let value = range.from; value <= range.to; value += range.step) values.add(value)
  }
  return ok(values)
}

interface Range {
  readonly from: number
  readonly to: number
  readonly step: number
}

function parseRange(field: Field, part: string): Range | undefined {
  const found = /^(?:(\*)|([0-9a-z]{1,3})(?:-([0-9a-z]{1,3}))?)(?:\/([0-9]{1,2}))?$/i.exec(part)
  if (found === null) return undefined
  const [, star, first, last, steps] = found
  const step = steps === undefined ? 1 : Number(steps)
  if (step === 0) return undefined
  if (star !== undefined) return { from: field.least, to: field.most, step }
  const from = valueOf(field, first)
  const to = last === undefined ? (steps === undefined ? from : field.most) : valueOf(field, last)
  return from === undefined || to === undefined || from > to ? undefined : { from, to, step }
}

function valueOf({ least, most, names }: Field, text = ''): number | undefined {
  const named = names.indexOf(text.toLowerCase())
  const value = named === -1 ? (/^[0-9]+$/.test(text) ? Number(text) : Number.NaN) : named + least
  return value >= least && value <= most ? value : undefined
}

/** @param day - the day, as midnight UTC of the same date: milliseconds since the epoch */
export function isOnDay(
  { monthDays, months: inMonths, weekDays: onDays, eitherDay }: CronSchedule,
  day: number,
): boolean {
  const date = new Date(day)
  if (!inMonths.has(date.getUTCMonth() + 1)) return false
  const [byMonth, byWeek] = [monthDays.has(date.getUTCDate()), onDays.has(date.getUTCDay())]
  return eitherDay ? byMonth || byWeek : byMonth && byWeek
}
