import { describe, expect, it } from '@jest/globals'
import { projectClaimant, projectRoute } from '../../../../src/controllers/ingress/projection.ts'
import type { TlsEntry } from '../../../../src/domain/ingress/claimant.ts'

const object = (kind: string, spec: object | undefined, annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'x/v1',
  kind,
  metadata: { name: 'web', namespace: 'team', uid: 'u', resourceVersion: '7', annotations },
  ...(spec === undefined ? {} : { spec }),
})

const entriesOf = (kind: 'Ingress' | 'Gateway' | 'ListenerSet', spec?: object): readonly TlsEntry[] =>
  projectClaimant(kind, object(kind, spec)).claimant.entries

describe('of an Ingress', () => {
  it('its TLS entries are kept, with what is wrong with them', () => {
    const tls = [{ hosts: ['a.example'], secretName: 'a' }, { secretName: 'b' }, { hosts: ['c.example'] }]
    expect(entriesOf('Ingress', { tls, rules: [] })).toEqual([
      { path: 'spec.tls[0]', hosts: ['a.example'], secretNames: ['a'] },
      { path: 'spec.tls[1]', hosts: [], secretNames: ['b'] },
      { path: 'spec.tls[2]', hosts: ['c.example'], secretNames: [], problem: expect.stringContaining('no secretName') },
    ])
  })

  it.each([undefined, {}, { tls: null }, { tls: [] }])('without TLS nothing is kept: %j', (spec) => {
    expect(entriesOf('Ingress', spec)).toEqual([])
  })

  it('only annotations that may be meant for us are kept', () => {
    const annotations = {
      'perennial.dev/issuer': 'ca',
      'cert-manager.io/issuer': 'ca',
      'kubernetes.io/tls-acme': 'true',
      'nginx.ingress.kubernetes.io/rewrite-target': '/',
    }
    const kept = projectClaimant('Ingress', object('Ingress', {}, annotations)).claimant.annotations
    expect(Object.keys(kept)).toEqual(['perennial.dev/issuer', 'cert-manager.io/issuer', 'kubernetes.io/tls-acme'])
  })
})

describe('of a Gateway', () => {
  const certificateRefs = [{ name: 'a' }]
  const base = { name: 'https', protocol: 'HTTPS', hostname: 'a.example', tls: { certificateRefs } }
  const kept = { path: 'spec.listeners[0]', listener: 'https', hosts: ['a.example'], secretNames: ['a'] }

  it.each<{ name: string; listener: object; expected: object | undefined }>([
    { name: 'terminates TLS', listener: {}, expected: { ...kept, routesFrom: 'Same' } },
    {
      name: 'has no hostname, and routes from everywhere',
      listener: { hostname: '', allowedRoutes: { namespaces: { from: 'All' } } },
      expected: { hosts: [], routesFrom: 'All' },
    },
    {
      name: 'lets routes in by labels',
      listener: { allowedRoutes: { namespaces: { from: 'Selector' } } },
      expected: { routesFrom: 'Same' },
    },
    { name: 'is of a protocol of its own', listener: { protocol: 'example.com/quic' }, expected: kept },
    { name: 'passes TLS through', listener: { protocol: 'TLS', tls: { mode: 'Passthrough' } }, expected: undefined },
    { name: 'has no TLS', listener: { protocol: 'HTTP', tls: undefined }, expected: undefined },
    {
      name: 'names several Secrets',
      listener: { tls: { certificateRefs: [{ name: 'a' }, { name: 'b', kind: 'Secret', group: '' }] } },
      expected: { secretNames: ['a', 'b'] },
    },
    {
      name: 'names none',
      listener: { tls: {} },
      expected: { secretNames: [], problem: expect.stringContaining('no tls.certificateRefs') },
    },
    {
      name: 'names a Secret elsewhere',
      listener: { tls: { certificateRefs: [{ name: 'a', namespace: 'others' }] } },
      expected: {
        secretNames: [],
        farSecrets: ['others/a'],
        problem: expect.stringContaining('others/a lies in another namespace'),
      },
    },
    {
      name: 'names something else',
      listener: { tls: { certificateRefs: [{ name: 'a', kind: 'Certificate', group: 'example.com' }] } },
      expected: { secretNames: [], problem: expect.stringContaining('no Secret') },
    },
  ])('a listener that $name', ({ listener, expected }) => {
    const found = entriesOf('Gateway', { listeners: [{ ...base, ...listener }] })
    expect(found).toEqual(expected === undefined ? [] : [expect.objectContaining(expected)])
    expect(entriesOf('ListenerSet', { listeners: [{ ...base, ...listener }] })).toEqual(found)
  })
})

describe('of an HTTPRoute', () => {
  it('its names and parents are kept', () => {
    const parentRefs = [
      { name: 'edge' },
      { kind: 'ListenerSet', namespace: 'infra', name: 'set', sectionName: 'https' },
    ]
    expect(projectRoute(object('HTTPRoute', { parentRefs, hostnames: ['a.example'] })).route).toEqual({
      namespace: 'team',
      hostnames: ['a.example'],
      parents: [
        { kind: 'Gateway', namespace: 'team', name: 'edge', listener: undefined },
        { kind: 'ListenerSet', namespace: 'infra', name: 'set', listener: 'https' },
      ],
    })
  })

  it('that is no route is refused', () => {
    expect(() => projectRoute(object('HTTPRoute', { hostnames: 'a.example' }))).toThrow('spec.hostnames')
  })
})
