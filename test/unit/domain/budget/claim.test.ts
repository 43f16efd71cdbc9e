import { describe, expect, it } from '@jest/globals'
import { claimOf, waitingStep } from '../../../../src/domain/budget/claim.ts'
import { spentBy } from '../../../../src/domain/budget/recall.ts'
import { decide } from '../../../../src/domain/decide.ts'
import type { PacingView } from '../../../../src/domain/snapshot.ts'
import { ok } from '../../../../src/std/result.ts'
import { days, hours, instant, minus, plus, seconds } from '../../../../src/std/time.ts'
import type { Duration } from '../../../../src/std/time.ts'
import { at, caRef, dueSecret, inProcess, marksOf, now, pendingKey, secretWith, snapshotOf } from '../snapshots.ts'
import type { World } from '../snapshots.ts'

const laneOf = (world: World): string | undefined => {
  const snapshot = snapshotOf(world)
  return claimOf(snapshot, decide(snapshot, now), now)?.lane
}

const pressedUntil = (length: Duration): PacingView => ({ windows: ok([]), pressedUntil: plus(now, length) })
const lastDays = secretWith(
  { notBefore: minus(now, days(82)), notAfter: plus(now, days(8)) },
  { issuedAt: minus(now, days(82)) },
)
const expired = secretWith(
  { notBefore: minus(now, days(91)), notAfter: minus(now, days(1)) },
  { issuedAt: minus(now, days(91)) },
)
const halfDone = secretWith(
  { notBefore: minus(now, days(50)), notAfter: plus(now, days(40)) },
  { issuedAt: minus(now, days(50)) },
)

describe('the claim that a step makes on the budget of its issuer', () => {
  it.each([
    {
      title: 'a first certificate, from the making of its key on',
      world: { more: { secret: undefined } },
      lane: 'fresh',
    },
    {
      title: 'a first certificate with a key',
      world: { more: { secret: undefined, pending: pendingKey } },
      lane: 'fresh',
    },
    {
      title: 'a changed spec',
      world: { spec: { dnsNames: ['a.example'] }, more: { issuer: inProcess } },
      lane: 'fresh',
    },
    { title: 'a request by a person', world: { renewRequest: 'now', more: { secret: dueSecret } }, lane: 'fresh' },
    { title: 'what is due', world: { more: { secret: dueSecret } }, lane: 'routine' },
    { title: 'what is in the last tenth of its life', world: { more: { secret: lastDays } }, lane: 'expiring' },
    { title: 'what has expired', world: { more: { secret: expired } }, lane: 'expiring' },
    {
      title: 'what the budget presses to go ahead of its time',
      world: { more: { secret: halfDone, pacing: pressedUntil(days(40)) } },
      lane: 'expiring',
    },
    {
      title: 'what comes after those who press',
      world: { more: { secret: halfDone, pacing: pressedUntil(days(20)) } },
      lane: undefined,
    },
    { title: 'what is good', world: {}, lane: undefined },
  ])('of $title is $lane', ({ world, lane }) => {
    expect(laneOf(world)).toBe(lane)
  })

  it('names the Certificate and when what it has expires', () => {
    const snapshot = snapshotOf({ more: { secret: dueSecret } })
    const claim = claimOf(snapshot, decide(snapshot, now), now)
    expect(claim).toEqual({ key: 'team/web', lane: 'routine', notAfter: plus(now, days(20)) })
  })
})

describe('a Certificate that waits', () => {
  const told = (until: number, before: number) =>
    waitingStep(
      snapshotOf(),
      { turn: { kind: 'wait', until: instant(now + until), before }, limits: { perHour: 200, perDay: 2000 } },
      now,
    )

  it('says for which budget, how large it is, and when it can be its turn', () => {
    expect(told(hours(1), 37)).toEqual({
      kind: 'wait',
      reason: 'BudgetSpent',
      message: `waits for the budget of Issuer ca: 200 an hour and 2000 a day; next at ${at(plus(now, hours(1)))}, and up to 37 others go first`,
      wakeAt: undefined,
    })
    expect(told(hours(1), 0)?.message).not.toContain('others')
  })

  it('says nothing of a wait of seconds', () => {
    expect(told(seconds(59), 3)).toBeUndefined()
  })
})

describe('what a Certificate tells of its requests', () => {
  const issuer = { ref: caRef, uid: 'issuer-uid' }
  const [began, arrived] = [minus(now, hours(1)), minus(now, days(10))]
  const enrollment = { protocol: 'acme', phase: 'ready', requestHash: 'h', keyHash: 'k', startedAt: at(began) }
  const failure = { code: 'PolicyDenied', message: 'no', time: at(began) }

  it.each([
    { title: 'its certificate', past: { status: { revision: 1 }, marks: marksOf() }, spent: [[arrived, 'fresh']] },
    { title: 'a later one', past: { status: { revision: 2 }, marks: marksOf() }, spent: [[arrived, 'renewal']] },
    {
      title: 'one from elsewhere',
      past: { status: {}, marks: marksOf({ issuerRef: { ...caRef, name: 'other' } }) },
      spent: [],
    },
    {
      title: 'an enrollment under way',
      past: { status: { enrollment: { ...enrollment, issuer: 'issuer-uid/3' } }, marks: undefined },
      spent: [[began, 'fresh']],
    },
    {
      title: 'an enrollment elsewhere',
      past: { status: { enrollment: { ...enrollment, issuer: 'other-uid/3' } }, marks: undefined },
      spent: [],
    },
    {
      title: 'failures, each once',
      past: {
        status: {
          lastFailure: { ...failure, issuer: 'other-uid/1' },
          otherFailures: [{ ...failure, issuer: 'issuer-uid/1', recent: [at(minus(now, hours(2))), at(began)] }],
        },
        marks: undefined,
      },
      spent: [
        [began, 'fresh'],
        [minus(now, hours(2)), 'fresh'],
      ],
    },
  ])('$title', ({ past, spent }) => {
    expect(spentBy(past, issuer).map((one) => [one.at, one.kind])).toEqual(spent)
  })
})
