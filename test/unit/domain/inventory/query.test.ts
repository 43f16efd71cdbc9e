import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { csvOf } from '../../../../src/domain/inventory/csv.ts'
import { answerQuery, sortNames } from '../../../../src/domain/inventory/query.ts'
import type { Answer } from '../../../../src/domain/inventory/query.ts'
import { brokenRules } from '../../../../src/domain/inventory/policies.ts'
import { readQuery } from '../../../../src/domain/inventory/readquery.ts'
import { summarize } from '../../../../src/domain/inventory/summary.ts'
import { days, plus } from '../../../../src/std/time.ts'
import { facts, foundItem, item, judged, judging, management, named, now } from '../../../support/inventoryitems.ts'

const all = judged(
  item({ name: 'web', owner: 'team-a' }),
  item({
    name: 'api',
    namespace: 'bank',
    state: 'failing',
    facts: facts({
      notAfter: plus(now, days(3)),
      serialNumber: 'BEEF',
      names: [{ type: 'dns', value: 'api.bank.example' }],
    }),
    management: management({ issuer: { kind: 'ClusterIssuer', name: 'le' }, protocol: 'acme' }),
  }),
  foundItem({ name: 'old', facts: facts({ notAfter: now, key: { algorithm: 'RSA', size: 1024 } }) }),
  foundItem({ name: 'broken', facts: undefined, chain: [], unreadable: 'it is cut off' }),
  item({ name: 'new', facts: undefined, chain: [], state: 'issuing' }),
)

const asking = {
  ...judging,
  consumerKinds: ({ name }: { name: string }) => (name === 'web' ? ['Ingress'] : []),
}

function ask(search: string): Answer {
  const query = readQuery(new URLSearchParams(search))
  if (!query.ok) throw new Error(query.error)
  return answerQuery(all, query.value, asking)
}

const names = (answer: Answer): readonly string[] => answer.items.map(({ item: { name } }) => name)

describe('a question to the inventory', () => {
  it.each([
    ['', ['old', 'api', 'web', 'new', 'broken']],
    ['sort=-expires', ['new', 'broken', 'web', 'api', 'old']],
    ['sort=name', ['api', 'broken', 'new', 'old', 'web']],
    ['sort=severity', ['old', 'broken', 'api', 'web', 'new']],
    ['namespace=bank', ['api']],
    ['namespace=bank&namespace=shop&state=failing', ['api']],
    ['state=found', ['old', 'broken']],
    ['finding=weakKey', ['old']],
    ['severity=none', ['web', 'new']],
    ['protocol=acme', ['api']],
    ['issuer=ClusterIssuer/le', ['api']],
    ['issuer=CN=Example CA', ['old']],
    ['kind=Secret&key=RSA 1024', ['old']],
    ['owner=team-a', ['web']],
    ['consumer=Ingress', ['web']],
    ['ends-within=7', ['old', 'api']],
    ['ends-after=0&ends-within=7', ['api']],
    ['ends-after=7', ['web']],
    ['q=BANK', ['api']],
    ['q=beef', ['api']],
    ['q=shop example', ['old', 'web']],
    ['q=nothing of the kind', []],
    ['namespace=', ['old', 'api', 'web', 'new', 'broken']],
  ])('"%s" is answered by %j', (search, expected) => {
    expect(names(ask(search))).toEqual(expected)
  })

  it('is answered page by page, with the number of all', () => {
    const first = ask('size=2')
    expect(names(first)).toEqual(['old', 'api'])
    expect(first.total).toBe(5)
    expect(names(ask('size=2&page=3'))).toEqual(['broken'])
    expect(names(ask('size=2&page=4'))).toEqual([])
  })

  it('says of each filter what else could be chosen', () => {
    const { facets } = ask('namespace=bank')
    expect(facets.namespace).toEqual([
      { value: 'shop', count: 4 },
      { value: 'bank', count: 1 },
    ])
    expect(facets.protocol).toEqual([{ value: 'acme', count: 1 }])
  })

  it.each([
    ['sort=colour', /sort must be one of expires, name/],
    ['page=0', /page must be a whole number from 1/],
    ['page=1e3', /page must be/],
    ['size=501', /size must be a whole number from 1 to 500/],
    ['ends-within=-1', /ends-within must be a whole number of days/],
    ['a%00%7fb=1', /There is no parameter "a b"; there are/],
    ['namespce=a', /There is no parameter "namespce"; did you mean namespace\?/],
    [`q=${'x'.repeat(257)}`, /q may have at most 256 characters/],
    [`q=${'x '.repeat(17)}`, /q may have at most 16 words/],
    ['namespace=a&'.repeat(65), /namespace may be given at most 64 times/],
  ])('that is wrong gets a sentence: %s', (search, sentence) => {
    const query = readQuery(new URLSearchParams(search))
    expect(query.ok ? '' : query.error).toMatch(sentence)
  })

  it('never throws, whatever the parameters are', () => {
    const parameter = fc.tuple(fc.oneof(fc.string(), fc.constantFrom('q', 'sort', 'page', 'size')), fc.string())
    fc.assert(fc.property(fc.array(parameter), (parameters) => typeof readQuery(parameters).ok === 'boolean'))
  })

  it('gives every item on exactly one page, whatever it is sorted by', () => {
    for (const sort of sortNames) {
      const pages = [1, 2, 3].flatMap((page) => names(ask(`size=2&sort=${sort}&page=${page}`)))
      expect([...pages].sort()).toEqual(['api', 'broken', 'new', 'old', 'web'])
    }
  })
})

