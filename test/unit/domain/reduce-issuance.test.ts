import { describe, expect, it } from '@jest/globals'
import type { Step } from '../../../src/domain/decide.ts'
import { fault } from '../../../src/domain/fault.ts'
import type { FaultCode } from '../../../src/domain/fault.ts'
import type { Result } from '../../../src/domain/outcome.ts'
import { days, hours, minus, minutes, plus } from '../../../src/std/time.ts'
import { conditionsOf, due, next, poll, ticket } from './reducing.ts'
import { at, dueSecret, failureOf, flightOf, keyFacts, now, secretOf, secretWith, toldStatus } from './snapshots.ts'
import type { World } from './snapshots.ts'

const meddled = { reason: 'SecretDamaged', message: 'the Secret was changed', cause: 'meddling' } as const

const facts = { serialNumber: 'BB', fingerprint: 'f-BB', publicKeyHash: 'key-2', notBefore: now } as const
const stored = {
  ...secretWith({ ...facts, notAfter: plus(now, days(90)) }, { issuedAt: now }),
  key: { kind: 'ok', facts: keyFacts('key-2') },
} as const

describe('a certificate that was issued and stored', () => {
  const issued = (remarks: readonly string[] = []): Result => ({ kind: 'issued', secret: stored, remarks })

  it('is told with the facts of the Secret that was written, not of the one that was read', () => {
    expect(next(due, issued()).status).toMatchObject({
      revision: 2,
      serialNumber: 'BB',
      fingerprintSHA256: 'f-BB',
      notBefore: at(now),
      notAfter: at(plus(now, days(90))),
      issuedBy: { name: 'ca', protocol: 'acme' },
    })
  })

  it('is announced, with what the CA changed', () => {
    expect(next(due, issued(['the CA shortened the duration'])).events).toEqual([
      {
        type: 'Normal',
        reason: 'Issued',
        message: `Issued certificate BB, valid until ${at(plus(now, days(90)))}. Note: the CA shortened the duration.`,
      },
    ])
  })

  it('ends the enrollment and every memory of failures', () => {
    const status = { ...toldStatus, enrollment: flightOf(), lastFailure: failureOf(), failedIssuanceAttempts: 3 }
    const after = next({ ...due, status }, issued(), poll)
    for (const gone of ['enrollment', 'lastFailure', 'failedIssuanceAttempts'])
      expect(after.status).not.toHaveProperty(gone)
  })

  it('is told at once when its key still has to be removed, and rests otherwise until it is due', () => {
    expect(next(due, issued()).then).toEqual({ kind: 'again' })
    const { status, then } = next({ more: { secret: dueSecret } }, issued())
    expect(then).toMatchObject({ kind: 'at' })
    expect(then.kind === 'at' ? at(then.at) : '').toBe(status?.renewalTime)
  })

  it('counts as a repair only when somebody had meddled', () => {
    expect(next(due, issued()).status?.repairs).toBeUndefined()
    expect(next({ more: { secret: undefined } }, issued()).status?.repairs).toEqual([at(now)])
    expect(next({ status: {}, more: { secret: undefined } }, issued()).status?.repairs).toBeUndefined()
  })

  it('is a failure when yet another one would be asked for at once', () => {
    const wrong = { ...stored, key: { kind: 'ok', facts: keyFacts('key-9') } } as const
    const after = next(due, { kind: 'issued', secret: wrong, remarks: [] })
    expect(after.events).toMatchObject([{ type: 'Warning', reason: 'WrongCertificate' }])
    expect(after.status).toMatchObject({ revision: 2, lastFailure: { code: 'WrongCertificate', attempts: 1 } })
    expect(after.then).toMatchObject({ kind: 'at' })
  })
})

describe('a Secret that was written anew', () => {
  const published: Result = { kind: 'published', secret: secretOf({ resourceVersion: '9' }) }
  const repair: Step = { kind: 'publish', violation: meddled }

  it('counts as a repair, without an Event, and rests', () => {
    const after = next({ more: { secret: secretOf({ intact: false }) } }, published, repair)
    expect(after.status?.repairs).toEqual([at(now)])
    expect(after.status?.revision).toBe(1)
    expect(after.events).toEqual([])
    expect(after.then).toMatchObject({ kind: 'at' })
  })

  it('counts as nothing when the spec asked for it', () => {
    const asked: Step = { kind: 'publish', violation: { ...meddled, cause: 'wish' } }
    expect(next({}, published, asked).status?.repairs).toBeUndefined()
  })
})

