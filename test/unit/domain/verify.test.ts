import { describe, expect, it } from '@jest/globals'
import type { CertificateSpec } from '../../../src/api/certificate.ts'
import type { CertificateFacts } from '../../../src/domain/facts.ts'
import { verify } from '../../../src/domain/verify.ts'
import { days, hours, minus, minutes, plus, seconds } from '../../../src/std/time.ts'
import { factsOf, now, wishOf } from './snapshots.ts'

const cn = (value: string) => [[{ oid: '2.5.4.3', value }]]
const dns = (...values: string[]) => values.map((value) => ({ type: 'dns' as const, value }))
const fresh = { notBefore: now, notAfter: plus(now, days(90)) }

function judge(facts: Partial<CertificateFacts>, spec: Partial<CertificateSpec> = {}, publicKeyHash = 'key-1') {
  return verify({ wanted: wishOf(spec).wanted, publicKeyHash, facts: factsOf({ ...fresh, ...facts }) }, now)
}

interface Row {
  readonly title: string
  readonly facts: Partial<CertificateFacts>
  readonly spec?: Partial<CertificateSpec>
}

describe('a certificate that came back', () => {
  const rejected: readonly (Row & { code: string; says: string })[] = [
    { title: 'is for another key', facts: { publicKeyHash: 'theirs' }, code: 'SecurityViolation', says: 'not ours' },
    {
      title: 'holds a key of another kind',
      facts: { key: { algorithm: 'RSA', size: 2048 } },
      code: 'WrongCertificate',
      says: 'RSA 2048, wanted is ECDSA 256',
    },
    {
      title: 'has expired',
      facts: { notAfter: minus(now, seconds(1)) },
      code: 'WrongCertificate',
      says: 'check the clocks',
    },
    {
      title: 'is not valid yet',
      facts: { notBefore: plus(now, minutes(3)) },
      code: 'WrongCertificate',
      says: 'check the clocks',
    },
    {
      title: 'is nearly over',
      facts: { notBefore: minus(now, days(89)), notAfter: plus(now, minutes(59)) },
      code: 'WrongCertificate',
      says: 'too soon',
    },
    {
      title: 'of five minutes is more than half over',
      facts: { notBefore: minus(now, minutes(3)), notAfter: plus(now, minutes(2)) },
      spec: { duration: '5m' },
      code: 'WrongCertificate',
      says: 'too soon',
    },
    {
      title: 'lacks a name',
      facts: {},
      spec: { dnsNames: ['www.example.com', 'api.example.com'] },
      code: 'NamesRejected',
      says: 'lacks api.example.com',
    },
    {
      title: 'lacks many names',
      facts: { names: [] },
      spec: { dnsNames: [...'abcdefg'] },
      code: 'NamesRejected',
      says: 'a, b, c, d, e and 2 more',
    },
    {
      title: 'has a name too many',
      facts: { names: dns('www.example.com', 'evil.example') },
      code: 'WrongCertificate',
      says: 'nobody asked for: evil.example',
    },
    { title: 'is a CA', facts: { isCA: true }, code: 'WrongCertificate', says: 'CA:TRUE' },
    { title: 'is no CA', facts: {}, spec: { isCA: true }, code: 'WrongCertificate', says: 'spec.isCA' },
    {
      title: 'is limited to other purposes',
      facts: { usages: ['client auth'] },
      spec: { usages: ['server auth'] },
      code: 'WrongCertificate',
      says: 'does not allow server auth',
    },
    { title: 'is signed with SHA-1', facts: { signatureHash: 'sha1' }, code: 'WrongCertificate', says: 'forged' },
  ]
  it.each(rejected)('and $title is rejected', ({ facts, spec, code, says }) => {
    const verdict = judge(facts, spec)
    expect(verdict).toMatchObject({ kind: 'rejected', fault: { code } })
    expect(verdict.kind === 'rejected' ? verdict.fault.message : '').toContain(says)
  })

  const accepted: readonly (Row & { differences: readonly RegExp[] })[] = [
    { title: 'is what was asked for', facts: {}, differences: [] },
    { title: 'begins a moment from now', facts: { notBefore: plus(now, minutes(1)) }, differences: [] },
    {
      title: 'has names in other order and case',
      facts: { names: dns('B.example', 'a.example') },
      spec: { dnsNames: ['a.example', 'b.example'] },
      differences: [],
    },
    {
      title: 'has its common name among the names',
      facts: { subject: cn('web'), names: dns('web', 'www.example.com') },
      spec: { commonName: 'web' },
      differences: [],
    },
    {
      title: 'has another subject',
      facts: { subject: cn('www') },
      spec: { commonName: 'web' },
      differences: [/subject is "CN=www", asked was "CN=web"/],
    },
    {
      title: 'lives for a shorter time',
      facts: { notAfter: plus(now, days(30)) },
      differences: [/shorter than asked/],
    },
    {
      title: 'comes from a CA of short lives',
      facts: { notAfter: plus(now, minutes(30)) },
      differences: [/shorter than asked/],
    },
    {
      title: 'is backdated by more than it lives',
      facts: { notBefore: minus(now, hours(1)), notAfter: plus(now, minutes(5)) },
      spec: { duration: '5m' },
      differences: [],
    },
    {
      title: 'lacks key usages',
      facts: { usages: ['key encipherment'] },
      differences: [/lack digital signature/],
    },
    {
      title: 'lacks a usage that only RSA keys have',
      facts: { usages: ['digital signature'] },
      differences: [],
    },
    { title: 'has no usages at all', facts: { usages: [] }, spec: { usages: ['server auth'] }, differences: [] },
    {
      title: 'has purposes too many',
      facts: { usages: ['server auth', 'client auth'] },
      spec: { usages: ['server auth'] },
      differences: [],
    },
    { title: 'may serve any purpose', facts: { usages: ['any'] }, spec: { usages: ['server auth'] }, differences: [] },
    { title: 'is signed by itself with SHA-1', facts: { signatureHash: 'sha1', selfSigned: true }, differences: [] },
  ]
  it.each(accepted)('and $title is accepted', ({ facts, spec, differences }) => {
    const verdict = judge(facts, spec)
    expect(verdict.kind).toBe('accepted')
    const told = verdict.kind === 'accepted' ? verdict.differences : []
    expect(told).toHaveLength(differences.length)
    for (const [i, difference] of differences.entries()) expect(told[i]).toMatch(difference)
  })
})