describe('the report about policies', () => {
  const violation = (policy: string, mode: 'Enforce' | 'Audit', rule = 'rules.key') =>
    ({ policy, mode, rule, message: `${policy} says no.` }) as const
  const breaking = (name: string, ...violations: readonly ReturnType<typeof violation>[]) =>
    item({ name, management: management({ violations }) })
  const some = judged(
    breaking('one', violation('tried', 'Audit'), violation('tried', 'Audit')),
    breaking(
      'two',
      violation('tried', 'Audit'),
      violation('keys', 'Enforce'),
      violation('keys', 'Enforce', 'rules.names'),
    ),
    item({ name: 'three' }),
  )

  it('counts certificates rule by rule, enforced ones first', () => {
    expect(brokenRules(some).map(({ policy, rule, certificates }) => `${policy} ${rule} ${certificates}`)).toEqual([
      'keys rules.key 1',
      'keys rules.names 1',
      'tried rules.key 2',
    ])
  })

  it('leads to the certificates that break a policy', () => {
    const query = readQuery(new URLSearchParams('policy=keys'))
    if (!query.ok) throw new Error(query.error)
    const answer = answerQuery(some, query.value, asking)
    expect(names(answer)).toEqual(['two'])
    expect(answer.facets.policy).toEqual([
      { value: 'tried', count: 2 },
      { value: 'keys', count: 1 },
    ])
  })
})

describe('the summary', () => {
  it('counts states, findings, and when certificates end', () => {
    const summary = summarize(all, now)
    expect(summary).toMatchObject({
      total: 5,
      managed: 3,
      found: 2,
      namespaces: 2,
      states: { ready: 1, issuing: 1, failing: 1, found: 2 },
      severities: { critical: 2, warning: 1, notice: 0, none: 2 },
    })
    expect(summary.findings).toMatchObject({ expired: 1, weakKey: 1, unreadable: 1 })
    expect(summary.expiry.filter(({ managed, found }) => managed + found > 0)).toEqual([
      { untilDays: 0, managed: 0, found: 1 },
      { untilDays: 7, managed: 1, found: 0 },
      { untilDays: 60, managed: 1, found: 0 },
    ])
  })
})

describe('a table for spreadsheets', () => {
  it('quotes what must be quoted, and defuses formulas that strangers put into names', () => {
    const rows = [
      ['a', 'b,c', 'say "x"'],
      ['=1+1', '@x', 'two\nlines'],
    ]
    expect(csvOf(rows)).toBe('a,"b,c","say ""x"""\r\n\'=1+1,\'@x,"two\nlines"\r\n')
  })
})

it('a distinguished name is found by a part of it', () => {
  const [one] = judged(item({ facts: facts({ subject: named('Printer Room 7') }) }))
  expect(one?.item.searchable).toContain('printer room 7')
})
