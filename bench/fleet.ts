/**
 * A year of ten thousand certificates at one CA, in virtual time: when the operator's own rules have them renewed and tried
 * again, how many an hour that is for the CA, and whether one ever expires. All are issued within the first hour, as after a
 * migration, and once the CA is away for a while.
 */
import { writeFileSync } from 'node:fs'
import { nextTry } from '../src/domain/backoff.ts'
import { renewalTime } from '../src/domain/renewal.ts'
import { Heap } from '../src/std/heap.ts'
import { between, days, hours, instant, minutes, plus, scale } from '../src/std/time.ts'
import type { Duration, Instant } from '../src/std/time.ts'
import { quantile } from './bars/figure.ts'
import { line } from './lines.ts'
import { plot } from './plot.ts'

const count = 10_000
const start = instant(Date.parse('2026-01-01T00:00:00Z'))
const year = days(365)
/** The CA is away from this day on, for this share of a lifetime: a third is what a renewal leaves. */
const outageAt = plus(start, days(180))
const outageShare = 1 / 10

interface Member {
  readonly uid: string
  serial: number
  notBefore: Instant
  notAfter: Instant
  attempts: number
  due: Instant
}

interface Year {
  /** Renewals by hour. */
  readonly hourly: readonly number[]
  readonly minutely: ReadonlyMap<number, number>
  readonly renewals: number
  /** Requests while the CA was away. */
  readonly refusals: number
  readonly expired: number
}

export function fleet(): void {
  for (const [name, life] of [
    ['47d', days(47)],
    ['6d', days(6)],
  ] as const) {
    const seen = simulate(life)
    report(name, seen)
    writeFileSync(`docs/fleet-${name}.svg`, plotted(name, seen))
    line(`${name}: plot`, `docs/fleet-${name}.svg`)
  }
}

function simulate(life: Duration): Year {
  const awayUntil = plus(outageAt, scale(life, outageShare))
  const hourly = Array.from({ length: year / hours(1) }, () => 0)
  const minutely = new Map<number, number>()
  let [renewals, refusals, expired] = [0, 0, 0]
  const queue = new Heap<Member>((a, b) => a.due < b.due)
  for (let i = 0; i < count; i += 1) queue.push(issued(memberOf(i), plus(start, scale(hours(1), i / count)), life))
  for (let next = queue.pop(); next !== undefined && between(start, next.due) < year; next = queue.pop()) {
    const now = next.due
    if (now >= next.notAfter) expired += 1
    if (now >= outageAt && now < awayUntil) {
      refusals += 1
      queue.push(refused(next, now))
      continue
    }
    renewals += 1
    const hour = Math.floor(between(start, now) / hours(1))
    hourly[hour] = (hourly[hour] ?? 0) + 1
    const minute = Math.floor(between(start, now) / minutes(1))
    minutely.set(minute, (minutely.get(minute) ?? 0) + 1)
    queue.push(issued(next, now, life))
  }
  return { hourly, minutely, renewals, refusals, expired }
}

const memberOf = (i: number): Member => ({
  uid: `uid-${i}`,
  serial: 0,
  notBefore: start,
  notAfter: start,
  attempts: 0,
  due: start,
})

function issued(member: Member, now: Instant, life: Duration): Member {
  const [notBefore, notAfter] = [now, plus(now, life)]
  const serial = member.serial + 1
  const due = renewalTime({ uid: member.uid, serialNumber: String(serial), notBefore, notAfter, issuedAt: now })
  return { ...member, serial, notBefore, notAfter, attempts: 0, due }
}

function refused(member: Member, now: Instant): Member {
  const attempts = member.attempts + 1
  const left = between(now, member.notAfter)
  const lifeLeft = left > 0 ? left : undefined
  const due = nextTry({ retry: 'soon', attempts, now, lifeLeft, recent: [], uid: member.uid })
  if (due === undefined) throw new Error('what may be tried soon has no next try')
  return { ...member, attempts, due }
}

function report(name: string, { hourly, minutely, renewals, refusals, expired }: Year): void {
  const busy = quantile([...minutely.values()], 1)
  const mean = hourly.reduce((sum, one) => sum + one, 0) / hourly.length
  const [p99, most] = [quantile(hourly, 0.99), quantile(hourly, 1)]
  line(`${name}: renewals in a year; tries while the CA was away; expired`, `${renewals}; ${refusals}; ${expired}`)
  line(`${name}: renewals an hour: mean, p99, most`, `${mean.toFixed(1)}, ${p99}, ${most}`)
  line(`${name}: busiest minute`, `${busy} (${((busy / count) * 100).toFixed(2)} % of all; bar: 1 %)`)
}

/** By the day: the busiest hour and the mean hour of each. */
function plotted(name: string, { hourly }: Year): string {
  const perDay = Array.from({ length: hourly.length / 24 }, (_, day) => hourly.slice(day * 24, day * 24 + 24))
  return plot({
    title: `${count} certificates of ${name} at one CA, all issued within an hour: renewals an hour`,
    x: { label: 'days', values: perDay.map((_, day) => day) },
    lines: [
      { label: 'busiest hour of the day', values: perDay.map((one) => Math.max(...one)) },
      { label: 'mean hour', values: perDay.map((one) => one.reduce((sum, n) => sum + n, 0) / 24) },
    ],
  })
}
