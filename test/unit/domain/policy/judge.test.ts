import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { CertificateSpec } from '../../../../src/api/certificate.ts'
import type { PolicyRules } from '../../../../src/api/policy.ts'
import type { CertificateFacts } from '../../../../src/domain/facts.ts'
import type { Applicant } from '../../../../src/domain/policy/select.ts'
import { days, hours, minus, minutes, plus } from '../../../../src/std/time.ts'
import { caRef, now } from '../snapshots.ts'
import { brokenBy, messageOf, policyOf, verdictOf } from './policies.ts'

interface Row {
  readonly title: string
  readonly rules: PolicyRules
  readonly spec?: Partial<CertificateSpec>
  readonly applicant?: Partial<Applicant>
  readonly broken: readonly string[]
}

const rsa = (size: number) => ({ privateKey: { algorithm: 'RSA' as const, size } })
const cn = (value: string) => [[{ oid: '2.5.4.3', value }]]

describe('what is asked for', () => {
  const rows: readonly Row[] = [
    { title: 'a kind of key that is allowed', rules: { privateKey: { allow: [{ algorithm: 'ECDSA' }] } }, broken: [] },
    {
      title: 'another kind of key',
      rules: { privateKey: { allow: [{ algorithm: 'Ed25519' }] } },
      broken: ['rules.privateKey.allow'],
    },
    {
      title: 'a key that is too small',
      rules: { privateKey: { allow: [{ algorithm: 'RSA', minSize: 3072 }] } },
      spec: rsa(2048),
      broken: ['rules.privateKey.allow'],
    },
    {
      title: 'a key that is too large',
      rules: { privateKey: { allow: [{ algorithm: 'RSA', maxSize: 4096 }] } },
      spec: rsa(8192),
      broken: ['rules.privateKey.allow'],
    },
    {
      title: 'a key of Ed25519, whose size nobody counts',
      rules: { privateKey: { allow: [{ algorithm: 'Ed25519', minSize: 256 }] } },
      spec: { privateKey: { algorithm: 'Ed25519' } },
      broken: [],
    },
    {
      title: 'a key that is kept',
      rules: { privateKey: { rotationPolicies: ['Always'] } },
      spec: { privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Never' } },
      broken: ['rules.privateKey.rotationPolicies'],
    },
    {
      title: 'a hash that is not allowed',
      rules: { signatureHashes: ['sha384'] },
      spec: { signatureAlgorithm: 'ECDSAWithSHA256' },
      broken: ['rules.signatureHashes'],
    },
    { title: 'no hash, which is left to the CA', rules: { signatureHashes: ['sha384'] }, broken: [] },
    {
      title: 'too long a life',
      rules: { duration: { max: '1128h' } },
      spec: { duration: '1129h' },
      broken: ['rules.duration.max'],
    },
    { title: 'the longest life', rules: { duration: { max: '1128h' } }, spec: { duration: '1128h' }, broken: [] },
    {
      title: 'too short a life',
      rules: { duration: { min: '24h' } },
      spec: { duration: '23h59m' },
      broken: ['rules.duration.min'],
    },
    {
      title: 'a renewal that is too late',
      rules: { renewBefore: { min: '240h' } },
      spec: { duration: '2160h', renewBefore: '24h' },
      broken: ['rules.renewBefore.min'],
    },
    {
      title: 'a renewal that is too late by its share',
      rules: { renewBefore: { min: '240h' }, renewBeforePercentage: { min: 25 } },
      spec: { duration: '2160h', renewBeforePercentage: 10 },
      broken: ['rules.renewBefore.min', 'rules.renewBeforePercentage.min'],
    },
    {
      title: 'a renewal at the last third, where nothing is said',
      rules: { renewBeforePercentage: { min: 33, max: 34 } },
      broken: [],
    },
    {
      title: 'a renewal that is too early',
      rules: { renewBefore: { max: '1h' }, renewBeforePercentage: { max: 50 } },
      spec: { duration: '10h', renewBefore: '6h' },
      broken: ['rules.renewBefore.max', 'rules.renewBeforePercentage.max'],
    },
    {
      title: 'a usage that is not allowed',
      rules: { usages: { allow: ['digital signature', 'server auth'] } },
      spec: { usages: ['signing', 'client auth'] },
      broken: ['rules.usages.allow'],
    },
    {
      title: 'no usage that is required',
      rules: { usages: { require: ['server auth'] } },
      broken: ['rules.usages.require'],
    },
    { title: 'a CA', rules: { isCA: false }, spec: { isCA: true }, broken: ['rules.isCA'] },
    { title: 'no CA', rules: { isCA: true }, broken: ['rules.isCA'] },
    {
      title: 'a keystore that is not allowed',
      rules: { keystores: { allow: ['PKCS12'] } },
      spec: { keystores: { jks: { create: true, password: 'x' } } },
      broken: ['rules.keystores.allow'],
    },
    {
      title: 'the profile of a keystore that is not given',
      rules: { keystores: { pkcs12Profiles: ['Modern2023'] } },
      spec: { keystores: { pkcs12: { create: true, password: 'x' } } },
      broken: ['rules.keystores.pkcs12Profiles'],
    },
    {
      title: 'a keystore that is not made',
      rules: { keystores: { allow: [] } },
      spec: { keystores: { jks: { create: false, password: 'x' } } },
      broken: [],
    },
    { title: 'no owner', rules: { labels: [{ key: 'owner' }] }, broken: ['rules.labels'] },
    {
      title: 'an owner that nobody knows',
      rules: { labels: [{ key: 'owner', values: ['web', 'shop'] }] },
      applicant: { labels: { owner: 'nobody' } },
      broken: ['rules.labels'],
    },
    {
      title: 'an owner',
      rules: { labels: [{ key: 'owner' }] },
      applicant: { labels: { owner: 'web' } },
      broken: [],
    },
    {
      title: 'an issuer to fall back to that is not allowed',
      rules: { issuers: { allow: [{ kind: 'Issuer', name: 'ca' }] } },
      spec: { fallbackIssuerRefs: [{ ...caRef, kind: 'ClusterIssuer' }] },
      broken: ['rules.issuers.allow'],
    },
    {
      title: 'an issuer that is denied',
      rules: { issuers: { deny: [{ name: 'c*' }] } },
      broken: ['rules.issuers.deny'],
    },
  ]

  it.each(rows)('$title: $broken', ({ rules, spec = {}, applicant = {}, broken }) => {
    expect(brokenBy(rules, { spec, applicant })).toEqual(broken)
  })

  it('is told with what is wrong and what is allowed', () => {
    expect(messageOf({ names: { dns: { allow: ['*.example.org', '.internal'] } } }, {})).toBe(
      'DNS name www.example.com is not allowed; allowed are *.example.org, .internal',
    )
    expect(
      messageOf({ privateKey: { allow: [{ algorithm: 'RSA', minSize: 3072 }, { algorithm: 'Ed25519' }] } }, {}),
    ).toBe('the key is ECDSA 256; allowed are RSA from 3072, Ed25519')
    expect(messageOf({ duration: { max: '24h' } }, {})).toBe('it lives for 2160h; at most 24h is allowed')
    expect(messageOf({ names: { dns: { allow: [] } } }, {})).toMatch(/none is allowed$/)
  })

  it('is told shortly, however many names there are', () => {
    const dnsNames = Array.from({ length: 1000 }, (_, index) => `host-${index}.evil.example`)
    const message = messageOf({ names: { dns: { allow: ['*.example.org'] } } }, { spec: { dnsNames } })
    expect(message).toMatch(/and 996 more are not allowed/)
    expect((message ?? '').length).toBeLessThan(300)
  })
})

describe('the certificate that came', () => {
  const rows: readonly { title: string; rules: PolicyRules; issued: Partial<CertificateFacts>; broken: string[] }[] = [
    {
      title: 'lives longer than was asked for',
      rules: { duration: { max: '2160h' } },
      issued: { notAfter: plus(now, days(397)) },
      broken: ['rules.duration.max (Certificate)'],
    },
    {
      title: 'was backdated, and ends when it should',
      rules: { duration: { max: '2160h' } },
      issued: { notBefore: minus(now, hours(1)), notAfter: plus(now, days(90)) },
      broken: [],
    },
    {
      title: 'was issued by a clock that is a minute ahead',
      rules: { duration: { max: '2160h' } },
      issued: { notBefore: now, notAfter: plus(plus(now, days(90)), minutes(1)) },
      broken: [],
    },
    {
      title: 'lives shorter than it must',
      rules: { duration: { min: '2160h' } },
      issued: { notAfter: plus(now, days(10)) },
      broken: ['rules.duration.min (Certificate)'],
    },
    {
      title: 'is signed with a hash that is not allowed',
      rules: { signatureHashes: ['sha384', 'sha512'] },
      issued: {},
      broken: ['rules.signatureHashes (Certificate)'],
    },
    {
      title: 'got a common name that nobody asked for',
      rules: { names: { dns: { allow: ['.example.com'] } } },
      issued: { subject: cn('www.evil.org') },
      broken: ['rules.names.dns.allow (Certificate)'],
    },
    {
      title: 'got a usage that is not allowed',
      rules: { usages: { allow: ['digital signature', 'key encipherment'] } },
      issued: { usages: ['digital signature', 'signing', 'client auth'] },
      broken: ['rules.usages.allow (Certificate)'],
    },
    {
      title: 'lost an organization',
      rules: { subject: { organizations: { presence: 'Required' } } },
      issued: {},
      broken: ['rules.subject.organizations.presence'],
    },
  ]

  it.each(rows)('$title: $broken', ({ rules, issued, broken }) => {
    expect(brokenBy(rules, { issued })).toEqual(broken)
  })
})

describe('several policies', () => {
  const strict = policyOf('strict', { rules: { isCA: true } })
  const loose = policyOf('loose', { rules: { isCA: false } })
  const audit = policyOf('audit', { mode: 'Audit', rules: { duration: { max: '24h' } } })
  const closed = policyOf('closed', { deny: 'Unselected' })
  const barred = policyOf('barred', { deny: 'Everything', selector: { certificates: { matchLabels: { x: 'y' } } } })

  it('must all allow it', () => {
    expect(verdictOf([strict, loose], {})).toEqual({
      judgedBy: ['loose', 'strict'],
      breaches: [
        {
          policy: 'strict',
          mode: 'Enforce',
          rule: 'rules.isCA',
          message: 'it is no CA, and only CAs are allowed',
          about: 'Request',
        },
      ],
    })
  })

  it('can deny what none of them selects, in one line', () => {
    expect(verdictOf([closed], {}).breaches).toMatchObject([{ policy: 'closed', rule: 'deny' }])
    expect(verdictOf([closed, loose], {}).breaches).toEqual([])
  })

  it.each([
    ['in Audit', audit],
    ['that only has defaults', policyOf('defaults', { defaults: { duration: '24h' } })],
    ['that selects others', policyOf('others', { selector: { issuerRefs: [{ name: 'x' }] }, rules: {} })],
    ['that denies', policyOf('another', { deny: 'Unselected' })],
  ])('stay closed for a policy %s', (_what, policy) => {
    expect(verdictOf([closed, policy], {}).breaches.some(({ policy: by }) => by === 'closed')).toBe(true)
  })

  it('can deny everything that one of them selects', () => {
    expect(verdictOf([barred, loose], {}).breaches).toEqual([])
    expect(verdictOf([barred, loose], { applicant: { labels: { x: 'y' } } }).breaches).toMatchObject([{ rule: 'deny' }])
  })

  it('tell which of them is only watching', () => {
    expect(verdictOf([audit, loose], {}).breaches).toMatchObject([{ policy: 'audit', mode: 'Audit' }])
  })

  it('never allow together what one of them does not allow alone', () => {
    const domain = fc.constantFrom('.example.com', '*.example.com', 'www.example.com', '*', 'a.b.example.com', '.org')
    const rule = fc.record(
      { allow: fc.array(domain, { maxLength: 3 }), deny: fc.array(domain, { maxLength: 2 }) },
      { requiredKeys: [] },
    )
    const names = fc.array(
      fc.constantFrom('www.example.com', '*.example.com', 'a.b.example.com', 'x.org', '*.org', 'example.com'),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), names, (rules, dnsNames) => {
        const policies = rules.map((dns, index) => policyOf(`p${index}`, { rules: { names: { dns } } }))
        const together = verdictOf(policies, { spec: { dnsNames } })
        const apart = policies.flatMap((policy) => verdictOf([policy], { spec: { dnsNames } }).breaches)
        expect(together.breaches).toEqual(apart)
        const reversed = verdictOf([...policies].reverse(), { spec: { dnsNames } })
        expect(reversed).toEqual(together)
      }),
    )
  })
})
