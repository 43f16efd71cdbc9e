import { describe, expect, it } from '@jest/globals'
import type { Claimant, Complaint } from '../../../../src/domain/ingress/claimant.ts'
import { claims, wantedBy } from '../../../../src/domain/ingress/wanted.ts'
import type { Habits, Wanted } from '../../../../src/domain/ingress/wanted.ts'
import type { JsonObject } from '../../../../src/std/json.ts'
import { entry, gateway, habits, ingress, route } from './claimants.ts'

const issuer = { 'perennial.dev/issuer': 'ca' }
const byCa = { group: 'perennial.dev', kind: 'Issuer', name: 'ca' }

const withNotes = (annotations: Readonly<Record<string, string>>): Claimant =>
  ingress({ annotations: { ...issuer, ...annotations } })

const wanted = (claimant: Claimant, more: Partial<Habits> = {}): Wanted =>
  wantedBy(claimant, [], { ...habits, ...more })

const specs = ({ certificates }: Wanted): readonly JsonObject[] => certificates.map(({ spec }) => spec)
const messages = ({ complaints }: { readonly complaints: readonly Complaint[] }): readonly string[] =>
  complaints.map(({ reason, message }) => `${reason}: ${message}`)

describe('who asks for a certificate', () => {
  it('gets one for each Secret, named like it, with the hosts of all entries that name it', () => {
    const entries = [
      entry({ hosts: ['a.example', '*.a.example'] }),
      entry({ path: 'spec.tls[1]', hosts: ['b.example'], secretNames: ['b-tls'] }),
      entry({ path: 'spec.tls[2]', hosts: ['c.example', 'a.example'] }),
    ]
    const found = wanted(ingress({ entries }))
    expect(found.complaints).toEqual([])
    expect(found.certificates.map(({ name }) => name)).toEqual(['web-tls', 'b-tls'])
    expect(specs(found)).toEqual([
      { secretName: 'web-tls', issuerRef: byCa, dnsNames: ['a.example', '*.a.example', 'c.example'] },
      { secretName: 'b-tls', issuerRef: byCa, dnsNames: ['b.example'] },
    ])
  })

  it('names addresses as addresses', () => {
    expect(specs(wanted(ingress({ entries: [entry({ hosts: ['10.0.0.1', 'a.example'] })] })))[0]).toMatchObject({
      dnsNames: ['a.example'],
      ipAddresses: ['10.0.0.1'],
    })
  })

  it.each<{ name: string; annotations: Record<string, string>; issuerRef: object; habits?: Partial<Habits> }>([
    { name: 'issuer', annotations: issuer, issuerRef: byCa },
    {
      name: 'cluster-issuer',
      annotations: { 'perennial.dev/cluster-issuer': 'corp' },
      issuerRef: { ...byCa, kind: 'ClusterIssuer', name: 'corp' },
    },
    {
      name: 'issuer with issuer-kind',
      annotations: {
        ...issuer,
        'perennial.dev/issuer-kind': 'ClusterIssuer',
        'perennial.dev/issuer-group': 'perennial.dev',
      },
      issuerRef: { ...byCa, kind: 'ClusterIssuer' },
    },
    {
      name: 'the words of cert-manager, where they are understood',
      annotations: { 'cert-manager.io/cluster-issuer': 'corp', 'cert-manager.io/issuer-group': 'cert-manager.io' },
      issuerRef: { ...byCa, kind: 'ClusterIssuer', name: 'corp' },
      habits: { foreign: true },
    },
    {
      name: 'ours before those of cert-manager',
      annotations: { ...issuer, 'cert-manager.io/cluster-issuer': 'corp', 'cert-manager.io/issuer-kind': 'Nonsense' },
      issuerRef: byCa,
      habits: { foreign: true },
    },
    {
      name: 'the default issuer',
      annotations: { 'kubernetes.io/tls-acme': 'true' },
      issuerRef: { ...byCa, kind: 'ClusterIssuer', name: 'preset' },
      habits: { defaultIssuer: { kind: 'ClusterIssuer', name: 'preset' } },
    },
  ])('is served by $name', ({ annotations, issuerRef, habits: more }) => {
    const found = wanted(ingress({ annotations }), more)
    expect(messages(found)).toEqual([])
    expect(specs(found)[0]?.['issuerRef']).toEqual(issuerRef)
  })

  it.each<{ name: string; claimant: Claimant; habits?: Partial<Habits> }>([
    { name: 'it has no annotation', claimant: ingress({ annotations: {} }) },
    {
      name: 'it speaks the language of cert-manager, which is not understood',
      claimant: ingress({ annotations: { 'cert-manager.io/issuer': 'ca' } }),
    },
    { name: 'there is no default issuer', claimant: ingress({ annotations: { 'kubernetes.io/tls-acme': 'true' } }) },
    {
      name: 'it is a Gateway, which the default issuer does not serve',
      claimant: gateway({ annotations: { 'kubernetes.io/tls-acme': 'true' } }),
      habits: { defaultIssuer: { kind: 'ClusterIssuer', name: 'preset' } },
    },
  ])('gets nothing when $name', ({ claimant, habits: more }) => {
    expect(wanted(claimant, more)).toEqual({ certificates: [], frozen: [], complaints: [] })
    expect(claims(claimant, 'web-tls', { ...habits, ...more })).toBe(false)
  })
})

