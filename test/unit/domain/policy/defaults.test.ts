import { describe, expect, it } from '@jest/globals'
import type { CertificateSpec } from '../../../../src/api/certificate.ts'
import type { PolicyDefaults } from '../../../../src/api/policy.ts'
import { contradictions } from '../../../../src/domain/policy/contradictions.ts'
import { leavesKeyOpen, withDefaults } from '../../../../src/domain/policy/defaults.ts'
import { caRef } from '../snapshots.ts'
import { policyOf } from './policies.ts'

const bare: CertificateSpec = { secretName: 'web', issuerRef: caRef, dnsNames: ['www.example.com'] }

const filled = (defaults: PolicyDefaults, spec: Partial<CertificateSpec> = {}): Partial<CertificateSpec> => {
  const {
    secretName: _secret,
    issuerRef: _issuer,
    dnsNames: _names,
    ...rest
  } = withDefaults({ ...bare, ...spec }, [policyOf('p', { defaults })])
  return rest
}

const ec: PolicyDefaults = { privateKey: { algorithm: 'ECDSA', size: 384 } }

describe('defaults of policies', () => {
  const rows: readonly [string, PolicyDefaults, Partial<CertificateSpec>, Partial<CertificateSpec>][] = [
    ['fill in a duration', { duration: '24h' }, {}, { duration: '24h' }],
    ['leave a duration', { duration: '24h' }, { duration: '1h' }, { duration: '1h' }],
    ['fill in a renewal', { renewBeforePercentage: 40 }, {}, { renewBeforePercentage: 40 }],
    [
      'leave a renewal that is said otherwise',
      { renewBeforePercentage: 40 },
      { renewBefore: '1h' },
      { renewBefore: '1h' },
    ],
    ['fill in usages that are none', { usages: ['server auth'] }, { usages: [] }, { usages: ['server auth'] }],
    ['fill in a key', ec, {}, { privateKey: { algorithm: 'ECDSA', size: 384 } }],
    [
      'fill in the size for an algorithm',
      ec,
      { privateKey: { algorithm: 'ECDSA' } },
      { privateKey: { algorithm: 'ECDSA', size: 384 } },
    ],
    ['leave another algorithm', ec, { privateKey: { algorithm: 'RSA' } }, { privateKey: { algorithm: 'RSA' } }],
    ['leave a size, which means RSA', ec, { privateKey: { size: 3072 } }, { privateKey: { size: 3072 } }],
    [
      'leave the key that a signature needs',
      ec,
      { signatureAlgorithm: 'SHA256WithRSA' },
      { signatureAlgorithm: 'SHA256WithRSA' },
    ],
    [
      'fill in how a key is kept beside what is said of it',
      { privateKey: { rotationPolicy: 'Never' } },
      { privateKey: { algorithm: 'RSA', encoding: 'PKCS8' } },
      { privateKey: { algorithm: 'RSA', encoding: 'PKCS8', rotationPolicy: 'Never' } },
    ],
    [
      'fill in parts of the subject, each by itself',
      { subject: { organizations: ['Example'], countries: ['FR'] } },
      { subject: { countries: ['DE'] } },
      { subject: { organizations: ['Example'], countries: ['DE'] } },
    ],
    [
      'leave a literal subject',
      { subject: { organizations: ['Example'] } },
      { literalSubject: 'CN=web' },
      { literalSubject: 'CN=web' },
    ],
  ]

  it.each(rows)('%s', (_title, defaults, spec, expected) => {
    expect(filled(defaults, spec)).toEqual(expected)
  })

  it('come from the first policy that speaks of a field', () => {
    const policies = [
      policyOf('a', { defaults: { usages: ['server auth'] } }),
      policyOf('b', { defaults: { duration: '24h', usages: ['client auth'] } }),
    ]
    expect(withDefaults(bare, policies)).toEqual({ ...bare, usages: ['server auth'], duration: '24h' })
  })

  it('are not filled in by a policy that only watches', () => {
    expect(withDefaults(bare, [policyOf('a', { mode: 'Audit', defaults: { duration: '24h' } })])).toBe(bare)
  })

  it.each([
    [{}, true],
    [{ privateKey: { algorithm: 'ECDSA' as const } }, true],
    [{ privateKey: { algorithm: 'ECDSA' as const, size: 256 } }, false],
    [{ privateKey: { algorithm: 'Ed25519' as const } }, false],
    [{ privateKey: { size: 2048 } }, false],
    [{ signatureAlgorithm: 'SHA256WithRSA' as const }, false],
  ])('decide about the key of %j: %s', (spec, expected) => {
    expect(leavesKeyOpen({ ...bare, ...spec })).toBe(expected)
  })
})

describe('a policy that contradicts itself', () => {
  it.each([
    [
      'allows a name and denies it',
      { rules: { names: { dns: { allow: ['a.example.com'], deny: ['.example.com'] } } } },
    ],
    [
      'allows names below and denies them',
      { rules: { names: { dns: { allow: ['.a.example.com'], deny: ['.example.com'] } } } },
    ],
    ['allows a range and denies it', { rules: { names: { ips: { allow: ['10.1.0.0/16'], deny: ['10.0.0.0/8'] } } } }],
    [
      'requires a usage and does not allow it',
      { rules: { usages: { allow: ['server auth' as const], require: ['client auth' as const] } } },
    ],
    ['allows no key', { rules: { privateKey: { allow: [] } } }],
    ['allows no rotation policy', { rules: { privateKey: { rotationPolicies: [] } } }],
    [
      'requires a common name and allows none',
      { rules: { names: { commonName: { presence: 'Required' as const, allow: [] } } } },
    ],
    ['has a default that lives too long', { defaults: { duration: '48h' }, rules: { duration: { max: '24h' } } }],
    [
      'has a default key that it denies',
      { defaults: ec, rules: { privateKey: { allow: [{ algorithm: 'RSA' as const }] } } },
    ],
    [
      'has a default usage that it denies',
      { defaults: { usages: ['any' as const] }, rules: { usages: { allow: ['server auth' as const] } } },
    ],
  ])('%s: it is told with the cure', (_title, spec) => {
    const told = contradictions(policyOf('p', spec))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^(rules|defaults)[.][^;]+; [a-z].*\.$/)
  })

  it.each([
    { rules: { names: { dns: { allow: ['.example.com'], deny: ['admin.example.com'] } } } },
    { rules: { names: { dns: { allow: ['*'], deny: ['.example.com'] } } } },
    { rules: { names: { dns: { allow: ['*.example.com'], deny: ['admin.example.com'] } } } },
    { rules: { names: { ips: { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] } } } },
    { defaults: { duration: '24h' }, rules: { duration: { max: '24h' } } },
    { deny: 'Everything' as const },
  ])('is not one that makes exceptions: %j', (spec) => {
    expect(contradictions(policyOf('p', spec))).toEqual([])
  })
})
