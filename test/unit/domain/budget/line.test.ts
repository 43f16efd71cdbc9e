import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { BudgetLine } from '../../../../src/domain/budget/line.ts'
import type { Claim, Lane } from '../../../../src/domain/budget/line.ts'
import type { BudgetLimits, Spending } from '../../../../src/domain/budget/ledger.ts'
import { days, hours, instant, minutes, plus } from '../../../../src/std/time.ts'
import type { Duration, Instant } from '../../../../src/std/time.ts'
import { mostWithin } from '../../../sim/lives.ts'

const start = instant(Date.UTC(2026, 0, 1))
const claim = (key: string, lane: Lane, life: Duration = days(1)): Claim => ({
  key,
  lane,
  notAfter: lane === 'fresh' ? undefined : plus(start, life),
})

interface Served {
  readonly key: string
  readonly lane: Lane
  readonly at: Instant
}

/** A line before which all these stand at once, and what becomes of them, minute by minute. */
function serve(limits: BudgetLimits, claims: readonly Claim[], length: Duration): readonly Served[] {
  const called: string[] = []
  const line = new BudgetLine(limits, (key) => called.push(key))
  const byKey = new Map(claims.map((one) => [one.key, one]))
  const served: Served[] = []
  const take = (one: Claim, at: Instant): void => {
    line.begun(one.key, at)
    served.push({ key: one.key, lane: one.lane, at })
  }
  for (const one of claims) if (line.ask(one, start).kind === 'open') take(one, start)
  for (let now = start; now <= plus(start, length); now = plus(now, minutes(1))) {
    line.review(now)
    for (const key of called.splice(0)) take(byKey.get(key) ?? claim(key, 'fresh'), now)
  }
  return served
}

const many = (count: number, lane: Lane, life?: Duration): readonly Claim[] =>
  Array.from({ length: count }, (_, i) => claim(`${lane}-${i}`, lane, life))

const lanes = fc.constantFrom<Lane>('fresh', 'expiring', 'routine')
const crowd = fc.array(fc.record({ lane: lanes, life: fc.integer({ min: 1, max: 5000 }) }), { maxLength: 120 })
const limitsOf: fc.Arbitrary<BudgetLimits> = fc.oneof(
  fc.record({ perHour: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ perDay: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ perHour: fc.integer({ min: 1, max: 60 }), perDay: fc.integer({ min: 1, max: 200 }) }),
)

const crowded = (people: readonly { lane: Lane; life: number }[]): readonly Claim[] =>
  people.map(({ lane, life }, i) => claim(`${lane}-${i}`, lane, minutes(life)))

