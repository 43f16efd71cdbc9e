/**
 * A year of a fleet at one CA in virtual time, by the operator's own rules of renewal, of windows, of budgets and of patience. Each
 * certificate tries by itself while the CA is away: in the operator the circuit breaker of the issuer has one try for all.
 */
import { nextTry } from '../src/domain/backoff.ts'
import type { BudgetLimits } from '../src/domain/budget/ledger.ts'
import { BudgetLine } from '../src/domain/budget/line.ts'
import { pressedUntil } from '../src/domain/budget/pressure.ts'
import { timeFor } from '../src/domain/budget/shares.ts'
import { lastCall, lastGoodMoment, renewalKey, renewalTime, soonestRenewal } from '../src/domain/renewal.ts'
import type { RenewalInput } from '../src/domain/renewal.ts'
import { momentInWindow } from '../src/domain/windows.ts'
import type { RenewalWindow } from '../src/domain/windows.ts'
import { Heap } from '../src/std/heap.ts'
import { between, days, earliest, hours, instant, latest, minutes, plus, scale } from '../src/std/time.ts'
import type { Duration, Instant } from '../src/std/time.ts'

export interface Regime {
  readonly life: Duration
  readonly count: number
  readonly length: Duration
  /** Day and length of the time in which the CA is away. */
  readonly outage: { readonly at: Duration; readonly length: Duration }
  readonly windows: readonly RenewalWindow[]
  readonly limits: BudgetLimits | undefined
}

export interface Year {
  readonly hourly: readonly number[]
  readonly minutely: ReadonlyMap<number, number>
  readonly renewals: number
  /** Made while a window was open. */
  readonly inWindow: number
  /** Requests while the CA was away. */
  readonly refusals: number
  readonly expired: number
}

interface Member {
  readonly uid: string
  serial: number
  notBefore: Instant
  notAfter: Instant
  attempts: number
  due: Instant
}

const start = instant(Date.parse('2026-01-01T00:00:00Z'))
/** In the operator it is every minute. */
const betweenLooks = hours(2)

const inputOf = ({ uid, serial, notBefore, notAfter }: Member): RenewalInput => ({
  uid,
  serialNumber: String(serial),
  notBefore,
  notAfter,
  issuedAt: notBefore,
})

export class FleetYear {
  readonly #regime: Regime
  readonly #events = new Heap<Member>((a, b) => a.due < b.due)
  readonly #members = new Map<string, Member>()
  readonly #line: BudgetLine | undefined
  readonly #hourly: number[]
  readonly #minutely = new Map<number, number>()
  readonly #open = new Map<number, boolean>()
  #now = start
  #pressed: Instant | undefined
  #lookAt = start
  #renewals = 0
  #inWindow = 0
  #refusals = 0
  #expired = 0

  constructor(regime: Regime) {
    this.#regime = regime
    const { limits, count, length } = regime
    this.#hourly = Array.from({ length: length / hours(1) }, () => 0)
    this.#line = limits === undefined ? undefined : new BudgetLine(limits, (uid) => this.#call(uid))
    for (let i = 0; i < count; i += 1) this.#issued(newMember(i), plus(start, scale(hours(1), i / count)))
  }

