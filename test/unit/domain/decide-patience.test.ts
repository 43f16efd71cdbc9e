import { describe, expect, it } from '@jest/globals'
import { decide } from '../../../src/domain/decide.ts'
import type { Step } from '../../../src/domain/decide.ts'
import { days, hours, minus, minutes, plus } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import { at, dueSecret, failureOf, inProcess, network, now, secretOf, snapshotOf, toldStatus } from './snapshots.ts'
import type { World } from './snapshots.ts'

const step = (world: World = {}): Step => decide(snapshotOf(world), now)
const nothing = { secret: undefined }
const newOutputs = { secretTemplate: { labels: { team: 'web' } } } as const

interface Row {
  readonly title: string
  readonly world: World
  readonly expected: object
}

describe('after a failure, the next attempt', () => {
  const failing = (more: Parameters<typeof failureOf>[0] = {}, world: World = {}): World => ({
    ...world,
    status: { ...toldStatus, ...world.status, lastFailure: failureOf(more) },
    more: { secret: dueSecret, issuer: inProcess, ...world.more },
  })
  const recovered = { ...inProcess, readySince: minus(now, minutes(10)) }
  const held = { kind: 'wait', reason: 'BackingOff', wakeAt: plus(now, hours(1)) }
  const goes = { kind: 'enroll' }
  const rows: readonly Row[] = [
    { title: 'waits for its time', world: failing(), expected: held },
    { title: 'comes at its time', world: failing({ nextTryTime: at(now) }), expected: goes },
    {
      title: 'comes at once when the spec has changed',
      world: failing({}, { spec: { dnsNames: ['x.example'] } }),
      expected: goes,
    },
    { title: 'comes at once when the issuer has changed', world: failing({ issuer: 'issuer-uid/2' }), expected: goes },
    { title: 'comes at once when a person asks for it', world: failing({}, { renewRequest: 'now' }), expected: goes },
    {
      title: 'does not come at once for a request that has failed already',
      world: failing({ renewRequest: 'now' }, { renewRequest: 'now' }),
      expected: held,
    },
    {
      title: 'comes at once when the failure lies in the future',
      world: failing({ time: at(plus(now, days(1))) }),
      expected: goes,
    },
    {
      title: 'comes at once when the issuer has recovered',
      world: failing({ code: 'CredentialsRejected' }, { more: { issuer: recovered } }),
      expected: goes,
    },
    {
      title: 'comes at once when the CA can be reached again',
      world: failing({}, { more: { issuer: recovered } }),
      expected: goes,
    },
    {
      title: 'does not come at once when the CA asked for patience',
      world: failing({ code: 'RateLimited' }, { more: { issuer: recovered } }),
      expected: held,
    },
    {
      title: 'does not come at once when the CA said no',
      world: failing({ code: 'PolicyDenied' }, { more: { issuer: recovered } }),
      expected: held,
    },
    {
      title: 'does not come at once for a recovery in the second of the failure',
      world: failing({ code: 'Misconfigured', time: at(minus(now, minutes(10))) }, { more: { issuer: recovered } }),
      expected: held,
    },
    {
      title: 'keeps some distance when the issuer has recovered too often',
      world: failing(
        { code: 'Misconfigured', attempts: 4, time: at(minus(now, minutes(4))) },
        { more: { issuer: { ...inProcess, readySince: minus(now, minutes(1)) } } },
      ),
      expected: { ...held, wakeAt: plus(now, minutes(1)) },
    },
    {
      title: 'never comes when a person must act',
      world: failing({ code: 'SecurityViolation' }),
      expected: { kind: 'stall', reason: 'NeedsPerson', wakeAt: undefined },
    },
    {
      title: 'waits as for a refusal when the failure is of a newer version',
      world: failing({ code: 'Unheard' }),
      expected: held,
    },
  ]
  it.each(rows)('$title', ({ world, expected }) => {
    expect(step(world)).toMatchObject(expected)
  })
})

describe('a Secret that somebody else keeps changing', () => {
  const repairs = Array.from({ length: 6 }, (_, i) => at(minus(now, minutes(50 - i))))
  const opens = { kind: 'stall', reason: 'SecretContested', wakeAt: plus(now, minutes(10)) }
  const changed = secretOf({ intact: false })
  const rows: readonly Row[] = [
    {
      title: 'is put right',
      world: { status: { ...toldStatus, repairs: repairs.slice(1) }, more: { secret: changed } },
      expected: { kind: 'publish' },
    },
    {
      title: 'is put right six times an hour',
      world: { status: { ...toldStatus, repairs }, more: { secret: changed } },
      expected: opens,
    },
    {
      title: 'is put right again after an hour',
      world: {
        status: { ...toldStatus, repairs: repairs.map(() => at(minus(now, hours(1)))) },
        more: { secret: changed },
      },
      expected: { kind: 'publish' },
    },
    {
      title: 'is issued anew six times an hour',
      world: { status: { ...toldStatus, repairs }, more: { ...nothing, issuer: inProcess } },
      expected: opens,
    },
    {
      title: 'is rewritten at once when the spec wants it',
      world: { spec: newOutputs, status: { ...toldStatus, repairs }, more: { secret: changed } },
      expected: { kind: 'publish' },
    },
    {
      title: 'is renewed when it is due',
      world: {
        status: { ...toldStatus, repairs },
        more: { secret: { ...dueSecret, intact: false }, issuer: inProcess },
      },
      expected: { kind: 'enroll' },
    },
  ]
  it.each(rows)('$title', ({ world, expected }) => {
    expect(step(world)).toMatchObject(expected)
  })
})

describe("the CA's advice", () => {
  const advised = (askAgainAt: Instant, serialNumber = 'AA'): World => ({
    status: { ...toldStatus, renewalInfo: { serialNumber, checkedAt: at(now), askAgainAt: at(askAgainAt) } },
    more: { issuer: { ...network, advises: true } },
  })
  it.each([
    { title: 'is asked for a while after issuance', world: advised(plus(now, hours(1)), 'BB'), kind: 'advise' },
    { title: 'is waited for', world: advised(plus(now, hours(1))), kind: 'idle' },
    { title: 'is asked for again at its time', world: advised(now), kind: 'advise' },
    {
      title: 'is asked for when its time was noted by a wrong clock',
      world: advised(plus(now, days(3))),
      kind: 'advise',
    },
    { title: 'is not asked of an issuer that gives none', world: { ...advised(now), more: {} }, kind: 'idle' },
  ])('$title', ({ world, kind }) => {
    expect(step(world).kind).toBe(kind)
  })
})
