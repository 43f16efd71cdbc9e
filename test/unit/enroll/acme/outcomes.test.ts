import { describe, expect, it } from '@jest/globals'
import type { FaultCode } from '../../../../src/domain/fault.ts'
import { failureOutcome, nextLook } from '../../../../src/enroll/acme/outcomes.ts'
import { between, days, hours, instant, milliseconds, minus, minutes, plus, seconds } from '../../../../src/std/time.ts'

const now = instant(Date.UTC(2026, 10, 23, 12))
const ticket = { version: 1, phase: 'challenges', state: {} }

describe('a failed call', () => {
  const failed = (code: FaultCode) => ({
    fault: { code, message: 'it failed' },
    retryAfter: plus(now, hours(1)),
    problem: undefined,
  })

  it.each<[FaultCode, object]>([
    ['RateLimited', { kind: 'deferred', wakeAt: plus(now, hours(1)), ticket }],
    ['Unreachable', { kind: 'deferred', wakeAt: plus(now, hours(1)), ticket }],
    ['ServerFailed', { kind: 'deferred', wakeAt: plus(now, hours(1)), ticket }],
    ['CredentialsRejected', { kind: 'blocked' }],
    ['Misconfigured', { kind: 'blocked' }],
    ['RequestRejected', { kind: 'refused', wakeAt: plus(now, hours(1)) }],
    ['RequestUnsupported', { kind: 'refused', wakeAt: plus(now, hours(1)) }],
  ])('with %s becomes an outcome that says when and whether to go on', (code, expected) => {
    expect(failureOutcome(failed(code), ticket)).toEqual({ fault: { code, message: 'it failed' }, ...expected })
  })
})

describe('the next look at an order', () => {
  it.each([
    ['soon while it is young', seconds(0), undefined, milliseconds(250)],
    ['later as it grows older', seconds(40), undefined, seconds(10)],
    ['within five minutes after days', days(3), undefined, minutes(5)],
    ['when the CA says', seconds(0), seconds(30), seconds(30)],
    ['within the hour when the CA says tomorrow', seconds(0), days(1), minutes(60)],
    ['not at once when the CA says so', seconds(0), seconds(0), milliseconds(250)],
    ['not in the past when the CA says so', seconds(0), days(-1), milliseconds(250)],
    ['soon when the order seems to come from the future', days(-1), undefined, milliseconds(250)],
  ])('is taken %s', (_name, age, asked, expected) => {
    const retryAfter = asked === undefined ? undefined : plus(now, asked)
    expect(between(now, nextLook({ createdAt: minus(now, age), retryAfter }, now))).toBe(expected)
  })
})
