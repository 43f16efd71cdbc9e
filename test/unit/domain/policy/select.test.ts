import { describe, expect, it } from '@jest/globals'
import type { PolicySpec } from '../../../../src/api/policy.ts'
import { selects } from '../../../../src/domain/policy/select.ts'
import type { Applicant } from '../../../../src/domain/policy/select.ts'
import { caRef } from '../snapshots.ts'
import { applicantOf, policyOf } from './policies.ts'

const chosen = (selector: PolicySpec['selector'] & object, who: Partial<Applicant> = {}): boolean =>
  selects(policyOf('p', { selector, rules: {} }), applicantOf({}, who))

const namespace = { 'kubernetes.io/metadata.name': 'shop', tier: 'prod' }

describe('a policy', () => {
  it('without a selector is for every Certificate', () => {
    expect(selects(policyOf('p', { rules: {} }), applicantOf())).toBe(true)
    expect(chosen({})).toBe(true)
  })

  it.each([
    ['the namespace has the label', { matchLabels: { tier: 'prod' } }, true],
    ['the namespace has another value', { matchLabels: { tier: 'test' } }, false],
    ['every label must be there', { matchLabels: { tier: 'prod', x: 'y' } }, false],
    ['In', { matchExpressions: [{ key: 'tier', operator: 'In' as const, values: ['test', 'prod'] }] }, true],
    ['In without the label', { matchExpressions: [{ key: 'x', operator: 'In' as const, values: ['y'] }] }, false],
    ['NotIn', { matchExpressions: [{ key: 'tier', operator: 'NotIn' as const, values: ['prod'] }] }, false],
    ['NotIn without the label', { matchExpressions: [{ key: 'x', operator: 'NotIn' as const, values: ['y'] }] }, true],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' as const }] }, true],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' as const }] }, false],
    ['a name that objects have', { matchExpressions: [{ key: 'toString', operator: 'Exists' as const }] }, false],
  ])('looks at labels of the namespace: %s', (_title, namespaces, expected) => {
    expect(chosen({ namespaces }, { namespaceLabels: namespace })).toBe(expected)
    expect(chosen({ certificates: namespaces }, { labels: namespace })).toBe(expected)
  })

  it.each([
    ['by name', [{ name: 'ca' }], true],
    ['by kind and name', [{ kind: 'Issuer' as const, name: 'ca' }], true],
    ['of another kind', [{ kind: 'ClusterIssuer' as const, name: 'ca' }], false],
    ['by a pattern', [{ name: 'team-*' }, { name: 'c*' }], true],
    ['none of a list without entries', [], false],
  ])('looks at the issuer: %s', (_title, issuerRefs, expected) => {
    expect(chosen({ issuerRefs })).toBe(expected)
  })

  it('looks at issuers to fall back to as well', () => {
    const issuers = [caRef, { kind: 'ClusterIssuer' as const, name: 'public' }]
    expect(chosen({ issuerRefs: [{ name: 'public' }] }, { issuers })).toBe(true)
  })
})
