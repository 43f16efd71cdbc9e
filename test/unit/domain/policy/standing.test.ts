import { describe, expect, it } from '@jest/globals'
import type { PolicyStatus } from '../../../../src/api/policy.ts'
import { standingOf } from '../../../../src/domain/policy/standing.ts'
import type { Standing } from '../../../../src/domain/policy/standing.ts'
import { err, ok } from '../../../../src/std/result.ts'
import { hours, plus } from '../../../../src/std/time.ts'
import { at, now } from '../snapshots.ts'
import { policyOf } from './policies.ts'

const fine: Standing = {
  policy: ok(policyOf('p', { rules: { isCA: false } })),
  generation: 3,
  before: undefined,
  selected: 2,
  violating: 0,
  opponents: [],
}

const readyOf = (more: Partial<Standing>) => standingOf({ ...fine, ...more }, now).conditions?.[0]

describe('what is told of a policy', () => {
  it.each([
    [{}, 'True', 'Applied', 'Enforced for 2 Certificates; all are allowed.'],
    [{ violating: 1 }, 'True', 'Applied', 'Enforced for 2 Certificates; one is not allowed.'],
    [
      { selected: 1, policy: ok(policyOf('p', { mode: 'Audit' as const, rules: {} })) },
      'True',
      'Applied',
      'Watches 1 Certificate; all are allowed.',
    ],
    [{ selected: 0 }, 'True', 'SelectsNothing', /compare spec.selector with the labels/],
    [
      { policy: err('In spec.mode: no.') },
      'False',
      'InvalidSpec',
      'It is not applied. In spec.mode: no. Correct the spec.',
    ],
    [
      { policy: ok(policyOf('p', { rules: { privateKey: { allow: [] } } })) },
      'False',
      'Contradictory',
      /^It is applied as it is written. rules.privateKey.allow is empty/,
    ],
    [
      { opponents: [policyOf('other', { rules: { isCA: true } })] },
      'False',
      'Contradictory',
      /^It is applied as it is written. rules.isCA is false, and rules.isCA of CertificatePolicy other is true, so/,
    ],
  ])('%# says how it stands', (more, status, reason, message) => {
    const ready = readyOf(more)
    expect(ready).toMatchObject({ status, reason, observedGeneration: 3 })
    expect(ready?.message).toEqual(message instanceof RegExp ? expect.stringMatching(message) : message)
  })

  it('keeps the time of the last change', () => {
    const before: PolicyStatus = standingOf(fine, now)
    const later = standingOf({ ...fine, before, violating: 2 }, plus(now, hours(1)))
    expect(later.conditions?.[0]?.lastTransitionTime).toBe(at(now))
    expect(later).toMatchObject({ selected: 2, violating: 2 })
  })
})
