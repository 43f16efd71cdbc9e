import { describe, expect, it } from '@jest/globals'
import { conditions } from '../../../src/domain/conditions.ts'
import { decide } from '../../../src/domain/decide.ts'
import type { Step } from '../../../src/domain/decide.ts'
import { renewAt } from '../../../src/domain/due.ts'
import { reduce } from '../../../src/domain/reduce.ts'
import type { PacingView } from '../../../src/domain/snapshot.ts'
import { readWindows } from '../../../src/domain/windows.ts'
import { err, ok } from '../../../src/std/result.ts'
import { days, hours, minus, plus, toRfc3339 } from '../../../src/std/time.ts'
import { at, dueSecret, inProcess, now, secretOf, secretWith, snapshotOf, toldStatus } from './snapshots.ts'
import type { World } from './snapshots.ts'

/** The test's now is noon in June. */
function pacingOf(schedule: string, duration = '4h'): PacingView {
  const windows = readWindows('spec.renewalWindows', [{ schedule, duration, timeZone: 'UTC' }])
  if (!windows.ok) throw new Error(windows.error)
  return { windows: ok(windows.value), pressedUntil: undefined }
}

const nightly = pacingOf('0 2 * * *')
const yearly = pacingOf('0 2 1 1 *')
const broken: PacingView = {
  windows: err('spec.renewalWindows[0].timeZone: "Mars" is not a time zone'),
  pressedUntil: undefined,
}

const step = (pacing: PacingView, { more, ...world }: World = {}): Step =>
  decide(snapshotOf({ ...world, more: { issuer: inProcess, pacing, ...more } }), now)

const lastWeek = secretWith(
  { notBefore: minus(now, days(82)), notAfter: plus(now, days(8)) },
  { issuedAt: minus(now, days(82)) },
)
const goes = { kind: 'enroll' }

describe('where there are renewal windows, what is due', () => {
  it('waits for one, and says when it is its turn', () => {
    const waiting = step(nightly, { more: { secret: dueSecret } })
    expect(waiting).toMatchObject({ kind: 'wait', reason: 'OutsideWindow' })
    if (waiting.kind !== 'wait') throw new Error('it does not wait')
    expect(waiting.message).toBe(
      `waits for a renewal window, in which its turn is at ${waiting.wakeAt && at(waiting.wakeAt)}`,
    )
    expect(waiting.wakeAt).toBeGreaterThanOrEqual(plus(now, hours(14)))
    expect(waiting.wakeAt).toBeLessThan(plus(now, hours(18)))
  })

  it.each([
    { title: 'inside of one', pacing: pacingOf('* * * * *', '1h'), world: { more: { secret: dueSecret } } },
    { title: 'in the last tenth of its life', pacing: nightly, world: { more: { secret: lastWeek } } },
    { title: 'where none opens in time', pacing: yearly, world: { more: { secret: dueSecret } } },
    { title: 'where they cannot be understood', pacing: broken, world: { more: { secret: dueSecret } } },
    {
      title: 'where its issuer is under the pressure of its budget',
      pacing: { ...nightly, pressedUntil: plus(now, days(20)) },
      world: { more: { secret: dueSecret } },
    },
    {
      title: 'after the window that the CA suggested',
      pacing: nightly,
      world: {
        status: {
          ...toldStatus,
          renewalInfo: {
            serialNumber: 'AA',
            windowStart: at(minus(now, days(3))),
            windowEnd: at(minus(now, hours(1))),
            checkedAt: at(now),
            askAgainAt: at(plus(now, hours(6))),
          },
        },
      },
    },
  ])('is renewed $title', ({ pacing, world }) => {
    expect(step(pacing, world)).toMatchObject(goes)
  })

  it.each([
    { title: 'a first certificate', world: { more: { secret: undefined } } },
    { title: 'a changed spec', world: { spec: { dnsNames: ['a.example'] } } },
    { title: 'a damaged Secret', world: { more: { secret: secretOf({ key: { kind: 'damaged', message: 'junk' } }) } } },
    { title: 'a request by a person', world: { renewRequest: 'now' } },
    {
      title: 'an expired certificate',
      world: { more: { secret: secretWith({ notBefore: minus(now, days(90)), notAfter: minus(now, days(1)) }) } },
    },
  ])('is not what $title is: it waits for none', ({ world }) => {
    expect(step(nightly, world)).toMatchObject(goes)
  })

  it('by order of a policy has its moment in every window', () => {
    const breaches = [{ about: 'Certificate', mode: 'Enforce', policy: 'p', rule: 'r', message: 'm' }] as const
    const policy = { judgedBy: ['p'], breaches, reissues: true, fingerprint: 'f' } as const
    expect(step(nightly, { more: { policy } })).toMatchObject({ kind: 'wait', reason: 'OutsideWindow' })
  })
})

describe('the moment of renewal', () => {
  const momentOf = (pacing: PacingView | undefined): string => {
    const moment = renewAt(snapshotOf({ more: { pacing } }))
    return moment === undefined ? 'none' : toRfc3339(moment)
  }

  it('lies in the first window after it is due', () => {
    expect(momentOf(undefined)).not.toMatch(/T0[2-5]:/)
    expect(momentOf(nightly)).toMatch(/T0[2-5]:/)
    expect(momentOf(nightly) > momentOf(undefined)).toBe(true)
  })

  it('is when it is due where none opens in time', () => {
    expect(momentOf(yearly)).toBe(momentOf(undefined))
    expect(momentOf(broken)).toBe(momentOf(undefined))
  })
})

describe('windows that are not waited for', () => {
  const told = (pacing: PacingView): readonly string[] =>
    conditions(snapshotOf({ more: { pacing } }), { kind: 'none' }, now)
      .filter(({ type }) => type === 'WindowsIgnored')
      .map(({ status, reason, message }) => `${status} ${reason}: ${message}`)

  it('are told as a condition, with the reason', () => {
    expect(told(nightly)).toEqual([])
    expect(told(broken)).toEqual([
      'True InvalidWindow: spec.renewalWindows[0].timeZone: "Mars" is not a time zone; renewals wait for no window until it is mended.',
    ])
    expect(told(yearly).join()).toMatch(
      /^True NoWindowInTime: No renewal window opens between 2026-.*outside of any window\.$/,
    )
  })

  it('are told as an Event when that turns so, and not again', () => {
    const settle = (status: object): readonly string[] => {
      const snapshot = snapshotOf({ status: { ...toldStatus, ...status }, more: { pacing: broken } })
      const next = reduce(snapshot, { step: { kind: 'idle', wakeAt: undefined }, result: { kind: 'nothing' } }, now)
      return next.events.map(({ type, reason }) => `${type} ${reason}`)
    }
    expect(settle({})).toEqual(['Warning InvalidWindow'])
    const condition = {
      type: 'WindowsIgnored',
      status: 'True',
      reason: 'InvalidWindow',
      message: 'm',
      lastTransitionTime: at(now),
    }
    expect(settle({ conditions: [condition] })).toEqual([])
  })
})
