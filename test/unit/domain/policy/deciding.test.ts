/** What a verdict does to the course of an issuance. */
import { describe, expect, it } from '@jest/globals'
import { decide } from '../../../../src/domain/decide.ts'
import type { Step } from '../../../../src/domain/decide.ts'
import { fault } from '../../../../src/domain/fault.ts'
import { judgeIssued } from '../../../../src/domain/policy/issued.ts'
import { judgedRequest } from '../../../../src/domain/policy/judged.ts'
import type { Breach } from '../../../../src/domain/policy/breach.ts'
import type { PolicyView } from '../../../../src/domain/policy/telling.ts'
import { reduce } from '../../../../src/domain/reduce.ts'
import type { Snapshot } from '../../../../src/domain/snapshot.ts'
import { days, minus, plus } from '../../../../src/std/time.ts'
import {
  baseSpec,
  dueSecret,
  factsOf,
  flightOf,
  inProcess,
  now,
  pendingKey,
  secretWith,
  snapshotOf,
  toldStatus,
  wishOf,
} from '../snapshots.ts'
import { applicantOf, policyOf } from './policies.ts'

const breach = (more: Partial<Breach> = {}): Breach => ({
  policy: 'p',
  mode: 'Enforce',
  rule: 'rules.isCA',
  message: 'it is a CA, which is not allowed',
  about: 'Request',
  ...more,
})

const viewOf = (breaches: readonly Breach[], reissues = false): PolicyView => ({ judgedBy: ['p'], breaches, reissues })
const denied = viewOf([breach()])

const asks = ({ kind }: Step): boolean => ['makeKey', 'enroll', 'renew', 'poll'].includes(kind)

describe('what a policy in Enforce denies', () => {
  const situations: readonly [string, Partial<Snapshot>][] = [
    ['nothing is there yet', { secret: undefined }],
    ['a key was made already', { secret: undefined, pending: pendingKey }],
    ['the issuer signs in this process', { secret: undefined, issuer: inProcess }],
    ['the certificate is due', { secret: dueSecret }],
    ['the certificate has expired', { secret: secretWith({ notAfter: minus(now, days(1)) }) }],
  ]

  it.each(situations)('is not begun when %s, and says why', (_title, more) => {
    expect(asks(decide(snapshotOf({ more }), now))).toBe(true)
    const step = decide(snapshotOf({ more: { ...more, policy: denied } }), now)
    expect(step).toMatchObject({ kind: 'stall', reason: 'PolicyDenied' })
    expect('message' in step ? step.message : '').toBe(
      'CertificatePolicy p, rules.isCA: it is a CA, which is not allowed',
    )
  })

  it('is given up when it is under way', () => {
    const status = { ...toldStatus, enrollment: flightOf() }
    const more = { secret: dueSecret, pending: pendingKey }
    expect(decide(snapshotOf({ status, more }), now)).toMatchObject({ kind: 'poll' })
    expect(decide(snapshotOf({ status, more: { ...more, policy: denied } }), now)).toMatchObject({ kind: 'abandon' })
  })

  it('leaves what is good where it is', () => {
    expect(decide(snapshotOf({ more: { policy: denied } }), now)).toMatchObject({ kind: 'idle' })
  })

  it('goes on where the policy only watches', () => {
    const watching = viewOf([breach({ mode: 'Audit' })])
    expect(asks(decide(snapshotOf({ more: { secret: undefined, policy: watching } }), now))).toBe(true)
  })
})