describe('what cannot be understood', () => {
  it.each<{ name: string; annotations: Record<string, string>; says: readonly RegExp[] }>([
    {
      name: 'two issuers',
      annotations: { 'perennial.dev/cluster-issuer': 'corp' },
      says: [/^BadAnnotation: .*perennial\.dev\/issuer says "ca": and perennial\.dev\/cluster-issuer says "corp"/],
    },
    { name: 'an empty issuer', annotations: { 'perennial.dev/issuer': ' ' }, says: [/must name an issuer/] },
    {
      name: 'a foreign group',
      annotations: { 'perennial.dev/issuer-group': 'cert-manager.io' },
      says: [/perennial\.dev\/issuer-group says "cert-manager\.io": issuers of other groups/],
    },
    {
      name: 'a foreign kind',
      annotations: { 'perennial.dev/issuer-kind': 'VaultIssuer' },
      says: [/Issuer or ClusterIssuer/],
    },
    {
      name: 'a duration',
      annotations: { 'perennial.dev/duration': '90 days' },
      says: [/perennial\.dev\/duration says "90 days"/],
    },
    {
      name: 'a renewal',
      annotations: { 'perennial.dev/renew-before': '9000h' },
      says: [/perennial\.dev\/renew-before says "9000h"/],
    },
    { name: 'a share', annotations: { 'perennial.dev/renew-before-percentage': '33%' }, says: [/not a whole number/] },
    {
      name: 'a usage',
      annotations: { 'perennial.dev/usages': 'serve' },
      says: [/perennial\.dev\/usages says "serve"/],
    },
    {
      name: 'an algorithm',
      annotations: { 'perennial.dev/private-key-algorithm': 'DSA' },
      says: [/algorithm says "DSA"/],
    },
    {
      name: 'an open quote',
      annotations: { 'perennial.dev/subject-organizations': '"A, B' },
      says: [/a double quote is open/],
    },
    { name: 'no JSON', annotations: { 'perennial.dev/secret-template': '{labels' }, says: [/not a JSON object/] },
    {
      name: 'a stranger in the template',
      annotations: { 'perennial.dev/secret-template': '{"label": {}}' },
      says: [/it has a member "label"/],
    },
    {
      name: 'two things at once',
      annotations: { 'perennial.dev/common-name': '', 'perennial.dev/revision-history-limit': 'x' },
      says: [/common-name says "": it is empty/, /revision-history-limit says "x"/],
    },
  ])('is named, and freezes the Certificates: $name', ({ annotations, says }) => {
    const found = wanted(withNotes(annotations))
    expect(found.certificates).toEqual([])
    expect(found.frozen).toEqual(['web-tls'])
    expect(found.complaints).toHaveLength(says.length)
    for (const [index, pattern] of says.entries()) expect(messages(found)[index]).toMatch(pattern)
    expect(claims(withNotes(annotations), 'web-tls', habits)).toBe(true)
  })

  it('keeps nobody else from a certificate: an entry without a Secret, an entry without a name', () => {
    const entries = [
      entry({ path: 'spec.tls[0]', secretNames: [], problem: 'it has no secretName.' }),
      entry({ path: 'spec.tls[1]', hosts: [], secretNames: ['empty'] }),
      entry({ path: 'spec.tls[2]', hosts: ['bad_name.example'], secretNames: ['bad'] }),
      entry({ path: 'spec.tls[3]' }),
    ]
    const found = wanted(ingress({ entries }))
    expect(found.certificates.map(({ name }) => name)).toEqual(['web-tls'])
    expect(found.frozen).toEqual(['empty', 'bad'])
    expect(messages(found)).toEqual([
      'BadEntry: spec.tls[0]: it has no secretName.',
      'BadEntry: spec.tls[1]: there is no name to certify; list its hosts.',
      expect.stringMatching(/^BadEntry: spec\.tls\[2\]: no Certificate can be made of it\. In spec\.dnsNames\[0\]: /),
    ])
  })

  it('is guessed at when a word under our prefix is unknown, and stops nothing', () => {
    const found = wanted(withNotes({ 'perennial.dev/durration': '1h', 'perennial.dev/zzzzzzzz': '' }))
    expect(found.certificates).toHaveLength(1)
    expect(messages(found)).toEqual([
      'UnknownAnnotation: There is no annotation perennial.dev/durration; did you mean perennial.dev/duration?',
      'UnknownAnnotation: There is no annotation perennial.dev/zzzzzzzz; it has no effect',
    ])
    const typo = ingress({ annotations: { 'perennial.dev/cluster-isuer': 'ca' } })
    expect(messages(wanted(typo))[0]).toContain('did you mean perennial.dev/cluster-issuer?')
  })

  it('freezes a Secret for all entries that name it: half of the names must not replace all of them', () => {
    const entries = [entry(), entry({ path: 'spec.tls[1]', problem: 'it is bad.' })]
    expect(wanted(ingress({ entries }))).toMatchObject({ certificates: [], frozen: ['web-tls', 'web-tls'] })
  })
})

