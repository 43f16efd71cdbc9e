import { describe, expect, it } from '@jest/globals'
import type { CertificateFacts } from '../../../../src/domain/facts.ts'
import { findingNames, findingsOf, warningTime, worstOf } from '../../../../src/domain/inventory/findings.ts'
import { days, minus, plus } from '../../../../src/std/time.ts'
import {
  authorityFacts,
  facts,
  foundItem,
  item,
  judging,
  management,
  named,
  now,
} from '../../../support/inventoryitems.ts'

const of = (changes: Partial<CertificateFacts>, chain: readonly CertificateFacts[] = [authorityFacts()]) =>
  findingsOf(item({ facts: facts(changes), chain }), judging)

describe('findings', () => {
  it('has none for a good certificate', () => {
    expect(findingsOf(item(), judging)).toEqual([])
  })

  it.each([
    ['expired at the very moment of its end', { notAfter: now }, ['expired']],
    ['not yet valid', { notBefore: plus(now, days(1)) }, ['notYetValid']],
    ['expiring', { notBefore: minus(now, days(80)), notAfter: plus(now, days(10)) }, ['expiring']],
    [
      'not expiring with a third of its life left',
      { notBefore: minus(now, days(60)), notAfter: plus(now, days(30)) },
      [],
    ],
    ['weak key', { key: { algorithm: 'RSA' as const, size: 1024 } }, ['weakKey']],
    ['weak signature', { signatureHash: 'sha1' }, ['weakSignature']],
    ['self-signed', { selfSigned: true }, ['selfSigned']],
    ['without names', { names: [] }, ['noSAN']],
    [
      'a root, which may sign itself, with whatever hash',
      { selfSigned: true, isCA: true, names: [], signatureHash: 'sha1' },
      [],
    ],
  ])('knows %s', (_name, changes, expected) => {
    expect(of(changes, [])).toEqual(expected)
  })

  it.each([
    ['a stranger above it', [authorityFacts({ subjectKeyId: 'ff' })], ['brokenChain']],
    ['an expired certificate above it', [authorityFacts({ notAfter: now })], ['brokenChain', 'chainExpiring']],
    ['a certificate above it that ends first', [authorityFacts({ notAfter: plus(now, days(5)) })], ['chainExpiring']],
    ['no certificate above it, as roots issue them', [], []],
  ])('looks at the chain: %s', (_name, chain, expected) => {
    expect(of({}, chain)).toEqual(expected)
  })

  it('goes by names where there are no key identifiers, whatever their case', () => {
    const above = authorityFacts({ subjectKeyId: undefined, subject: named('EXAMPLE ca') })
    expect(of({}, [above])).toEqual([])
    expect(of({}, [{ ...above, isCA: false }])).toEqual(['brokenChain'])
  })

  it('says that there is more of a chain than is looked at', () => {
    expect(findingsOf(item({ unreadAbove: 1 }), judging)).toEqual(['chainUnread'])
  })

  it('says that a key is in use elsewhere', () => {
    const placesOf = (hash: string): number => (hash === facts().publicKeyHash ? 2 : 0)
    expect(findingsOf(item(), { now, placesOf })).toEqual(['sharedKey'])
  })

  it('says that a CA was replaced, of those that it concerns', () => {
    const reissueOf = ({ name }: { readonly name: string }) =>
      name === 'web' ? ({ kind: 'planned', ca: 'CN=old', at: now } as const) : undefined
    expect(findingsOf(item(), { ...judging, reissueOf })).toEqual(['replacedCA'])
    expect(findingsOf(item({ name: 'other' }), { ...judging, reissueOf })).toEqual([])
  })

  it('shows what cannot be read, and what cannot be renewed', () => {
    expect(findingsOf(foundItem({ facts: undefined, unreadable: 'it is cut off' }), judging)).toEqual(['unreadable'])
    const failure = { code: 'Refused', message: 'The CA said no.', time: now, nextTry: undefined }
    expect(findingsOf(item({ management: management({ failure }) }), judging)).toEqual(['renewalFailing'])
  })

  it('shows what policies do not allow, and what they would not', () => {
    const violation = { policy: 'keys', mode: 'Enforce', rule: 'rules.key', message: 'Too short.' } as const
    const violations = [violation, { ...violation, mode: 'Audit' as const }]
    expect(findingsOf(item({ management: management({ violations }) }), judging)).toEqual([
      'policyBroken',
      'policyAudited',
    ])
  })

  it('names the worst first', () => {
    const found = of({ notAfter: now, names: [], selfSigned: true }, [])
    expect(found).toEqual(['expired', 'noSAN', 'selfSigned'])
    expect(worstOf(found)).toBe('critical')
    expect(worstOf([])).toBeUndefined()
    expect(findingNames).toEqual(expect.arrayContaining([...found]))
  })

  it('warns for a quarter of a life, and never longer than 30 days', () => {
    const lived = (life: number) => facts({ notBefore: now, notAfter: plus(now, days(life)) })
    expect(warningTime(lived(8))).toBe(days(2))
    expect(warningTime(lived(3650))).toBe(days(30))
  })
})