describe('a certificate that a policy does not allow', () => {
  const ofCertificate = [breach({ about: 'Certificate' })]

  it('is kept where nobody said otherwise, and issued anew where somebody did', () => {
    const kept = decide(snapshotOf({ more: { policy: viewOf(ofCertificate) } }), now)
    expect(kept).toMatchObject({ kind: 'idle' })
    const replaced = snapshotOf({ more: { policy: viewOf(ofCertificate, true), pending: pendingKey } })
    expect(decide(replaced, now)).toMatchObject({ kind: 'enroll', violation: { reason: 'PolicyViolated' } })
  })

  const request = judgedRequest(wishOf(), { spec: baseSpec, applicant: applicantOf() })
  const facts = factsOf({ notBefore: now, notAfter: plus(now, days(400)) })
  const rules = { duration: { max: '2400h' } }

  it('is not stored in Enforce, with the rule in the fault', () => {
    const verdict = judgeIssued({ policies: [policyOf('p', { rules })], request }, facts, now)
    expect(verdict).toEqual({
      fault: {
        code: 'PolicyDenied',
        message:
          'CertificatePolicy p, rules.duration.max: the certificate that was issued: it lives for 9600h; at most 2400h is allowed; it was not stored',
      },
    })
  })

  it('is stored in Audit, and told of', () => {
    const verdict = judgeIssued({ policies: [policyOf('p', { mode: 'Audit', rules })], request }, facts, now)
    expect(verdict).toMatchObject({ breaches: [{ mode: 'Audit', about: 'Certificate', rule: 'rules.duration.max' }] })
  })
})

describe('the verdict', () => {
  const told = (policy: PolicyView | undefined, before: Snapshot = snapshotOf()) => {
    const snapshot = { ...before, policy }
    return reduce(snapshot, { step: decide(snapshot, now), result: { kind: 'nothing' } }, now)
  }

  it('stands in the status, as a condition and in an Event', () => {
    const { status, events } = told(denied)
    expect(status?.policy).toEqual({ judgedBy: ['p'], violations: [breach()] })
    expect(status?.conditions?.find(({ type }) => type === 'Compliant')).toMatchObject({
      status: 'False',
      reason: 'Denied',
    })
    expect(events).toMatchObject([{ type: 'Warning', reason: 'PolicyViolated' }])
  })

  it('is told once, and again when it changes', () => {
    const first = told(denied)
    const later = snapshotOf({ status: first.status ?? {} })
    expect(told(denied, later).events).toEqual([])
    expect(told(viewOf([]), later).events).toMatchObject([{ type: 'Normal', reason: 'PolicyKept' }])
    expect(told(undefined, later)).toMatchObject({ events: [{ reason: 'PolicyKept' }] })
    expect(told(undefined, later).status?.policy).toBeUndefined()
  })

  it('is short, however many rules are broken', () => {
    const many = Array.from({ length: 40 }, (_, index) => breach({ rule: `rules.${index}` }))
    const { status } = told(viewOf(many))
    expect(status?.policy?.violations).toHaveLength(16)
    expect(status?.conditions?.find(({ type }) => type === 'Compliant')?.message).toMatch(
      /and 37 more, see status.policy.$/,
    )
  })
})

describe('a key whose kind is left to policies', () => {
  it('stays fit when their defaults change', () => {
    const wish = { ...wishOf({ privateKey: {} }), keyIsOpen: true }
    const marks = { requestHash: wish.requestHash, outputsHash: wish.outputsHash }
    const snapshot = snapshotOf({ more: { secret: secretWith({}, marks) } })
    const judged = { ...snapshot, certificate: { ...snapshot.certificate, wish: { ok: true as const, value: wish } } }
    expect(decide(judged, now)).toMatchObject({ kind: 'idle' })
    const closed = {
      ...judged,
      certificate: { ...judged.certificate, wish: { ok: true as const, value: { ...wish, keyIsOpen: false } } },
    }
    expect(asks(decide(closed, now))).toBe(true)
  })
})

describe('a certificate that was refused because of a policy', () => {
  const view = { ...viewOf([]), fingerprint: 'one' }
  const refused = (policy: PolicyView): Snapshot => {
    const before = snapshotOf({ more: { secret: undefined, pending: pendingKey, policy } })
    const result = { kind: 'failed', how: 'refused', fault: fault('PolicyDenied', 'no') } as const
    const { status } = reduce(before, { step: decide(before, now), result }, now)
    return snapshotOf({ status: status ?? {}, more: { secret: undefined, pending: pendingKey, policy } })
  }

  it('is waited for, until a policy changes', () => {
    const snapshot = refused(view)
    expect(decide(snapshot, now)).toMatchObject({ kind: 'wait', reason: 'BackingOff' })
    expect(decide({ ...snapshot, policy: { ...view, fingerprint: 'two' } }, now)).toMatchObject({ kind: 'enroll' })
  })
})
