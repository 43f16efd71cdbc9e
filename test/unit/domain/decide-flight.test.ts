import { describe, expect, it } from '@jest/globals'
import { decide } from '../../../src/domain/decide.ts'
import type { Step } from '../../../src/domain/decide.ts'
import { days, hours, plus, seconds } from '../../../src/std/time.ts'
import {
  at,
  dueSecret,
  failureOf,
  flightOf,
  keyFacts,
  network,
  now,
  pendingKey,
  secretOf,
  secretWith,
  snapshotOf,
  toldStatus,
} from './snapshots.ts'
import type { World } from './snapshots.ts'

const step = (world: World = {}): Step => decide(snapshotOf(world), now)
const missing = { kind: 'missing', message: 'Issuer ca does not exist' } as const
const notReady = { kind: 'notReady', message: 'Issuer ca is not ready' } as const
const never = { privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Never' } } as const

interface Row {
  readonly title: string
  readonly world: World
  readonly expected: object
}

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
