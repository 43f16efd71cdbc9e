import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { accountFor, readAccounts } from '../../../../../src/enroll/solvers/dns01/acmedns/wire.ts'
import * as azure from '../../../../../src/enroll/solvers/dns01/azuredns/wire.ts'
import * as google from '../../../../../src/enroll/solvers/dns01/clouddns/wire.ts'
import * as cloudflare from '../../../../../src/enroll/solvers/dns01/cloudflare/wire.ts'
import * as digitalocean from '../../../../../src/enroll/solvers/dns01/digitalocean/wire.ts'
import { selectProvider } from '../../../../../src/enroll/solvers/dns01/table.ts'
import { readChallenge } from '../../../../../src/enroll/solvers/dns01/webhook/wire.ts'
import { isJsonObject } from '../../../../../src/std/json.ts'
import type { Json, JsonObject } from '../../../../../src/std/json.ts'
import { instant } from '../../../../../src/std/time.ts'

const members = fc.constantFrom(
  'result',
  'result_info',
  'domain_records',
  'links',
  'pages',
  'next',
  'etag',
  'properties',
)
const more = fc.constantFrom(
  'TXTRecords',
  'value',
  'kind',
  'rrsets',
  'rrdatas',
  'response',
  'uid',
  'success',
  'id',
  'expires_in',
)
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<Json>(null, true, 0, -1, 1e300, '', 'x', 'dns#change', 'dns#resourceRecordSetsListResponse', 'TXT'),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(members, more), tie('tree'), { maxKeys: 5 }),
  ),
}))
const body = tree.filter((value): value is JsonObject => isJsonObject(value))

describe('replies of providers of DNS', () => {
  const readers: Readonly<Record<string, (value: JsonObject) => unknown>> = {
    'pages of Cloudflare': (value) => cloudflare.readPage(value, cloudflare.readRecord),
    'records of DigitalOcean': digitalocean.readRecords,
    'record sets of Azure': azure.readRecordSet,
    'tokens of Azure': (value) => azure.readToken(value, instant(0)),
    'record sets of Google': (value) => google.readRecordSets(value, 'x'),
    'zones of Google': (value) => google.readZones(value, 'x'),
    'changes of Google': google.readChange,
    'tokens of Google': (value) => google.readToken(value, instant(0)),
    'answers of webhooks': (value) => readChallenge(value, 'x'),
    'accounts of acme-dns': (value) => readAccounts(Buffer.from(JSON.stringify(value))),
    'keys of Google': (value) => google.readServiceAccount(Buffer.from(JSON.stringify(value))),
  }

  it.each(Object.entries(readers))('%s are read or not, without an exception', (_title, read) => {
    fc.assert(fc.property(body, (value) => expect(() => read(value)).not.toThrow()))
  })

  it('a webhook has answered only the challenge that it was asked about', () => {
    expect(readChallenge({ response: { uid: 'a', success: true } }, 'a')).toEqual({ kind: 'success' })
    expect(readChallenge({ response: { uid: 'b', success: true } }, 'a')).toEqual({ kind: 'unreadable' })
    expect(readChallenge({ response: { uid: 'a', success: 'true' } }, 'a')).toMatchObject({ kind: 'failure' })
  })
})

describe('accounts of acme-dns', () => {
  const account = { username: 'u', password: 'p', subdomain: 's', fulldomain: 'S.Auth.Example.' }
  const read = (accounts: JsonObject) => readAccounts(Buffer.from(JSON.stringify(accounts)))

  it('are found by the domain, or the nearest above it', () => {
    const accounts = read({ 'example.com': account, 'api.example.com.': { ...account, subdomain: 'api' } })
    const found = (name: string) => accounts && accountFor(accounts, name)?.subdomain
    expect(['API.example.com', 'v1.api.example.com', 'www.example.com', 'example.org'].map(found)).toEqual([
      'api',
      'api',
      's',
      undefined,
    ])
    expect(accounts && accountFor(accounts, 'example.com')?.fullDomain).toBe('s.auth.example')
  })

  it.each([
    {},
    { 'a.example': null },
    { 'a.example': { ...account, password: 'a\nb' } },
    { 'a.example': { username: 'u' } },
  ])('are not %j', (accounts) => {
    expect(read(accounts)).toBeUndefined()
  })
})

describe('the table of providers', () => {
  it('selects by the member that is set', () => {
    const field = 'spec.acme.solvers[3].dns01'
    const selected = selectProvider({ digitalocean: { tokenSecretRef: { name: 'do', key: 'token' } } }, field)
    expect(selected?.provider).toBe('digitalocean')
    expect(selected?.needs()).toEqual([
      { field: `${field}.digitalocean.tokenSecretRef`, secretName: 'do', keys: ['token'] },
    ])
    expect(selectProvider({}, field)).toBeUndefined()
  })
})
