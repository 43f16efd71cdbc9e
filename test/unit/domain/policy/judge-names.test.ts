import { describe, expect, it } from '@jest/globals'
import type { CertificateSpec } from '../../../../src/api/certificate.ts'
import type { PolicyRules } from '../../../../src/api/policy.ts'
import { brokenBy } from './policies.ts'

interface Row {
  readonly title: string
  readonly rules: PolicyRules
  readonly spec?: Partial<CertificateSpec>
  readonly broken: readonly string[]
}

describe('names that are asked for', () => {
  const rows: readonly Row[] = [
    {
      title: 'a name of another domain',
      rules: { names: { dns: { allow: ['.example.org'] } } },
      broken: ['rules.names.dns.allow'],
    },
    {
      title: 'a name that is denied although it is allowed',
      rules: { names: { dns: { allow: ['.example.com'], deny: ['www.example.com'] } } },
      broken: ['rules.names.dns.deny'],
    },
    {
      title: 'a wildcard over a name that is denied',
      rules: { names: { dns: { deny: ['admin.example.com'] } } },
      spec: { dnsNames: ['*.example.com'] },
      broken: ['rules.names.dns.deny'],
    },
    {
      title: 'a wildcard where there are to be none',
      rules: { names: { dns: { wildcards: 'Deny' } } },
      spec: { dnsNames: ['*.example.com'] },
      broken: ['rules.names.dns.wildcards'],
    },
    {
      title: 'a common name that is another host',
      rules: { names: { dns: { allow: ['.example.com'] } } },
      spec: { commonName: 'admin.evil.org' },
      broken: ['rules.names.dns.allow'],
    },
    {
      title: 'a common name of a literal subject that is another host, with a dot at its end',
      rules: { names: { dns: { allow: ['.example.com'] } } },
      spec: { literalSubject: 'CN=admin.evil.org.,O=Example' },
      broken: ['rules.names.dns.allow'],
    },
    {
      title: 'a common name that is one word',
      rules: { names: { dns: { allow: ['.example.com'] } } },
      spec: { commonName: 'web' },
      broken: [],
    },
    {
      title: 'a common name that is an address',
      rules: { names: { ips: { allow: ['10.0.0.0/8'] } } },
      spec: { commonName: '192.0.2.1' },
      broken: ['rules.names.ips.allow'],
    },
    {
      title: 'an address out of range',
      rules: { names: { ips: { allow: ['10.0.0.0/8'] } } },
      spec: { ipAddresses: ['10.1.2.3', '192.0.2.1'] },
      broken: ['rules.names.ips.allow'],
    },
    {
      title: 'an e-mail address where none is allowed',
      rules: { names: { emails: { allow: [] } } },
      spec: { emailAddresses: ['a@example.com'] },
      broken: ['rules.names.emails.allow'],
    },
    {
      title: 'an e-mail address in the subject',
      rules: { names: { emails: { allow: ['*@example.com'] } } },
      spec: { literalSubject: '1.2.840.113549.1.9.1=a@evil.org' },
      broken: ['rules.names.emails.allow'],
    },
    {
      title: 'a URI of another trust domain',
      rules: { names: { uris: { allow: ['spiffe://cluster.local/**'] } } },
      spec: { uris: ['spiffe://evil.org/ns/web'] },
      broken: ['rules.names.uris.allow'],
    },
    {
      title: 'another name of a kind that is not allowed',
      rules: { names: { otherNames: { allow: ['1.2.3'] } } },
      spec: { otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'root@example.com' }] },
      broken: ['rules.names.otherNames.allow'],
    },
    {
      title: 'too many names',
      rules: { names: { most: 1 } },
      spec: { dnsNames: ['a.example.com', 'b.example.com'] },
      broken: ['rules.names.most'],
    },
    {
      title: 'no common name where one is required',
      rules: { names: { commonName: { presence: 'Required' } } },
      broken: ['rules.names.commonName.presence'],
    },
    {
      title: 'a common name where there is to be none',
      rules: { names: { commonName: { presence: 'Forbidden' } } },
      spec: { commonName: 'web' },
      broken: ['rules.names.commonName.presence'],
    },
    {
      title: 'another organization',
      rules: { subject: { organizations: { allow: ['Example *'] } } },
      spec: { subject: { organizations: ['example GmbH', 'Evil'] } },
      broken: ['rules.subject.organizations.allow'],
    },
    {
      title: 'another organization in a literal subject',
      rules: { subject: { organizations: { deny: ['evil'], presence: 'Required' } } },
      spec: { literalSubject: 'CN=web,O=EVIL' },
      broken: ['rules.subject.organizations.deny'],
    },
  ]

  it.each(rows)('$title: $broken', ({ rules, spec = {}, broken }) => {
    expect(brokenBy(rules, { spec })).toEqual(broken)
  })
})
