import { describe, expect, it } from '@jest/globals'
import type { Issuer } from '../../../src/api/issuer.ts'
import type { Condition } from '../../../src/api/meta.ts'
import type { CertificatePolicy } from '../../../src/api/policy.ts'
import type {
  CertificateList,
  Complaint,
  Detail,
  IssuerList,
  Me,
  PolicyReport,
  SummaryAnswer,
} from '../../../src/web/contract.ts'
import { days, hours, minus, toRfc3339 } from '../../../src/std/time.ts'
import { facts, foundItem, item, management, now } from '../../support/inventoryitems.ts'
import { asking, bodyOf } from '../../support/inventorysite.ts'

const at = '2026-11-20T00:00:00Z'
const issuer = (name: string, namespace: string | undefined, status: 'True' | 'False'): Issuer => ({
  apiVersion: 'perennial.dev/v1',
  kind: namespace === undefined ? 'ClusterIssuer' : 'Issuer',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  spec: { selfSigned: {} },
  status: {
    protocol: 'ca',
    conditions: [{ type: 'Ready', status, lastTransitionTime: at, reason: 'Probed', message: 'It was asked.' }],
    credentials: [{ name: 'CA certificate', notAfter: '2027-01-01T00:00:00Z' }],
  },
})

const policy = (name: string, told: Pick<Condition, 'reason' | 'status'>): CertificatePolicy => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'CertificatePolicy',
  metadata: { name },
  spec: { rules: {} },
  status: { conditions: [{ type: 'Ready', message: 'Drop one of the two.', lastTransitionTime: at, ...told }] },
})

const failure = { code: 'CaRefused', message: 'The CA said no.', time: now, nextTry: undefined }
const past = (serialNumber: string, ago: number) => ({
  serialNumber,
  notBefore: minus(now, days(ago)),
  issuer: 'Issuer/ca',
})
const ask = asking({
  now,
  items: [
    item({ name: 'web', owner: '=cmd()' }),
    item({
      name: 'api',
      namespace: 'bank',
      state: 'failing',
      management: management({ failure, revision: 3, past: [past('0B', 60), past('0A', 120)] }),
    }),
    foundItem({ name: 'old', facts: facts({ notAfter: now }) }),
  ],
  consumers: { 'Certificate/shop/web': [{ kind: 'Ingress', namespace: 'shop', name: 'front' }] },
  issuers: [issuer('ca', 'shop', 'True'), issuer('ca', 'bank', 'False')],
  clusterIssuers: [issuer('le', undefined, 'True')],
  policies: [
    policy('a', { reason: 'Applied', status: 'True' }),
    policy('b', { reason: 'Contradictory', status: 'False' }),
    { ...policy('c', { reason: 'SelectsNothing', status: 'True' }), spec: { mode: 'Audit', rules: {} } },
    { apiVersion: 'perennial.dev/v1', kind: 'CertificatePolicy', metadata: { name: 'd' }, spec: { rules: {} } },
  ],
  unread: ['ConfigMap'],
})

const changed = toRfc3339(minus(now, hours(1)))
const told = (type: string, status: 'True' | 'False', message: string): Condition => ({
  type,
  status,
  reason: 'Because',
  message,
  lastTransitionTime: at,
})
const authority = (name: string, state: 'Current' | 'Former') =>
  ({ subject: 'CN=Example CA', role: 'Root', state, fingerprintSHA256: name, keyId: name, since: changed }) as const
const house = issuer('ca', 'shop', 'True')
/** One issuer with a window, a budget and a new CA, and what is under the former one. */
const paced = asking({
  now,
  items: [
    item({
      issuedAt: minus(now, days(30)),
      management: management({
        waits: { reason: 'BudgetSpent', message: 'Waits for the budget.' },
        windowsIgnored: 'The zone is unknown.',
      }),
    }),
    item({ name: 'new', facts: facts({ authorityKeyId: 'next' }), chain: [] }),
  ],
  issuers: [
    {
      ...house,
      spec: {
        ...house.spec,
        renewalWindows: [{ schedule: '0 2 * * *', duration: '4h' }],
        limits: { certificatesPerHour: 10, certificatesPerDay: 100 },
      },
      status: {
        ...house.status,
        authorities: [authority('next', 'Current'), authority('ca', 'Former')],
        conditions: [
          ...(house.status?.conditions ?? []),
          told('CAChange', 'True', 'The CA changes.'),
          told('TrustBundle', 'False', 'No bundle.'),
        ],
      },
    },
  ],
  asked: new Map([['Issuer/shop/ca', { perHour: 7, perDay: 8 }]]),
})