describe('a line before an issuer with a budget', () => {
  it('never lets more in within an hour, or within a day, than the budget says', () => {
    fc.assert(
      fc.property(limitsOf, crowd, (limits, people) => {
        const moments = serve(limits, crowded(people), days(2)).map(({ at }) => at)
        expect(mostWithin(moments, hours(1))).toBeLessThanOrEqual(limits.perHour ?? Infinity)
        expect(mostWithin(moments, hours(24))).toBeLessThanOrEqual(limits.perDay ?? Infinity)
      }),
      { numRuns: 60 },
    )
  })

  it('lets everybody in sooner or later, whoever else there is', () => {
    fc.assert(
      fc.property(crowd, (people) => {
        const claims = crowded(people)
        expect(serve({ perHour: 20 }, claims, hours(12))).toHaveLength(claims.length)
      }),
      { numRuns: 60 },
    )
  })

  it('serves renewals in the order in which they expire', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 70, max: 5000 }), { maxLength: 40 }), (lives) => {
        const claims = lives.map((life) => claim(`in-${life}`, 'routine', minutes(life)))
        const order = serve({ perHour: 60 }, claims, hours(2)).map(({ key }) => Number(key.slice(3)))
        // The first to come finds nobody before it.
        expect(order.slice(1)).toEqual(order.slice(1).toSorted((a, b) => a - b))
      }),
      { numRuns: 60 },
    )
  })

  it('spreads renewals over the hour, and lets new certificates through at once', () => {
    const served = serve({ perHour: 80 }, [...many(100, 'routine'), ...many(10, 'fresh')], minutes(59))
    expect(served.filter(({ lane, at }) => lane === 'fresh' && at === start)).toHaveLength(10)
    const renewals = served.filter(({ lane }) => lane === 'routine').map(({ at }) => at)
    expect(mostWithin(renewals, minutes(10))).toBeLessThanOrEqual(10)
    expect(renewals).toHaveLength(60)
  })

  it('keeps a quarter for new certificates while renewals press, and three quarters for renewals while many are new', () => {
    const both = [...many(200, 'expiring', hours(30)), ...many(200, 'fresh')]
    const served = serve({ perHour: 40 }, both, hours(10))
    const perHour = (lane: Lane): number =>
      served.filter((one) => one.lane === lane && one.at < plus(start, hours(6))).length / 6
    expect(perHour('fresh')).toBeGreaterThanOrEqual(9)
    expect(perHour('expiring')).toBeGreaterThanOrEqual(27)
  })

  it('does not make what ends within the hour wait for an even pace', () => {
    const served = serve({ perHour: 12 }, many(10, 'expiring', minutes(30)), minutes(1))
    expect(served).toHaveLength(10)
  })

  it('gives a turn that is not taken to the next', () => {
    const called: string[] = []
    const line = new BudgetLine({ perHour: 2 }, (key) => called.push(key))
    expect(line.ask(claim('a', 'fresh'), start).kind).toBe('open')
    expect(line.ask(claim('b', 'fresh'), start).kind).toBe('open')
    expect(line.ask(claim('c', 'fresh'), start)).toMatchObject({ kind: 'wait', before: 0 })
    line.review(plus(start, minutes(3)))
    expect(called).toEqual(['c'])
    expect(line.ask(claim('c', 'fresh'), plus(start, minutes(3))).kind).toBe('open')
  })

  it('forgets who leaves', () => {
    const line = new BudgetLine({ perHour: 1 }, () => undefined)
    line.ask(claim('a', 'fresh'), start)
    line.ask(claim('b', 'fresh'), start)
    line.leave('a')
    line.leave('b')
    line.leave('nobody')
    expect(line.waiting).toEqual({ fresh: 0, expiring: 0, routine: 0 })
    expect(line.ask(claim('c', 'fresh'), start).kind).toBe('open')
  })

  it('moves who presses into the lane of those, at its old age', () => {
    const line = new BudgetLine({ perHour: 1 }, () => undefined)
    line.ask(claim('first', 'fresh'), start)
    line.begun('first', start)
    line.ask(claim('a', 'routine'), start)
    line.ask(claim('a', 'expiring'), start)
    expect(line.waiting).toEqual({ fresh: 0, expiring: 1, routine: 0 })
  })

  it('says when there is something to do: when a place of the budget is free again', () => {
    const line = new BudgetLine({ perHour: 1 }, () => undefined)
    expect(line.reviewAt(start)).toBeUndefined()
    line.ask(claim('a', 'fresh'), start)
    line.begun('a', start)
    const turn = line.ask(claim('b', 'fresh'), start)
    expect(turn).toEqual({ kind: 'wait', until: plus(start, minutes(61)), before: 0 })
    expect(line.reviewAt(start)).toBe(plus(start, minutes(61)))
  })

  it('counts what was asked for before it was made', () => {
    const spent = (minutesAgo: number, kind: Spending) => ({ at: plus(start, minutes(-minutesAgo)), kind })
    const line = new BudgetLine({ perHour: 2 }, () => undefined)
    line.recall([spent(90, 'fresh'), spent(30, 'renewal'), spent(10, 'fresh'), spent(-600, 'fresh')], start)
    expect(line.ask(claim('a', 'fresh'), start)).toMatchObject({ kind: 'wait', until: plus(start, minutes(31)) })
  })

  it('is not stopped by a clock that has been set back', () => {
    const line = new BudgetLine({ perHour: 2 }, () => undefined)
    line.ask(claim('a', 'expiring'), plus(start, days(1)))
    line.begun('a', plus(start, days(1)))
    expect(line.ask(claim('b', 'expiring'), start).kind).toBe('open')
  })
})
