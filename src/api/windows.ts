/** Windows of time for renewals, as Certificates and issuers name them. */
import { z } from 'zod'
import type { JsonObject } from '../std/json.ts'
import { matching, placed, ruled } from './rule.ts'
import type { TextRule } from './rule.ts'
import { list, text } from './schema.ts'
import { durationOf, isDurationCel } from './texts.ts'
import { hours, minutes } from '../std/time.ts'

/** One field of cron: values, ranges and steps of what a value may be. */
const field = (value: string): string => {
  const part = `([*]|(${value})(-(${value}))?)(/[1-9][0-9]?)?`
  return `${part}(,${part})*`
}

const inBothCases = (names: readonly string[]): string =>
  [...names, ...names.map((name) => name.toUpperCase())].join('|')
const months = inBothCases(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'])
const weekDays = inBothCases(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'])

const fields = [
  field('[0-5]?[0-9]'),
  field('[01]?[0-9]|2[0-3]'),
  field('0?[1-9]|[12][0-9]|3[01]'),
  field(`0?[1-9]|1[0-2]|${months}`),
  field(`[0-7]|${weekDays}`),
]

const schedule: readonly TextRule[] = [
  matching(new RegExp(`^${fields.join(' +')}$`), {
    message:
      'This is not a schedule of cron: write five fields, minute, hour, day of the month, month and day of the week, for example "0 2 * * 1-5"; with *, lists, ranges, steps and names such as MON.',
    accepts: ['0 2 * * 1-5', '*/15 0-6,22 1,15 JAN-MAR mon,fri', '59 23 31 12 7', '0  0 * * *', '5/10 * * * *'],
    rejects: [
      '60 2 * * *',
      '0 24 * * *',
      '0 2 32 * *',
      '0 2 0 * *',
      '0 2 * 13 *',
      '0 2 * * 8',
      '0 2 * *',
      '@daily',
    ].concat(['0 0 2 * * *', '*/0 * * * *', '0 2 * * monday', '0 2 L * *', ' 0 2 * * *', '']),
  }),
]

const length: readonly TextRule[] = [
  {
    cel: `${isDurationCel('self')} && duration(self) >= duration('1m') && duration(self) <= duration('168h')`,
    holds: (value) => {
      const open = durationOf(value)
      return open !== undefined && open >= minutes(1) && open <= hours(168)
    },
    message:
      'This is not a duration from 1m to 168h (a week); write it with h, m and s in that order, for example 4h or 90m.',
    accepts: ['1m', '4h', '1h30m', '168h'],
    rejects: ['59s', '168h1s', '4', '1d', '-4h', ''],
  },
]

const timeZone: readonly TextRule[] = [
  matching(/^[A-Za-z][A-Za-z0-9_+-]*([/][A-Za-z0-9][A-Za-z0-9_+-]*)*$/, {
    message: 'This is not the name of a time zone; write it as Europe/Berlin, America/New_York or UTC.',
    accepts: ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'],
    rejects: ['+02:00', 'Europe/', '/Berlin', '../etc/passwd', 'Central European Time', ''],
  }),
]

const sample = { schedule: '0 2 * * *', duration: '4h' }
const among = (more: JsonObject): JsonObject => ({ renewalWindows: [{ ...sample, ...more }] })

const window = z
  .object({
    schedule: ruled(
      text(128, 'When the window opens, in the five fields of cron, for example "0 2 * * 1-5".'),
      placed(schedule, (value) => among({ schedule: value })),
    ),
    duration: ruled(
      text(32, 'For how long it is open, for example 4h; a week at most.'),
      placed(length, (value) => among({ duration: value })),
    ),
    timeZone: ruled(
      text(64, 'The time zone of the schedule, for example Europe/Berlin. UTC when not given.'),
      placed(timeZone, (value) => among({ timeZone: value })),
    ).exactOptional(),
  })
  .meta({ description: 'A window of time, open again and again.' })

export const renewalWindows = (description: string) => list(window, { max: 8, description })
