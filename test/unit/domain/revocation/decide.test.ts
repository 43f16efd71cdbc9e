import { describe, expect, it } from '@jest/globals'
import type { Condition } from '../../../../src/api/meta.ts'
import type { RevocationSpec, RevocationStatus, RevocationTarget } from '../../../../src/api/revocation.ts'
import { decideRevocation } from '../../../../src/domain/revocation/decide.ts'
import type { RevocationStep } from '../../../../src/domain/revocation/decide.ts'
import { farewellOf, isSoonThrough, revokeFinalizer } from '../../../../src/domain/revocation/farewell.ts'
import { reduceRevocation } from '../../../../src/domain/revocation/reduce.ts'
import type { RevocationResult } from '../../../../src/domain/revocation/reduce.ts'
import type { RevocationSnapshot } from '../../../../src/domain/revocation/snapshot.ts'
import { fault } from '../../../../src/domain/fault.ts'
import { fromRfc3339, hours, minutes, plus, seconds, toRfc3339 } from '../../../../src/std/time.ts'
import type { Instant } from '../../../../src/std/time.ts'

const at = (text: string): Instant => fromRfc3339(text) ?? (Number.NaN as Instant)
const now = at('2026-11-01T00:00:00Z')
const ref = { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } as const
const clusterRef = { ...ref, kind: 'ClusterIssuer' } as const

const target: RevocationTarget = {
  serialNumber: '0A',
  sha256Fingerprint: 'ab',
  notAfter: '2027-01-01T00:00:00Z',
  certificate: 'PEM',
  proven: true,
  issuerRef: ref,
}
const holder = { name: 'web', keepsKey: false, renewRequest: undefined }
const able = { kind: 'ready', ref, protocol: 'paper', revokes: true } as const

interface Case {
  readonly spec?: Partial<RevocationSpec>
  readonly status?: RevocationStatus
  readonly snapshot?: Partial<RevocationSnapshot>
}

const snapshotOf = ({ spec = {}, status = {}, snapshot = {} }: Case): RevocationSnapshot => ({
  name: 'order',
  uid: 'u1',
  generation: 1,
  spec: { certificateRef: { name: 'web' }, ...spec },
  status: { target, ...status },
  target,
  holder: undefined,
  issuer: able,
  ...snapshot,
})

const ready = (status: 'True' | 'False', reason: string, since = toRfc3339(now)) => ({
  type: 'Ready',
  status,
  reason,
  message: `${reason}.`,
  lastTransitionTime: since,
})

