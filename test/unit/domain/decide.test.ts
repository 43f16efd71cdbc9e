import { describe, expect, it } from '@jest/globals'
import { decide } from '../../../src/domain/decide.ts'
import type { Step } from '../../../src/domain/decide.ts'
import { days, minutes, plus } from '../../../src/std/time.ts'
import {
  at,
  dueSecret,
  inProcess,
  keyFacts,
  marksOf,
  network,
  now,
  pendingKey,
  secretOf,
  secretWith,
  snapshotOf,
} from './snapshots.ts'
import type { World } from './snapshots.ts'

const step = (world: World = {}): Step => decide(snapshotOf(world), now)
const nothing = { secret: undefined }
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