describe('the API of the inventory', () => {
  it('answers a question with a page of rows', async () => {
    const reply = await ask('/api/certificates?q=web&size=1')
    expect(reply.status).toBe(200)
    const list = bodyOf(reply) as CertificateList
    expect(list).toMatchObject({ total: 3, page: 1, size: 1 })
    expect((bodyOf(await ask('/api/certificates?finding=expired')) as CertificateList).items[0]?.id).toBe(
      'Secret/shop/old',
    )
    const [web] = (bodyOf(await ask('/api/certificates?consumer=Ingress')) as CertificateList).items
    expect(web).toMatchObject({
      id: 'Certificate/shop/web',
      subject: 'CN=web.example',
      names: ['dns:web.example'],
      key: 'ECDSA 256',
      issuer: 'Issuer/ca',
      expires: '2027-01-23T00:00:00Z',
      consumers: [{ kind: 'Ingress', namespace: 'shop', name: 'front' }],
    })
  })

  it('shows a person the namespaces that they may see, and nothing of others', async () => {
    for (const path of ['/api/certificates', '/api/certificates?format=csv', '/api/summary', '/api/issuers']) {
      const { body } = await ask(path, 'shop-only')
      expect(String(body)).not.toContain('bank')
    }
    expect((bodyOf(await ask('/api/certificates', 'shop-only')) as CertificateList).total).toBe(2)
    expect((bodyOf(await ask('/api/certificates?namespace=bank', 'shop-only')) as CertificateList).total).toBe(0)
    expect((await ask('/api/certificates/Certificate/bank/api', 'shop-only')).status).toBe(404)
    expect((bodyOf(await ask('/api/summary', 'nowhere')) as SummaryAnswer).total).toBe(0)
  })

  it.each([
    ['nobody', '', 401],
    ['a token that the cluster does not know', 'stranger', 401],
    ['a person, while the API server is away', 'away', 503],
  ])('tells %s what to do', async (_who, token, status) => {
    const reply = await ask('/api/certificates', token)
    expect(reply.status).toBe(status)
    expect((bodyOf(reply) as Complaint).error).toMatch(/Send one as "Authorization|Try again/)
    expect(reply.headers).toHaveProperty(status === 401 ? 'www-authenticate' : 'retry-after')
  })

  it('tells whoever asks without a pause to wait', async () => {
    const reply = await asking({ now, items: [], hasty: true })('/api/summary')
    expect(reply).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
  })

  it.each([
    ['/api/certificates?sort=colour', 400, /sort must be one of/],
    ['/api/a\u0004b', 404, /^There is nothing at \/api\/a b; there is/],
    ['/api/certificates?format=xml', 400, /format must be csv or json/],
    ['/api/certificates/Certificate/shop/none', 404, /no such certificate/],
    ['/api/certificates/%E0%A4%A', 404, /no such certificate/],
    ['/api/nothing', 404, /there is \/api\/certificates/],
    ['/api/constructor', 404, /There is nothing/],
  ])('complains about %s', async (path, status, sentence) => {
    const reply = await ask(path)
    expect(reply.status).toBe(status)
    expect((bodyOf(reply) as Complaint).error).toMatch(sentence)
  })

  it('exports everything that a question finds, as CSV and as JSON', async () => {
    const csv = await ask('/api/certificates?format=csv&size=1&sort=name')
    expect(csv.contentType).toMatch(/^text\/csv/)
    expect(csv.headers).toMatchObject({ 'content-disposition': 'attachment; filename="certificates-2026-11-24.csv"' })
    const lines = String(csv.body).trimEnd().split('\r\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/^namespace,name,kind,/)
    expect(lines[3]).toMatch(/^shop,web,Certificate,.*,'=cmd\(\),Ingress\/shop\/front$/)
    expect(bodyOf(await ask('/api/certificates?format=json&size=1')) as object[]).toHaveLength(3)
  })

  it('tells the story of one certificate, in the order of time', async () => {
    const detail = bodyOf(await ask('/api/certificates/Certificate/bank/api')) as Detail
    expect(detail.timeline.map(({ kind }) => kind)).toEqual(['past', 'past', 'issued', 'failed', 'renews', 'expires'])
    expect(detail.timeline.slice(0, 3).map(({ title }) => title)).toEqual(
      [1, 2, 3].map((number) => `Valid from (number ${number})`),
    )
    expect(detail.timeline[0]?.text).toBe('Serial number 0A, from Issuer/ca')
    expect(detail.findings).toEqual([
      { name: 'renewalFailing', severity: 'warning', title: 'Renewal failing', means: expect.any(String) },
    ])
    expect(detail.renewCommand).toBe('kubectl perennial renew api --namespace bank')
    expect(detail.chain[0]).toMatchObject({ subject: 'CN=Example CA', selfSigned: false })
    expect((bodyOf(await ask('/api/certificates/Secret/shop/old')) as Detail).renewCommand).toBeUndefined()
  })

  it('shows how issuers are, the worst first', async () => {
    const { items } = bodyOf(await ask('/api/issuers')) as IssuerList
    expect(items.map(({ kind, namespace, name, health }) => `${kind} ${namespace}/${name} ${health}`)).toEqual([
      'Issuer bank/ca failing',
      'Issuer shop/ca ready',
      'ClusterIssuer undefined/le ready',
    ])
    expect(items[0]).toMatchObject({ certificates: 1, failing: 1, message: 'It was asked.' })
    expect((bodyOf(await ask('/api/summary')) as SummaryAnswer).failingIssuers).toHaveLength(1)
  })

  it('says when an issuer may be asked, for how many, and what else is to be known of it', async () => {
    const { items } = bodyOf(await paced('/api/issuers')) as IssuerList
    expect(items[0]).toMatchObject({
      window: { opens: '2026-11-24T02:00:00Z', closes: '2026-11-24T06:00:00Z' },
      budget: [
        { span: 'hour', asked: 7, limit: 10 },
        { span: 'day', asked: 8, limit: 100 },
      ],
      waiting: 1,
      replaced: 1,
      notes: ['The CA changes.', 'No bundle.'],
    })
  })

  it('says why a certificate waits, and what becomes of one whose CA was replaced', async () => {
    const detail = bodyOf(await paced('/api/certificates/Certificate/shop/web')) as Detail
    expect(detail.notes).toEqual([
      'Waits for the budget.',
      'The zone is unknown.',
      expect.stringMatching(/^Its CA "CN=Example CA" was replaced\. It is re-issued at 2026-11-24T/),
    ])
    expect(detail.findings.map(({ name }) => name)).toEqual(['replacedCA'])
    const list = bodyOf(await paced('/api/certificates?finding=replacedCA')) as CertificateList
    expect(list.items.map(({ name }) => name)).toEqual(['web'])
  })

  it('shows how policies stand to those who may list them, the one that needs a change first', async () => {
    const report = bodyOf(await ask('/api/policies')) as PolicyReport
    expect(report.policies?.map(({ name, standing, mode }) => `${name} ${standing} ${mode}`)).toEqual([
      'b wrong Enforce',
      'c idle Audit',
      'd unknown Enforce',
      'a applied Enforce',
    ])
    expect(report.policies?.[0]?.message).toBe('Drop one of the two.')
    expect((bodyOf(await ask('/api/policies', 'shop-only')) as PolicyReport).policies).toBeUndefined()
  })

  it('says what it could not read, and who is asking', async () => {
    expect((bodyOf(await ask('/api/summary')) as SummaryAnswer).unread).toEqual(['ConfigMap'])
    expect(bodyOf(await ask('/api/me', 'shop-only')) as Me).toEqual({
      user: 'shop-only',
      everywhere: false,
      version: '1.2.3',
    })
  })

  it('sends with everything a policy that lets nothing in from elsewhere', async () => {
    for (const [path, token] of [
      ['/api/summary', 'everywhere'],
      ['/api/summary', ''],
      ['/', ''],
      ['/nothing', ''],
    ] as const) {
      const { headers } = await ask(path, token)
      expect(headers?.['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
      expect(headers?.['content-security-policy']).not.toContain('unsafe')
      expect(headers?.['x-frame-options']).toBe('DENY')
    }
  })

  it('says how to get the page when it has not been built', async () => {
    expect(await ask('/', '')).toMatchObject({ status: 503, body: 'The page has not been built.\n' })
  })
})