describe('an order to revoke', () => {
  it.each<[string, Case, Partial<RevocationStep>]>([
    ['looks for its certificate first', { snapshot: { target: undefined } }, { kind: 'find' }],
    ['is carried out once all is there', {}, { kind: 'revoke' }],
    [
      'waits for its moment',
      { spec: { notBefore: '2026-11-02T00:00:00Z' } },
      { kind: 'wait', reason: 'NotYetDue', until: at('2026-11-02T00:00:00Z') },
    ],
    ['is carried out when its moment has come', { spec: { notBefore: '2026-11-01T00:00:00Z' } }, { kind: 'revoke' }],
    [
      'has nothing to do with a certificate that has expired',
      { snapshot: { target: { ...target, notAfter: '2026-10-31T00:00:00Z' } } },
      { kind: 'close', reason: 'Expired' },
    ],
    ['revokes a certificate in use unless told to wait', { snapshot: { holder } }, { kind: 'revoke' }],
    [
      'waits while the certificate is in use, when told to',
      { spec: { inUse: 'Wait' }, snapshot: { holder } },
      { kind: 'wait', reason: 'InUse' },
    ],
    ['waits for no use that is over', { spec: { inUse: 'Wait' } }, { kind: 'revoke' }],
    [
      'asks for the successor first',
      { spec: { reissue: 'First' }, snapshot: { holder } },
      { kind: 'reissue', certificateName: 'web', token: 'revocation-u1' },
    ],
    [
      'asks for the successor once',
      { spec: { reissue: 'First' }, snapshot: { holder: { ...holder, renewRequest: 'revocation-u1' } } },
      { kind: 'wait', reason: 'Reissuing' },
    ],
    [
      'does not have a compromised key certified again',
      { spec: { reissue: 'First', reason: 'keyCompromise' }, snapshot: { holder: { ...holder, keepsKey: true } } },
      { kind: 'stall', reason: 'KeyIsKept' },
    ],
    ['wants to know whom to ask', { snapshot: { issuer: undefined } }, { kind: 'stall', reason: 'IssuerUnknown' }],
    [
      'waits for an issuer that is not there',
      { snapshot: { issuer: { kind: 'absent', ref, message: 'none' } } },
      { kind: 'wait', reason: 'IssuerMissing' },
    ],
    [
      'waits for an issuer that is not ready',
      { snapshot: { issuer: { kind: 'notReady', ref, message: 'down' } } },
      { kind: 'wait', reason: 'IssuerNotReady' },
    ],
    [
      'asks no issuer that cannot',
      { snapshot: { issuer: { ...able, revokes: false } } },
      { kind: 'stall', reason: 'CannotRevoke' },
    ],
    [
      'asks an issuer of all namespaces only about a certificate that is proven to be of its own',
      { snapshot: { issuer: { ...able, ref: clusterRef }, target: { ...target, proven: false } } },
      { kind: 'stall', reason: 'NotProven' },
    ],
    ['asks it about one that is', { snapshot: { issuer: { ...able, ref: clusterRef } } }, { kind: 'revoke' }],
    [
      'keeps to the wait after a failure',
      { status: { target, nextAttempt: '2026-11-01T00:01:00Z', conditions: [ready('False', 'Unreachable')] } },
      { kind: 'wait', reason: 'Unreachable', until: at('2026-11-01T00:01:00Z') },
    ],
    ['rests when it is done', { status: { target, revokedAt: toRfc3339(now) } }, { kind: 'rest' }],
    [
      'goes when it has been kept for long enough',
      { spec: { ttlAfterRevoked: '1h' }, status: { target, revokedAt: '2026-10-31T23:00:00Z' } },
      { kind: 'remove' },
    ],
    [
      'stays until then',
      { spec: { ttlAfterRevoked: '1h' }, status: { target, revokedAt: '2026-10-31T23:30:00Z' } },
      { kind: 'rest', until: at('2026-11-01T00:30:00Z') },
    ],
  ])('%s', (_sentence, given, expected) => {
    const step = decideRevocation(snapshotOf(given), now)
    if (step.kind === 'wait' && step.until !== undefined && step.until <= now) throw new Error('waits for the past')
    expect(step).toMatchObject(expected)
  })

  it.each([
    ['an issuer that cannot', {}, 'as it is set up: name in spec.issuerRef'],
    [
      'one that its settings keep from it',
      { revokesOnce: 'set its spec.x' },
      'as it is set up: set its spec.x, or name in',
    ],
  ])('says of %s what to do', (_which, once, clause) => {
    const step = decideRevocation(snapshotOf({ snapshot: { issuer: { ...able, revokes: false, ...once } } }), now)
    expect(step.kind === 'stall' ? step.message : step.kind).toContain(clause)
  })

  it('is tried again when the wait is over', () => {
    const status = { target, nextAttempt: '2026-10-31T23:59:00Z', conditions: [ready('False', 'Unreachable')] }
    expect(decideRevocation(snapshotOf({ status }), now)).toEqual({ kind: 'revoke' })
  })
})

const reduced = (result: RevocationResult, given: Case = {}) =>
  reduceRevocation(snapshotOf(given), { step: { kind: 'revoke' }, result }, now)

