import { describe, expect, it } from '@jest/globals'
import type { AuthorityRecord } from '../../../../src/domain/authority/record.ts'
import { reissueKinds, reissueText } from '../../../../src/domain/authority/reissue.ts'
import type { Reissue } from '../../../../src/domain/authority/reissue.ts'
import { reissueOf, replacementOf } from '../../../../src/domain/authority/remaining.ts'
import type { Lead, Link } from '../../../../src/domain/authority/rollover.ts'
import { days, hours, instant, minus, minutes, plus, toRfc3339 } from '../../../../src/std/time.ts'
import type { Instant } from '../../../../src/std/time.ts'
import { record } from './records.ts'

const changed = instant(Date.UTC(2026, 5, 1))
const since = toRfc3339(changed)
const records = [record('b', since), record('a', since, { state: 'Former' })]
const link = (key: string): Link => ({
  issuer: [[{ oid: '2.5.4.3', value: 'CA' }]],
  authorityKeyId: `key-${key}`,
})
const lead: Lead = { uid: 'uid', issuedAt: minus(changed, days(9)), links: [link('a')] }

type Spec = Parameters<typeof replacementOf>[1]

function told(
  { spec = {}, known = records, more = {} }: { spec?: Spec; known?: readonly AuthorityRecord[]; more?: Partial<Lead> },
  at: Instant,
): Reissue | undefined {
  const replacement = replacementOf(known, spec)
  return replacement && reissueOf({ ...lead, ...more }, replacement, at)
}

describe('a certificate under a replaced CA', () => {
  it('is planned until a day after its moment, and overdue from then on', () => {
    const planned = told({}, changed)
    expect(planned).toMatchObject({ kind: 'planned', ca: 'CN=CA' })
    const at = planned?.at ?? changed
    expect(at).toBeGreaterThan(plus(changed, hours(1)))
    expect(told({}, plus(at, days(1)))?.kind).toBe('planned')
    expect(told({}, plus(at, days(1.001)))?.kind).toBe('overdue')
  })

  it('waits without a moment while the new CA is not published, and is overdue when that takes a day too long', () => {
    const spec = { trustBundle: { configMap: { name: 'bundle' } } }
    expect(told({ spec }, plus(changed, hours(25)))).toEqual({ kind: 'planned', ca: 'CN=CA', at: undefined })
    expect(told({ spec }, plus(changed, hours(27)))?.kind).toBe('overdue')
  })

  it('stays until it is due where the spec has it so, however long ago', () => {
    expect(told({ spec: { rollover: { reissue: 'AtRenewal' } } }, plus(changed, days(60)))?.kind).toBe('atRenewal')
  })

  it('is kept when it was issued after the change, for the CA goes on with the former one', () => {
    expect(told({ more: { issuedAt: plus(changed, minutes(1)) } }, changed)?.kind).toBe('kept')
  })

  it('is one too when only an intermediate above it was issued by it', () => {
    expect(told({ more: { links: [link('i'), link('a')] } }, changed)?.kind).toBe('planned')
  })

  it.each([
    ['under the CA that counts', { more: { links: [link('b')] } }],
    ['under a CA that nobody knows', { more: { links: [link('x')] } }],
    ['while nothing was replaced', { known: [record('a', since)] }],
    ['while no CA counts', { known: [record('a', since, { state: 'Former' })] }],
    [
      'where only a name has changed, one chain at a time',
      { known: [record('b', since), { subject: 'CN=CA', role: 'Root', state: 'Former', since } as const] },
    ],
  ])('is none %s', (_words, situation) => {
    expect(told(situation, plus(changed, days(60)))).toBeUndefined()
  })

  it('is told in sentences that differ by what becomes of it', () => {
    const sentences = reissueKinds.flatMap((kind) =>
      [changed, undefined].map((at) => reissueText({ kind, ca: 'CN=old', at })),
    )
    for (const sentence of sentences) expect(sentence).toMatch(/^Its CA "CN=old" was replaced\. .*\.$/)
    expect(new Set(sentences).size).toBe(6)
    expect(sentences[0]).toContain('re-issued at 2026-06-01T00:00:00Z')
  })
})
