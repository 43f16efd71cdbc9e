import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { PolicySpec } from '../../../../src/api/policy.ts'
import { contradictions } from '../../../../src/domain/policy/contradictions.ts'
import { fitsEmail, fitsText, fitsUri } from '../../../../src/domain/policy/match.ts'
import type { Fit } from '../../../../src/domain/policy/match.ts'
import { takenBack } from '../../../../src/domain/policy/takenback.ts'
import { policyOf } from './policies.ts'

type Spec = Pick<PolicySpec, 'rules' | 'defaults'>

const acme = { organizations: ['Acme'] }

describe('a policy that takes back what it gives', () => {
  it.each<[string, Spec]>([
    ['names below a domain, with every name denied', { rules: { names: { dns: { allow: ['.a.b'], deny: ['*'] } } } }],
    ['a name in other letters', { rules: { names: { dns: { allow: ['.A.b'], deny: ['.a.B'] } } } }],
    ['an address', { rules: { names: { emails: { allow: ['a@x.example'], deny: ['*@X.example'] } } } }],
    ['a URI', { rules: { names: { uris: { allow: ['spiffe://x/ns/*'], deny: ['spiffe://x/**'] } } } }],
    ['another name', { rules: { names: { otherNames: { allow: ['1.2.3'], deny: ['1.2.3'] } } } }],
    ['a common name', { rules: { names: { commonName: { allow: ['Web*'], deny: ['web*'] } } } }],
    ['an organization', { rules: { subject: { organizations: { allow: ['Acme'], deny: ['a*'] } } } }],
    ['an issuer', { rules: { issuers: { allow: [{ kind: 'Issuer', name: 'ca' }], deny: [{ name: '*' }] } } }],
    ['a value that must not be there', { rules: { subject: { countries: { presence: 'Forbidden', allow: ['DE'] } } } }],
    ['a value that must be there', { rules: { subject: { countries: { presence: 'Required', allow: [] } } } }],
    ['every signature', { rules: { signatureHashes: [] } }],
    ['a curve that is none', { rules: { privateKey: { allow: [{ algorithm: 'ECDSA', minSize: 3000 }] } } }],
    ['a key of RSA that is too short', { rules: { privateKey: { allow: [{ algorithm: 'RSA', maxSize: 1024 }] } } }],
    ['a label', { rules: { labels: [{ key: 'team', values: [] }] } }],
    ['every renewal', { rules: { duration: { max: '24h' }, renewBefore: { min: '24h' } } }],
    ['its default of renewal', { rules: { renewBefore: { max: '24h' } }, defaults: { renewBefore: '48h' } }],
    [
      'its default share of renewal',
      { rules: { renewBeforePercentage: { min: 30 } }, defaults: { renewBeforePercentage: 20 } },
    ],
    ['its default lifetime', { defaults: { duration: '24h', renewBefore: '24h' } }],
    [
      'its default subject, which must not be there',
      { rules: { subject: { organizations: { presence: 'Forbidden' } } }, defaults: { subject: acme } },
    ],
    [
      'its default subject, which is another',
      { rules: { subject: { organizations: { allow: ['Other'] } } }, defaults: { subject: acme } },
    ],
  ])('%s: it is told, with the path and the cure', (_what, spec) => {
    const told = contradictions(policyOf('p', spec))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^(rules|defaults)[.][^;]+; [a-z].*\.$/)
  })

  it.each<Spec>([
    { rules: { names: { uris: { allow: ['spiffe://x/**'], deny: ['spiffe://x/*'] } } } },
    { rules: { names: { uris: { allow: ['spiffe://x/*'], deny: ['spiffe://x/a'] } } } },
    { rules: { names: { emails: { allow: ['*@x.example'], deny: ['root@x.example'] } } } },
    { rules: { issuers: { allow: [{ name: 'ca' }], deny: [{ kind: 'Issuer', name: '*' }] } } },
    { rules: { issuers: { allow: [{ name: 'team-*' }], deny: [{ name: 'team-a' }] } } },
    { rules: { usages: { allow: ['digital signature'], require: ['signing'] } } },
    { rules: { privateKey: { allow: [{ algorithm: 'ECDSA', minSize: 300, maxSize: 400 }, { algorithm: 'RSA' }] } } },
    { rules: { duration: { max: '24h' }, renewBefore: { min: '23h' } } },
    { rules: { subject: { organizations: { allow: ['a*'] } } }, defaults: { subject: acme } },
    { defaults: { duration: '24h', renewBefore: '23h', renewBeforePercentage: 99 } },
  ])('is not one that leaves something: %j', (spec) => {
    expect(contradictions(policyOf('p', spec))).toEqual([])
  })
})

const word = (letters: string, maxLength = 3): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...letters), maxLength })

interface Kind {
  readonly member: 'emails' | 'uris' | 'commonName'
  readonly pattern: fc.Arbitrary<string>
  readonly fits: (pattern: string, value: string, fit: Fit) => boolean
}

const kinds: readonly Kind[] = [
  {
    member: 'emails',
    pattern: fc.tuple(word('ab*'), word('ab*')).map(([user, host]) => `a${user}@${host}b`),
    fits: fitsEmail,
  },
  {
    member: 'uris',
    pattern: fc
      .tuple(word('ab/*', 5), fc.constantFrom('', '*', '**'))
      .map(([path, end]) => `x:${onlyAtEnd(path, end)}`),
    fits: fitsUri,
  },
  { member: 'commonName', pattern: word('ab*', 5), fits: fitsText },
]

const onlyAtEnd = (path: string, end: string): string => `${path.replaceAll(/[*]+/g, '*').replace(/[*]$/, '')}${end}`

/** Something that fits a pattern. */
const filled = (pattern: string, filler: string): string =>
  pattern.replace(/[*][*]$/, `${filler}/${filler}`).replaceAll('*', filler)

describe('what is said to be taken back', () => {
  it.each(kinds)('is denied, whatever fits it: $member', ({ member, pattern, fits }) => {
    let found = 0
    fc.assert(
      fc.property(pattern, pattern, word('ab'), (deny, allow, filler) => {
        if (takenBack({ names: { [member]: { allow: [allow], deny: [deny] } } }).length === 0) return true
        found += 1
        const one = filled(allow, filler)
        return fits(allow, one, 'covers') && fits(deny, one, 'overlaps')
      }),
      { numRuns: 3000 },
    )
    expect(found).toBeGreaterThan(30)
  })
})