describe('the outcome of a revocation', () => {
  it('is kept when the CA has revoked', () => {
    const { status, events, wakeAt } = reduced({ kind: 'revoked' })
    expect(status).toMatchObject({ revokedAt: toRfc3339(now), attempts: 1, target })
    expect(status.conditions?.map(({ type, status: is, reason }) => [type, is, reason])).toEqual([
      ['Ready', 'True', 'Revoked'],
    ])
    expect(events.map(({ reason }) => reason)).toEqual(['Revoked'])
    expect(wakeAt).toBeUndefined()
  })

  it.each([
    [0, seconds(10)],
    [1, seconds(20)],
    [3, seconds(80)],
    [20, hours(1)],
  ])('after %i attempts that met an unreachable CA, the next waits longer', (attempts, wait) => {
    const failure = { kind: 'failed', fault: fault('Unreachable', 'no answer') } as const
    const { status, wakeAt } = reduced(failure, { status: { target, attempts } })
    expect(wakeAt).toBe(plus(now, wait))
    expect(status).toMatchObject({ attempts: attempts + 1, nextAttempt: toRfc3339(plus(now, wait)) })
  })

  it('gives a refusal an hour, and what only a person can mend no further try', () => {
    expect(reduced({ kind: 'failed', fault: fault('RequestRejected', 'no') }).wakeAt).toBe(plus(now, hours(1)))
    const stopped = reduced({ kind: 'failed', fault: fault('RequestUnsupported', 'no key') })
    expect(stopped.wakeAt).toBeUndefined()
    expect(stopped.status.conditions?.some(({ type }) => type === 'Stalled')).toBe(true)
  })

  it('honours the patience that the CA asks for', () => {
    const later = plus(now, minutes(30))
    expect(reduced({ kind: 'failed', fault: fault('RateLimited', 'slow'), wakeAt: later }).wakeAt).toBe(later)
  })

  it('keeps the moment of a transition while nothing turns', () => {
    const before = { target, conditions: [ready('False', 'Unreachable', '2026-10-01T00:00:00Z')] }
    const { status } = reduced({ kind: 'failed', fault: fault('Unreachable', 'no answer') }, { status: before })
    expect(status.conditions?.[0]).toMatchObject({ type: 'Ready', lastTransitionTime: '2026-10-01T00:00:00Z' })
  })
})

describe('a Certificate with a policy for its end', () => {
  const certificate = (
    onDelete: 'Revoke' | 'Ignore' | undefined,
    finalizers: readonly string[],
    deletionTimestamp?: string,
  ) => ({
    metadata: { name: 'web', finalizers, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
    spec: {
      secretName: 'web',
      issuerRef: ref,
      ...(onDelete === undefined ? {} : { revocationPolicy: { onDelete } }),
    },
  })
  it.each([
    ['is held from the start', certificate('Revoke', ['x']), 'hold'],
    ['is held once', certificate('Revoke', [revokeFinalizer]), 'nothing'],
    ['is let go when the wish is taken back', certificate('Ignore', [revokeFinalizer]), 'release'],
    ['is left alone without one', certificate(undefined, ['x']), 'nothing'],
    ['is revoked when it is deleted', certificate('Revoke', [revokeFinalizer], toRfc3339(now)), 'order'],
    [
      'is let go when it is deleted without the wish',
      certificate(undefined, [revokeFinalizer], toRfc3339(now)),
      'release',
    ],
    ['is not held any more when it is being deleted', certificate('Revoke', [], toRfc3339(now)), 'nothing'],
  ])('%s', (_sentence, given, kind) => {
    expect(farewellOf(given)).toEqual({ kind })
  })
})

describe('the end of an order', () => {
  const condition = (type: string, status: 'True' | 'False', reason: string): Condition => ({
    type,
    status,
    reason,
    message: '',
    lastTransitionTime: toRfc3339(now),
  })
  it.each<[string, readonly Condition[], boolean]>([
    ['is waited for when it was just written', [], true],
    ['is waited for while its CA is asked', [condition('Ready', 'False', 'Pending')], true],
    ['is waited for while its issuer is not ready', [condition('Ready', 'False', 'IssuerNotReady')], true],
    ['has come when it is carried out', [condition('Ready', 'True', 'Revoked')], false],
    ['is not waited for when a person is needed', [condition('Stalled', 'True', 'NotProven')], false],
    ['is not waited for when its issuer is gone', [condition('Ready', 'False', 'IssuerMissing')], false],
  ])('%s', (_sentence, conditions, expected) => {
    expect(isSoonThrough(conditions)).toBe(expected)
  })
})
