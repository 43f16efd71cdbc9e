import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import { Budgets } from '../../../../src/controllers/certificate/budgets.ts'
import type { BudgetedIssuer, Customer } from '../../../../src/controllers/certificate/budgets.ts'
import type { Claim, Lane } from '../../../../src/domain/budget/line.ts'
import { days, hours, minus, minutes, plus, seconds, toRfc3339 } from '../../../../src/std/time.ts'
import type { Duration } from '../../../../src/std/time.ts'
import { FakeClock } from '../../../support/clock.ts'

const ref = { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } as const
const key = 'Issuer/team/ca'

/** A world with one issuer; `limits` undefined: without a budget. */
function world(customers: readonly Customer[] = []) {
  const clock = new FakeClock()
  const woken: string[] = []
  const issuer: { now: BudgetedIssuer | undefined } = { now: { ref, uid: 'u1', limits: { perHour: 2 } } }
  const budgets = new Budgets({
    issuerOf: () => issuer.now,
    customersOf: () => customers,
    wake: (certificate) => woken.push(certificate),
    clock,
  })
  const ask = (name: string, lane: Lane = 'fresh') => budgets.ask(key, claim(name, lane), clock.now())?.turn.kind
  return { clock, woken, issuer, budgets, ask }
}

const claim = (name: string, lane: Lane): Claim => ({ key: `team/${name}`, lane, notAfter: undefined })

function customer(name: string, age: Duration, life: Duration): Customer {
  const clock = new FakeClock()
  const notBefore = minus(clock.now(), age)
  const certificate: Certificate = {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: { name, namespace: 'team' },
    spec: { secretName: name, issuerRef: ref },
    status: { revision: 1, notBefore: toRfc3339(notBefore), notAfter: toRfc3339(plus(notBefore, life)) },
  }
  const marks = {
    requestHash: 'r',
    outputsHash: 'o',
    issuerRef: ref,
    issuedAt: notBefore,
    renewRequest: undefined,
  }
  return { key: `team/${name}`, certificate, marks }
}

describe('the budgets of issuers', () => {
  it('are asked of nobody where an issuer has none', () => {
    const { budgets, issuer, clock, ask } = world()
    issuer.now = undefined
    expect(ask('a')).toBeUndefined()
    expect(budgets.pressedUntil(key, clock.now())).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  it('let in as many as they have room for, and call the next when there is room again', () => {
    const { budgets, clock, woken, ask } = world()
    expect([ask('a'), ask('b'), ask('c')]).toEqual(['open', 'open', 'wait'])
    budgets.begun('team/a', clock.now())
    budgets.begun('team/b', clock.now())
    clock.advance(minutes(59))
    expect(woken).toEqual([])
    clock.advance(minutes(3))
    expect(woken).toEqual(['team/c'])
    expect(ask('c')).toBe('open')
  })

  it('give what nobody comes for to the next', () => {
    const { budgets, clock, woken, ask } = world()
    expect([ask('a'), ask('b'), ask('c')]).toEqual(['open', 'open', 'wait'])
    budgets.leave('team/a')
    clock.advance(minutes(1))
    expect(woken).toEqual(['team/c'])
  })

  it('know of what was asked for before this process began', () => {
    const { ask, clock, woken } = world([
      customer('x', minutes(10), days(90)),
      customer('y', minutes(20), days(90)),
      customer('z', hours(5), days(90)),
    ])
    expect(ask('a')).toBe('wait')
    clock.advance(minutes(42))
    expect(woken).toEqual(['team/a'])
  })

  it('say for how many they are too small', () => {
    const dying = ['x', 'y', 'z'].map((name) => customer(name, days(1), days(1.01)))
    const { budgets, clock } = world([...dying, customer('long', days(1), days(90))])
    expect([...budgets.short()]).toEqual([])
    budgets.pressedUntil(key, clock.now())
    // One an hour is for renewals, and they have a quarter of an hour.
    expect([...budgets.short()]).toEqual([{ issuer: key, certificates: 2 }])
  })

  it('wake what comes under pressure, although it is not due', () => {
    // Two days are left of what may be waited. Of two an hour one is for renewals, so that forty take forty hours.
    const crowd = Array.from({ length: 40 }, (_, i) => customer(`c${i}`, days(70), days(80)))
    const { budgets, clock, woken } = world(crowd)
    expect(budgets.pressedUntil(key, clock.now())).toBeUndefined()
    clock.advance(hours(7))
    expect(woken).toEqual([])
    clock.advance(hours(2))
    expect(new Set(woken).size).toBe(40)
    expect(budgets.pressedUntil(key, clock.now())).toBeDefined()
  })

  it('end when the issuer has none any more: who waits goes on', () => {
    const { clock, woken, issuer, ask } = world()
    expect([ask('a'), ask('b'), ask('c')]).toEqual(['open', 'open', 'wait'])
    issuer.now = undefined
    clock.advance(minutes(1))
    expect(woken).toContain('team/c')
    expect(ask('c')).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  it('follow a change of the limits', () => {
    const { issuer, ask } = world()
    expect([ask('a'), ask('b'), ask('c')]).toEqual(['open', 'open', 'wait'])
    issuer.now = { ref, uid: 'u1', limits: { perHour: 5 } }
    expect(ask('c')).toBe('open')
  })

  it('are learnt anew from the Certificates that there are to look after by now, and who waits asks again', () => {
    const customers: Customer[] = []
    const { budgets, woken, ask } = world(customers)
    expect([ask('a'), ask('b'), ask('c')]).toEqual(['open', 'open', 'wait'])
    customers.push(customer('x', minutes(10), days(90)), customer('y', minutes(20), days(90)))
    budgets.reopen()
    expect(woken.toSorted()).toEqual(['team/a', 'team/b', 'team/c'])
    expect(ask('c')).toBe('wait')
  })

  it('tell how many wait, and nothing once closed', () => {
    const { budgets, clock, ask } = world()
    for (const name of ['a', 'b', 'c', 'd']) ask(name)
    expect([...budgets.waiting()]).toContainEqual({ issuer: key, lane: 'fresh', certificates: 2 })
    budgets.close()
    expect([...budgets.waiting()]).toEqual([])
    expect(clock.timers).toBe(0)
    expect(ask('a')).toBeUndefined()
  })

  it('move with a Certificate that asks another issuer', () => {
    const { budgets, clock } = world()
    const other = 'Issuer/team/other'
    for (const name of ['a', 'b', 'c']) budgets.ask(key, claim(name, 'fresh'), clock.now())
    budgets.ask(other, claim('c', 'fresh'), clock.now())
    const counts = [...budgets.waiting()].filter(({ certificates }) => certificates > 0)
    expect(counts).toEqual([])
    clock.advance(seconds(1))
  })
})
