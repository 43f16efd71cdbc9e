import { describe, expect, it } from '@jest/globals'
import { decide } from '../../../src/domain/decide.ts'
import type { Step } from '../../../src/domain/decide.ts'
import type { Snapshot } from '../../../src/domain/snapshot.ts'
import { days, hours, minus, minutes, plus, seconds } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import {
  at,
  dueSecret,
  failureOf,
  flightOf,
  inProcess,
  keyFacts,
  marksOf,
  network,
  now,
  pendingKey,
  secretOf,
  secretWith,
  snapshotOf,
  toldStatus,
} from './snapshots.ts'
import type { World } from './snapshots.ts'

const step = (world: World = {}, when: Instant = now): Step => decide(snapshotOf(world), when)
const nothing: Partial<Snapshot> = { secret: undefined }
const missing = { kind: 'missing', message: 'Issuer ca does not exist' } as const
const notReady = { kind: 'notReady', message: 'Issuer ca is not ready' } as const
const never = { privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Never' } } as const
const newOutputs = { secretTemplate: { labels: { team: 'web' } } } as const

interface Row {
  readonly title: string
  readonly world: World
  readonly expected: object
}

describe('without an enrollment in flight, the next step', () => {
  const rows: readonly Row[] = [
    { title: 'for a good certificate is to rest until it is due', world: {}, expected: { kind: 'idle' } },
    {
      title: 'for a Certificate that is being deleted is to rest',
      world: { deleting: true, more: nothing },
      expected: { kind: 'idle', wakeAt: undefined },
    },
    {
      title: 'for a spec that cannot be understood is to say so',
      world: { invalid: 'spec.duration is odd' },
      expected: { kind: 'stall', reason: 'InvalidSpec', message: 'spec.duration is odd' },
    },
    {
      title: 'for the younger of two Certificates is to stand back',
      world: { more: { rival: 'api' } },
      expected: { kind: 'stall', reason: 'SecretNameTaken', wakeAt: plus(now, minutes(3)) },
    },
    {
      title: 'for a first certificate without an issuer is to wait',
      world: { more: { ...nothing, issuer: missing } },
      expected: { kind: 'wait', reason: 'IssuerNotFound', wakeAt: undefined },
    },
    {
      title: 'for a first certificate from an issuer that is not ready is to wait',
      world: { more: { ...nothing, issuer: notReady } },
      expected: { kind: 'wait', reason: 'IssuerNotReady', wakeAt: undefined },
    },
    {
      title: 'for a first certificate from afar is to make a key',
      world: { more: nothing },
      expected: { kind: 'makeKey' },
    },
    {
      title: 'for a first certificate from afar, with its key, is to ask',
      world: { more: { ...nothing, pending: pendingKey } },
      expected: { kind: 'enroll', key: 'pending' },
    },
    {
      title: 'for a first certificate from this process is to ask',
      world: { more: { ...nothing, issuer: inProcess } },
      expected: { kind: 'enroll', key: 'fresh' },
    },
    {
      title: 'with a pending key that does not fit is to make another',
      world: { spec: { privateKey: { algorithm: 'RSA' } }, more: { ...nothing, pending: pendingKey } },
      expected: { kind: 'makeKey' },
    },
    {
      title: 'with a pending key that is damaged is to make another',
      world: { more: { ...nothing, pending: { ...pendingKey, key: undefined } } },
      expected: { kind: 'makeKey' },
    },
    {
      title: 'with a pending key that is in use already is to make another',
      world: { more: { secret: dueSecret, pending: { ...pendingKey, key: keyFacts('key-1') } } },
      expected: { kind: 'makeKey' },
    },
    {
      title: 'for a due certificate whose key is to stay is to ask with it',
      world: { spec: never, more: { secret: dueSecret } },
      expected: { kind: 'enroll', key: 'current', violation: { reason: 'Renewing' } },
    },
    {
      title: 'for a key that is to stay and does not fit is to say so',
      world: { spec: { privateKey: { algorithm: 'RSA', rotationPolicy: 'Never' } } },
      expected: { kind: 'stall', reason: 'KeyDoesNotFit' },
    },
    {
      title: 'for a good certificate with a key left over is to remove it',
      world: { more: { pending: pendingKey } },
      expected: { kind: 'discardKey' },
    },
    {
      title: 'for outputs that have changed is to publish',
      world: { spec: newOutputs },
      expected: { kind: 'publish', violation: { reason: 'OutputsChanged' } },
    },
    {
      title: 'for outputs that have changed while the issuer is away is to publish',
      world: { spec: newOutputs, more: { secret: dueSecret, issuer: notReady } },
      expected: { kind: 'publish' },
    },
    {
      title: 'after a crash between Secret and status is to tell',
      world: { status: {}, more: { pending: pendingKey } },
      expected: { kind: 'idle', wakeAt: now },
    },
    {
      title: "when a stranger's Secret was in the way is to look for it",
      world: { status: { conditions: [stalledFor('SecretNotOurs')] }, more: { ...nothing, issuer: inProcess } },
      expected: { kind: 'makeKey' },
    },
  ]
  it.each(rows)('$title', ({ world, expected }) => {
    expect(step(world)).toMatchObject(expected)
  })

  it('is to rest until two thirds of its life have passed, a thirtieth early at most', () => {
    const idle = step()
    const wakeAt = idle.kind === 'idle' ? (idle.wakeAt ?? now) : now
    expect(wakeAt).toBeGreaterThan(plus(now, days(46)))
    expect(wakeAt).toBeLessThanOrEqual(plus(now, days(50)))
  })
})

function stalledFor(reason: string) {
  return { type: 'Stalled', status: 'True' as const, reason, message: '', lastTransitionTime: at(now) }
}

describe('a renewal that the current certificate can sign', () => {
  const issuer = { ...network, renewsWithCurrent: true }
  const due = { issuer, secret: dueSecret, pending: pendingKey }
  const rows: readonly Row[] = [
    { title: 'is signed by it', world: { more: due }, expected: { kind: 'renew' } },
    {
      title: 'is not, once that has expired',
      world: { more: { ...due, secret: secretWith({ notAfter: now }) } },
      expected: { kind: 'enroll' },
    },
    {
      title: 'is not, when another issuer gave it',
      world: {
        more: {
          ...due,
          secret: secretOf({ marks: marksOf({ issuerRef: { name: 'old', kind: 'Issuer', group: 'perennial.dev' } }) }),
        },
      },
      expected: { kind: 'enroll' },
    },
    {
      title: 'is not, when other names are asked for',
      world: { spec: { dnsNames: ['api.example.com'] }, more: due },
      expected: { kind: 'enroll' },
    },
    {
      title: 'is not, when its key is damaged',
      world: { more: { ...due, secret: secretOf({ key: { kind: 'damaged', message: '' } }) } },
      expected: { kind: 'enroll' },
    },
  ]
  it.each(rows)('$title', ({ world, expected }) => {
    expect(step(world)).toMatchObject(expected)
  })
})

describe('an enrollment in flight', () => {
  const flying = (more: Parameters<typeof flightOf>[0] = {}, world: World = {}): World => ({
    ...world,
    status: { ...toldStatus, ...world.status, enrollment: flightOf(more) },
    more: { pending: pendingKey, secret: dueSecret, ...world.more },
  })
  const landed = secretWith({ publicKeyHash: 'key-2', serialNumber: 'BB', fingerprint: 'f-BB' })
  const rows: readonly Row[] = [
    {
      title: 'is gone on with',
      world: flying(),
      expected: { kind: 'poll', key: 'pending', ticket: flightOf().ticket },
    },
    {
      title: 'is gone on with although the certificate is good meanwhile',
      world: flying({}, { more: { secret: secretOf() } }),
      expected: { kind: 'poll' },
    },
    {
      title: 'waits for its time',
      world: flying({ nextPollTime: at(plus(now, hours(1))) }),
      expected: { kind: 'wait', reason: 'Pending', message: 'waiting for the CA', wakeAt: plus(now, hours(1)) },
    },
    {
      title: 'does not wait for a time that a wrong clock noted',
      world: flying({ nextPollTime: at(plus(now, days(1))), askedAt: at(plus(now, hours(23))) }),
      expected: { kind: 'poll' },
    },
    {
      title: 'waits as long as it was held',
      world: flying({}, { more: { hold: plus(now, seconds(5)) } }),
      expected: { kind: 'wait', reason: 'Pending', wakeAt: plus(now, seconds(5)) },
    },
    {
      title: 'is not held longer than it ever is',
      world: flying({}, { more: { hold: plus(now, hours(5)) } }),
      expected: { kind: 'poll' },
    },
    {
      title: 'waits for an issuer that is not ready',
      world: flying({}, { more: { issuer: notReady } }),
      expected: { kind: 'wait', reason: 'IssuerNotReady' },
    },
    {
      title: 'waits after an exchange that failed',
      world: flying({}, { status: { lastFailure: failureOf() } }),
      expected: { kind: 'wait', reason: 'BackingOff' },
    },
    {
      title: 'does not wait for a failure that came before it',
      world: flying({ startedAt: at(now) }, { status: { lastFailure: failureOf() } }),
      expected: { kind: 'poll' },
    },
    {
      title: 'is given up when the spec has changed',
      world: flying({}, { spec: { dnsNames: ['x.example'] } }),
      expected: { kind: 'abandon', message: 'the spec has changed' },
    },
    {
      title: 'is given up when the issuer is gone',
      world: flying({}, { more: { issuer: missing } }),
      expected: { kind: 'abandon', message: missing.message },
    },
    {
      title: 'is given up when the issuer has changed',
      world: flying({}, { more: { issuer: { ...network, generation: 4 } } }),
      expected: { kind: 'abandon', message: 'the issuer has changed' },
    },
    {
      title: 'is given up when its key is gone',
      world: flying({}, { more: { pending: undefined } }),
      expected: { kind: 'abandon', message: 'the key of the enrollment is gone' },
    },
    {
      title: 'goes on with the key that is to stay',
      world: flying({ keyHash: 'key-1' }, { spec: never, more: { pending: undefined } }),
      expected: { kind: 'poll', key: 'current' },
    },
    {
      title: 'is given up when the key was to stay and is to change now',
      world: flying({ keyHash: 'key-1' }, { more: { pending: undefined } }),
      expected: { kind: 'abandon' },
    },
    {
      title: 'that has landed in the Secret is told',
      world: flying({}, { more: { secret: { ...landed, key: { kind: 'ok', facts: keyFacts('key-2') } } } }),
      expected: { kind: 'idle', wakeAt: now },
    },
    {
      title: 'with the key that is to stay has not landed while the old certificate is there',
      world: flying({ keyHash: 'key-1' }, { spec: never, more: { secret: secretOf(), pending: undefined } }),
      expected: { kind: 'poll' },
    },
  ]
  it.each(rows)('$title', ({ world, expected }) => {
    expect(step(world)).toMatchObject(expected)
  })
})

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
