import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { NameSubtrees, SubjectName } from '../../../src/domain/wanted.ts'
import { namesBeyond } from '../../../src/pki/constraints.ts'

const none: NameSubtrees = { dnsDomains: [], ipRanges: [], emailAddresses: [], uriDomains: [] }

interface Case {
  readonly permitted?: Partial<NameSubtrees>
  readonly excluded?: Partial<NameSubtrees>
  readonly name: SubjectName
  readonly allowed: boolean
}

const dns = (value: string): SubjectName => ({ type: 'dns', value })
const ip = (value: string): SubjectName => ({ type: 'ip', value })
const email = (value: string): SubjectName => ({ type: 'email', value })
const uri = (value: string): SubjectName => ({ type: 'uri', value })

const cases: Readonly<Record<string, Case>> = {
  'the permitted domain itself': { permitted: { dnsDomains: ['a.test'] }, name: dns('a.test'), allowed: true },
  'a host below it, in any case': { permitted: { dnsDomains: ['A.test'] }, name: dns('x.y.a.TEST'), allowed: true },
  'a wildcard below it': { permitted: { dnsDomains: ['a.test'] }, name: dns('*.a.test'), allowed: true },
  'no look-alike': { permitted: { dnsDomains: ['a.test'] }, name: dns('bada.test'), allowed: false },
  'only hosts below a domain with a leading dot': {
    permitted: { dnsDomains: ['.a.test'] },
    name: dns('a.test'),
    allowed: false,
  },
  'everything under the empty domain': { permitted: { dnsDomains: [''] }, name: dns('a.test'), allowed: true },
  'other forms when only DNS is constrained': {
    permitted: { dnsDomains: ['a.test'] },
    name: ip('10.0.0.1'),
    allowed: true,
  },
  'nothing excluded, though permitted': {
    permitted: { dnsDomains: ['test'] },
    excluded: { dnsDomains: ['b.test'] },
    name: dns('x.b.test'),
    allowed: false,
  },
  'an address in the range': { permitted: { ipRanges: ['10.0.0.0/8'] }, name: ip('10.255.0.1'), allowed: true },
  'no address outside the range': { permitted: { ipRanges: ['10.0.0.0/8'] }, name: ip('11.0.0.1'), allowed: false },
  'no IPv6 address when only IPv4 is permitted': {
    permitted: { ipRanges: ['0.0.0.0/0'] },
    name: ip('::1'),
    allowed: false,
  },
  'an IPv6 address in the range': {
    permitted: { ipRanges: ['2001:db8::/32'] },
    name: ip('2001:db8:1::1'),
    allowed: true,
  },
  'the mailbox itself': { permitted: { emailAddresses: ['me@a.test'] }, name: email('me@a.test'), allowed: true },
  'no other mailbox': { permitted: { emailAddresses: ['me@a.test'] }, name: email('you@a.test'), allowed: false },
  'every mailbox of a host': { permitted: { emailAddresses: ['a.test'] }, name: email('you@a.test'), allowed: true },
  'no mailbox of a host below': {
    permitted: { emailAddresses: ['a.test'] },
    name: email('you@b.a.test'),
    allowed: false,
  },
  'mailboxes of hosts below a dotted domain': {
    permitted: { emailAddresses: ['.a.test'] },
    name: email('you@b.a.test'),
    allowed: true,
  },
  'URIs by their host': { permitted: { uriDomains: ['.a.test'] }, name: uri('https://b.a.test:8443/x'), allowed: true },
  'no URI with the host in its path': {
    permitted: { uriDomains: ['a.test'] },
    name: uri('https://b.test/a.test'),
    allowed: false,
  },
}

describe('the name constraints of a CA allow', () => {
  it.each(Object.entries(cases))('%s', (_words, { permitted = {}, excluded = {}, name, allowed }) => {
    const constraints = { permitted: { ...none, ...permitted }, excluded: { ...none, ...excluded } }
    expect(namesBeyond(constraints, [name])).toEqual(allowed ? [] : [name])
  })

  it('everything, when there are no subtrees', () => {
    const anyName = fc.record({
      type: fc.constantFrom('dns' as const, 'email' as const, 'uri' as const),
      value: fc.string(),
    })
    fc.assert(
      fc.property(fc.array(anyName), (names) => {
        expect(namesBeyond({ permitted: none, excluded: none }, names)).toEqual([])
      }),
    )
  })
})
