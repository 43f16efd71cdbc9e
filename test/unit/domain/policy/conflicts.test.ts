import { describe, expect, it } from '@jest/globals'
import type { PolicyRules, PolicySpec } from '../../../../src/api/policy.ts'
import { conflictsWith, rivalsOf, surelyMeet } from '../../../../src/domain/policy/conflicts.ts'
import { policyOf } from './policies.ts'

const told = (own: PolicyRules, theirs: PolicyRules): readonly string[] =>
  conflictsWith(policyOf('own', { rules: own }), policyOf('other', { rules: theirs }))

const [long, short] = [
  { privateKey: { allow: [{ algorithm: 'RSA', minSize: 4096 }] } },
  { privateKey: { allow: [{ algorithm: 'RSA', maxSize: 3072 }] } },
] as const

describe('two policies of which no certificate keeps both', () => {
  it.each<[string, PolicyRules, PolicyRules]>([
    ['sizes of keys', long, short],
    [
      'algorithms',
      { privateKey: { allow: [{ algorithm: 'RSA' }] } },
      { privateKey: { allow: [{ algorithm: 'Ed25519' }] } },
    ],
    [
      'sizes between which no curve lies',
      { privateKey: { allow: [{ algorithm: 'ECDSA', minSize: 300 }] } },
      { privateKey: { allow: [{ algorithm: 'ECDSA', maxSize: 383 }] } },
    ],
    [
      'how keys are kept',
      { privateKey: { rotationPolicies: ['Always'] } },
      { privateKey: { rotationPolicies: ['Never'] } },
    ],
    ['hashes', { signatureHashes: ['sha256'] }, { signatureHashes: ['sha384', 'sha512'] }],
    ['issuers', { issuers: { allow: [{ name: 'a' }] } }, { issuers: { allow: [{ name: 'b*' }] } }],
    [
      'kinds of issuers',
      { issuers: { allow: [{ kind: 'Issuer', name: '*' }] } },
      { issuers: { allow: [{ kind: 'ClusterIssuer', name: '*' }] } },
    ],
    ['values of a label', { labels: [{ key: 'team', values: ['a'] }] }, { labels: [{ key: 'team', values: ['b'] }] }],
    ['lifetimes', { duration: { min: '48h' } }, { duration: { max: '24h' } }],
    ['shares of renewal', { renewBeforePercentage: { min: 30 } }, { renewBeforePercentage: { max: 20 } }],
    ['usages', { usages: { require: ['client auth'] } }, { usages: { allow: ['server auth'] } }],
    ['CAs', { isCA: true }, { isCA: false }],
    [
      'what must be there',
      { subject: { organizations: { presence: 'Required' } } },
      { subject: { organizations: { presence: 'Forbidden' } } },
    ],
  ])('say so, each of the other, with the paths and the cure: %s', (_what, one, two) => {
    for (const sentences of [told(one, two), told(two, one)]) {
      expect(sentences).toHaveLength(1)
      expect(sentences[0]).toMatch(
        /^rules\.\S.* is \S.*, and rules\.\S.* of CertificatePolicy other is \S.*, so that nothing keeps both; change one of the two, /,
      )
    }
  })

  it('are said with their own rule first', () => {
    expect(told(short, long)[0]).toMatch(/^rules\.privateKey\.allow is RSA to 3072, and .* is RSA from 4096, so/)
    expect(told({ duration: { max: '24h' } }, { duration: { min: '48h' } })[0]).toMatch(
      /^rules\.duration\.max is 24h, and rules\.duration\.min of CertificatePolicy other is 48h, so/,
    )
  })

  it.each<[PolicyRules, PolicyRules]>([
    [long, { privateKey: { allow: [{ algorithm: 'RSA', maxSize: 4096 }] } }],
    [
      long,
      {
        privateKey: {
          allow: [
            { algorithm: 'RSA', maxSize: 2048 },
            { algorithm: 'RSA', minSize: 8192 },
          ],
        },
      },
    ],
    [{ duration: { min: '24h' } }, { duration: { max: '24h' } }],
    [{ usages: { require: ['signing'] } }, { usages: { allow: ['digital signature'] } }],
    [{ issuers: { allow: [{ kind: 'Issuer', name: 'a*' }] } }, { issuers: { allow: [{ name: '*b' }] } }],
    [{ issuers: { allow: [{ kind: 'Issuer', name: '*' }] } }, { issuers: { allow: [{ name: 'ca' }] } }],
    [{ labels: [{ key: 'team' }] }, { labels: [{ key: 'team', values: ['b'] }] }],
    [{ signatureHashes: [] }, { signatureHashes: ['sha256'] }],
    [{ subject: { organizations: { presence: 'Required' } } }, { subject: { countries: { presence: 'Forbidden' } } }],
    [{ isCA: true }, {}],
  ])('are not those that leave something: %j and %j', (one, two) => {
    expect([...told(one, two), ...told(two, one)]).toEqual([])
  })
})

describe('policies that cannot be kept together', () => {
  const shop = { namespaces: { matchLabels: { team: 'shop' } } }
  const bank = { namespaces: { matchLabels: { team: 'bank' } } }
  const own = policyOf('own', { rules: long })

  it('are those of others that are enforced, whichever mode their own has', () => {
    const all = [
      own,
      policyOf('other', { rules: short }),
      policyOf('watching', { mode: 'Audit', rules: short }),
      policyOf('fine', { rules: { isCA: false } }),
    ]
    expect(rivalsOf(own, all).map(({ name }) => name)).toEqual(['other'])
    expect(rivalsOf(policyOf('watching', { mode: 'Audit', rules: long }), all).map(({ name }) => name)).toEqual([
      'other',
    ])
  })

  it.each<[string, PolicySpec['selector'], PolicySpec['selector'], boolean]>([
    ['one is for everything', undefined, shop, true],
    ['both are for the same', shop, shop, true],
    ['one looks at more', shop, { ...shop, issuerRefs: [{ name: 'ca' }] }, true],
    ['they are for others', shop, bank, false],
    ['they look at different things', shop, { issuerRefs: [{ name: 'ca' }] }, false],
  ])('meet, for all that their selectors say, where %s', (_where, one, two, expected) => {
    const [first, second] = [one, two].map((selector) => policyOf('p', selector === undefined ? {} : { selector }))
    if (first === undefined || second === undefined) throw new Error('two are compared')
    expect([surelyMeet(first, second), surelyMeet(second, first)]).toEqual([expected, expected])
  })
})