describe('an exchange that failed', () => {
  type How = Extract<Result, { kind: 'failed' }>['how']
  const failed = (how: How, code: FaultCode): Extract<Result, { kind: 'failed' }> => ({
    kind: 'failed',
    how,
    fault: fault(code, 'it went wrong'),
  })
  const flying: World = { ...due, status: { ...toldStatus, enrollment: flightOf() } }

  it.each([
    { how: 'deferred' as How, code: 'Unreachable' as const, counted: 1, told: 'False BackingOff' },
    { how: 'refused' as How, code: 'PolicyDenied' as const, counted: 1, told: 'False BackingOff' },
    { how: 'blocked' as How, code: 'CredentialsRejected' as const, counted: 0, told: 'False BackingOff' },
    { how: 'refused' as How, code: 'SecurityViolation' as const, counted: 1, told: 'False NeedsPerson' },
  ])('because it was $how ($code) is remembered and warned of', ({ how, code, counted, told }) => {
    const after = next(due, failed(how, code))
    expect(after.status).toMatchObject({
      failedIssuanceAttempts: counted,
      lastFailure: { code, message: 'it went wrong', time: at(now), attempts: 1, issuer: 'issuer-uid/3' },
    })
    expect(after.events).toEqual([{ type: 'Warning', reason: code, message: 'it went wrong' }])
    expect(conditionsOf(after)).toMatchObject({ Ready: 'True Ready', Issuing: told })
  })

  it('has a time for the next attempt, to which it wakes', () => {
    const { status, then } = next(due, failed('deferred', 'Unreachable'))
    expect(then.kind === 'at' ? at(then.at) : '').toBe(status?.lastFailure?.nextTryTime)
  })

  it('has none when a person must act, and wakes for the end of the certificate only', () => {
    const { status, then } = next(due, failed('refused', 'SecurityViolation'))
    expect(status?.lastFailure).not.toHaveProperty('nextTryTime')
    expect(then).toEqual({ kind: 'at', at: plus(now, days(20)) })
  })

  it('counts on from the failures of the same wish, and anew for another', () => {
    const attempts = (world: World) => next(world, failed('refused', 'PolicyDenied')).status?.lastFailure?.attempts
    const status = { ...toldStatus, lastFailure: failureOf({ attempts: 4 }) }
    expect(attempts({ ...due, status })).toBe(5)
    expect(attempts({ ...due, status, spec: { dnsNames: ['x.example.com'] } })).toBe(1)
  })

  it.each([
    {
      title: 'goes on with a ticket that came with it',
      result: { ...failed('deferred', 'Unreachable'), ticket },
      kept: true,
    },
    { title: 'goes on when the issuer was at fault', result: failed('blocked', 'CredentialsRejected'), kept: true },
    { title: 'ends the enrollment otherwise', result: failed('refused', 'PolicyDenied'), kept: false },
    {
      title: 'ends it when a person must act',
      result: { ...failed('refused', 'SecurityViolation'), ticket },
      kept: false,
    },
  ])('$title', ({ result, kept }) => {
    expect(next(flying, result, poll).status?.enrollment?.ticket).toEqual(kept ? ticket : undefined)
  })

  it('while writing the outputs is a stall, and no failure of the CA', () => {
    const after = next({}, failed('refused', 'Misconfigured'), { kind: 'publish', violation: meddled })
    expect(conditionsOf(after)).toMatchObject({ Ready: 'True Ready', Stalled: 'True OutputsFailed' })
    expect(after.status).not.toHaveProperty('lastFailure')
    expect(after.then).toEqual({ kind: 'at', at: plus(now, minutes(3)) })
  })

  it('while asking for advice is noted, asked again in an hour, and holds nothing back', () => {
    const after = next({}, failed('deferred', 'Unreachable'), { kind: 'advise' })
    expect(after.status?.renewalInfo).toMatchObject({ message: 'it went wrong', askAgainAt: at(plus(now, hours(1))) })
    expect(after.status).not.toHaveProperty('lastFailure')
    expect(after).toMatchObject({ events: [], then: { kind: 'again' } })
  })
})

describe("the CA's advice", () => {
  const window = { start: plus(now, days(1)), end: plus(now, days(2)), explanationUrl: 'https://ca.example/why' }
  const advised = (askAgainAt = plus(now, hours(6))): Result => ({
    kind: 'advised',
    advice: { serialNumber: 'AA', window, askAgainAt },
  })

  it('is noted, and its explanation told once', () => {
    const after = next({}, advised(), { kind: 'advise' })
    expect(after.status?.renewalInfo).toMatchObject({
      serialNumber: 'AA',
      windowStart: at(window.start),
      windowEnd: at(window.end),
      askAgainAt: at(plus(now, hours(6))),
    })
    expect(after.events).toMatchObject([{ type: 'Normal', reason: 'RenewalSuggested' }])
    expect(next({ status: after.status ?? {} }, advised(), { kind: 'advise' }).events).toEqual([])
  })

  it.each([
    { title: 'at once is asked again in a minute', askAgainAt: minus(now, days(1)), expected: minutes(1) },
    { title: 'in a year is asked again in a day', askAgainAt: plus(now, days(365)), expected: hours(24) },
  ])('that wants to be asked again $title', ({ askAgainAt, expected }) => {
    const { status } = next({}, advised(askAgainAt), { kind: 'advise' })
    expect(status?.renewalInfo?.askAgainAt).toBe(at(plus(now, expected)))
  })
})
