/**
 * A year of ten thousand certificates at one CA, in virtual time: when the operator's own rules have them renewed and tried
 * again, how many an hour that is for the CA, and whether one ever expires. All are issued within the first hour, as after a
 * migration, and once the CA is away for a while. The same with renewals at night, and with a budget.
 */
import { writeFileSync } from 'node:fs'
import type { BudgetLimits } from '../src/domain/budget/ledger.ts'
import { readWindows } from '../src/domain/windows.ts'
import type { RenewalWindow } from '../src/domain/windows.ts'
import { days, scale } from '../src/std/time.ts'
import type { Duration } from '../src/std/time.ts'
import { quantile } from './bars/figure.ts'
import { FleetYear, aYear } from './fleetyear.ts'
import type { Year } from './fleetyear.ts'
import { line } from './lines.ts'
import { plot } from './plot.ts'

const count = 10_000
const outageAt = days(180)
const nights: readonly RenewalWindow[] = windowsOf({ schedule: '0 1 * * *', duration: '5h', timeZone: 'Europe/Berlin' })
const budget: BudgetLimits = { perHour: 200 }

interface Case {
  readonly name: string
  readonly title: string
  readonly life: Duration
  /** The CA is away for this share of a lifetime. A tenth is what renewal keeps for trouble. */
  readonly outageShare: number
  readonly windows: readonly RenewalWindow[]
  readonly limits: BudgetLimits | undefined
}

const free = { windows: [], limits: undefined, outageShare: 1 / 10 }
const paced = { windows: nights, limits: budget, outageShare: 1 / 20 }
const words = 'at night, 200 an hour'

const cases: readonly Case[] = [
  { ...free, name: '47d', title: 'certificates of 47 days', life: days(47) },
  { ...free, name: '6d', title: 'certificates of 6 days', life: days(6) },
  { ...paced, name: '47d-paced', title: `certificates of 47 days, ${words}`, life: days(47) },
  { ...paced, name: '6d-paced', title: `certificates of 6 days, ${words}`, life: days(6) },
]

export function fleet(): void {
  for (const one of cases) {
    const outage = { at: outageAt, length: scale(one.life, one.outageShare) }
    const seen = new FleetYear({ ...one, count, outage, length: aYear }).run()
    report(one.name, seen)
    writeFileSync(`docs/fleet-${one.name}.svg`, plotted(one, seen))
    line(`${one.name}: plot`, `docs/fleet-${one.name}.svg`)
  }
}

function windowsOf(spec: Parameters<typeof readWindows>[1][number]): readonly RenewalWindow[] {
  const windows = readWindows('nights', [spec])
  if (!windows.ok) throw new Error(windows.error)
  return windows.value
}

function report(name: string, { hourly, minutely, renewals, inWindow, refusals, expired }: Year): void {
  const busy = quantile([...minutely.values()], 1)
  const mean = hourly.reduce((sum, one) => sum + one, 0) / hourly.length
  const [p99, most] = [quantile(hourly, 0.99), quantile(hourly, 1)]
  line(`${name}: renewals in a year; tries while the CA was away; expired`, `${renewals}; ${refusals}; ${expired}`)
  line(`${name}: renewals an hour: mean, p99, most`, `${mean.toFixed(1)}, ${p99}, ${most}`)
  line(`${name}: busiest minute`, `${busy} (${((busy / count) * 100).toFixed(2)} % of all; bar: 1 %)`)
  line(`${name}: inside of a window`, `${((inWindow / renewals) * 100).toFixed(1)} %`)
}

/** By the day: the busiest hour and the mean hour of each. */
function plotted({ title }: Case, { hourly }: Year): string {
  const perDay = Array.from({ length: hourly.length / 24 }, (_, day) => hourly.slice(day * 24, day * 24 + 24))
  return plot({
    title: `10,000 ${title}, at one CA, all issued within an hour: renewals an hour`,
    x: { label: 'days', values: perDay.map((_, day) => day) },
    lines: [
      { label: 'busiest hour of the day', values: perDay.map((one) => Math.max(...one)) },
      { label: 'mean hour', values: perDay.map((one) => one.reduce((sum, n) => sum + n, 0) / 24) },
    ],
  })
}