describe('a listener', () => {
  const bare = entry({ path: 'spec.listeners[0]', listener: 'https', hosts: [], routesFrom: 'Same' })

  it('has the names of the routes that are attached to it when it has no hostname', () => {
    const routes = [
      route(['b.example', 'a.example']),
      route(['a.example', 'c.example'], {
        parents: [{ kind: 'Gateway', namespace: 'team', name: 'web', listener: 'https' }],
      }),
      route(['no.example'], { parents: [{ kind: 'Gateway', namespace: 'team', name: 'web', listener: 'other' }] }),
      route(['no.example'], { parents: [{ kind: 'Service', namespace: 'team', name: 'web', listener: undefined }] }),
      route(['foreign.example'], { namespace: 'others' }),
    ]
    const found = wantedBy(gateway({ entries: [bare] }), routes, habits)
    expect(specs(found)[0]?.['dnsNames']).toEqual(['a.example', 'b.example', 'c.example'])
    const open = wantedBy(gateway({ entries: [{ ...bare, routesFrom: 'All' }] }), routes, habits)
    expect(specs(open)[0]?.['dnsNames']).toContain('foreign.example')
  })

  it('keeps its hostname whatever routes say', () => {
    expect(specs(wantedBy(gateway(), [route(['b.example'])], habits))[0]?.['dnsNames']).toEqual(['www.example.com'])
  })

  it('without any name is told what to do, and its Certificate stays', () => {
    const found = wantedBy(gateway({ entries: [bare] }), [], habits)
    expect(found.frozen).toEqual(['web-tls'])
    expect(messages(found)).toEqual([
      'BadEntry: spec.listeners[0]: there is no name to certify; give the listener a hostname, or attach an HTTPRoute with hostnames to it.',
    ])
  })

  it('is left alone when the annotation says so', () => {
    const entries = [bare, entry({ path: 'spec.listeners[1]', listener: 'api', secretNames: ['api'] })]
    const annotations = { ...issuer, 'perennial.dev/ignore-tls-listeners': 'other, https' }
    const found = wantedBy(gateway({ entries, annotations }), [], habits)
    expect(found).toMatchObject({ certificates: [{ name: 'api' }], frozen: [], complaints: [] })
  })

  it('is not what an annotated HTTPRoute has', () => {
    expect(wanted(ingress({ kind: 'HTTPRoute', entries: [] })).complaints).toMatchObject([
      { reason: 'MisplacedAnnotation' },
    ])
  })
})