  run(): Year {
    const end = plus(start, this.#regime.length)
    for (let now = this.#next(); now < end; now = this.#next()) this.#advance(now)
    this.#expired += [...this.#members.values()].filter(({ notAfter }) => notAfter <= end).length
    const [hourly, minutely] = [this.#hourly, this.#minutely]
    const [renewals, inWindow, refusals, expired] = [this.#renewals, this.#inWindow, this.#refusals, this.#expired]
    return { hourly, minutely, renewals, inWindow, refusals, expired }
  }

  #next(): Instant {
    const never = instant(Infinity)
    const lineAt = this.#line?.reviewAt(this.#now) ?? never
    const lookAt = this.#line === undefined ? never : this.#lookAt
    return latest(this.#now, earliest(this.#events.peek()?.due ?? never, lineAt, lookAt))
  }

  #advance(now: Instant): void {
    this.#now = now
    if (this.#line !== undefined && now >= this.#lookAt) this.#look(now)
    this.#line?.review(now)
    const member = this.#events.peek()
    if (member === undefined || member.due > now) return
    this.#events.pop()
    this.#try(member, now)
  }

  #try(member: Member, now: Instant): void {
    const { outage } = this.#regime
    const sinceOutage = between(plus(start, outage.at), now)
    if (sinceOutage >= 0 && sinceOutage < outage.length) return this.#refused(member, now)
    const opensAt = this.#opensAt(member, now)
    if (opensAt !== undefined) return this.#schedule(member, opensAt)
    if (this.#line !== undefined) {
      const lane = this.#isPressing(member, now) ? 'expiring' : 'routine'
      const turn = this.#line.ask({ key: member.uid, lane, notAfter: member.notAfter }, now)
      if (turn.kind === 'wait') return
      this.#line.begun(member.uid, now)
    }
    this.#count(member, now)
    this.#issued(member, now)
  }

  #count(member: Member, now: Instant): void {
    this.#renewals += 1
    if (now >= member.notAfter) this.#expired += 1
    const hour = Math.floor(between(start, now) / hours(1))
    this.#hourly[hour] = (this.#hourly[hour] ?? 0) + 1
    const minute = Math.floor(between(start, now) / minutes(1))
    if (this.#isOpen(minute)) this.#inWindow += 1
    this.#minutely.set(minute, (this.#minutely.get(minute) ?? 0) + 1)
  }

  /** Whether a window is open in a minute of the year. */
  #isOpen(minute: number): boolean {
    const known = this.#open.get(minute)
    if (known !== undefined) return known
    const at = plus(start, minutes(minute))
    const isOpen = momentInWindow(this.#regime.windows, { due: at, key: '', lastCall: at }, at) === at
    this.#open.set(minute, isOpen)
    return isOpen
  }

  #isPressing(member: Member, now: Instant): boolean {
    return now >= lastCall(inputOf(member)) || this.#isPressed(member)
  }

  #isPressed(member: Member): boolean {
    return this.#pressed !== undefined && lastGoodMoment(member) <= this.#pressed
  }

  /** Its moment in a window, where it may still wait for one. */
  #opensAt(member: Member, now: Instant): Instant | undefined {
    if (this.#regime.windows.length === 0 || this.#isPressing(member, now)) return undefined
    const input = inputOf(member)
    const waiting = { due: renewalTime(input), key: renewalKey(input), lastCall: lastCall(input) }
    const moment = momentInWindow(this.#regime.windows, waiting, now)
    return moment === undefined || moment <= now ? undefined : moment
  }

  #schedule(member: Member, due: Instant): void {
    this.#events.remove(member)
    member.due = due
    this.#events.push(member)
  }

  #call(uid: string): void {
    const member = this.#members.get(uid)
    if (member !== undefined) this.#schedule(member, this.#now)
  }

  #issued(member: Member, now: Instant): void {
    this.#members.set(member.uid, member)
    Object.assign(member, { notBefore: now, notAfter: plus(now, this.#regime.life), attempts: 0 })
    member.serial += 1
    this.#schedule(member, renewalTime(inputOf(member)))
  }

  #refused(member: Member, now: Instant): void {
    this.#refusals += 1
    this.#line?.leave(member.uid)
    member.attempts += 1
    const left = between(now, member.notAfter)
    const { attempts, uid } = member
    const at = nextTry({ retry: 'soon', attempts, now, lifeLeft: left > 0 ? left : undefined, recent: [], uid })
    if (at === undefined) throw new Error('what may be tried soon has no next try')
    this.#schedule(member, at)
  }

  /** Whom the budget presses goes ahead of its time, and before the others in line. */
  #look(now: Instant): void {
    this.#lookAt = plus(now, betweenLooks)
    const { limits } = this.#regime
    if (limits === undefined) return
    const lasts = Float64Array.from(this.#members.values(), (member) => lastGoodMoment(member))
    this.#pressed = pressedUntil({ lasts, timeFor: (renewals) => timeFor(renewals, limits) }, now)
    if (this.#pressed === undefined) return
    for (const member of this.#members.values())
      if (member.attempts === 0 && this.#isPressed(member)) this.#press(member, now)
  }

  #press(member: Member, now: Instant): void {
    const soonest = latest(now, soonestRenewal(inputOf(member)))
    if (!this.#events.has(member) || member.due > soonest) this.#schedule(member, soonest)
  }
}

const newMember = (i: number): Member => ({
  uid: `uid-${i}`,
  serial: 0,
  notBefore: start,
  notAfter: start,
  attempts: 0,
  due: start,
})

export const aYear = days(365)
