import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import { routedTokens, targetsOf } from '../../../../src/controllers/challenge/targets.ts'
import type { JsonObject } from '../../../../src/std/json.ts'
import { certificateProving } from '../../../support/proving.ts'

const named = (certificate: Certificate): readonly string[] =>
  targetsOf(certificate).map(({ kind, name, paths }) => `${kind} ${name}: ${paths.map(({ host }) => host).join(' ')}`)

const solver = (http01: JsonObject): JsonObject => ({ http01 })

describe('what leads to the answers of a Certificate', () => {
  it('is nothing where the answers are reached anyway', () => {
    expect(named(certificateProving({ names: ['a.test'], solvers: [solver({})] }))).toEqual([])
    expect(named(certificateProving({ names: ['a.test'], solvers: [] }))).toEqual([])
    expect(named(certificateProving({ names: ['a.test'], solvers: [{ tlsAlpn01: {} }] }))).toEqual([])
    expect(named(certificateProving({ names: ['a.test'], solvers: [solver({ ingress: { name: 7 } })] }))).toEqual([])
  })

  it('is nothing once the Certificate is being deleted', () => {
    const certificate = certificateProving({ names: ['a.test'], solvers: [solver({ ingress: {} })] })
    const metadata = { ...certificate.metadata, deletionTimestamp: '2026-11-23T12:00:00Z' }
    expect(named({ ...certificate, metadata })).toEqual([])
  })

  it('is one Ingress for all names of a solver, and another for those of another', () => {
    const solvers = [solver({ ingress: { class: 'nginx' } }), solver({ ingress: { class: 'traefik' } }), solver({})]
    const names = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test', 'f.test']
    expect(named(certificateProving({ names, solvers }))).toEqual([
      'ingress shop-http01-0123456789: a.test d.test',
      'ingress shop-http01-0123456789-1: b.test e.test',
    ])
  })

  it('has no host for an address', () => {
    const [target] = targetsOf(certificateProving({ names: ['2001:db8::1'], solvers: [solver({ ingress: {} })] }))
    expect(target?.paths).toEqual([{ host: undefined, token: 'token-0' }])
  })

  it('is as many HTTPRoutes as sixteen names each need', () => {
    const names = Array.from({ length: 33 }, (_, index) => `n${index}.test`)
    const parentRefs = [{ name: 'edge' }]
    const targets = targetsOf(certificateProving({ names, solvers: [solver({ gatewayHTTPRoute: { parentRefs } })] }))
    expect(targets.map(({ name, paths }) => [name, paths.length])).toEqual([
      ['shop-http01-0123456789', 16],
      ['shop-http01-0123456789-1', 16],
      ['shop-http01-0123456789-2', 1],
    ])
  })

  it('is attached to the Gateway that asked for the Certificate, where the solver names none', () => {
    const certificate = certificateProving({ names: ['a.test'], solvers: [solver({ gatewayHTTPRoute: {} })] })
    const owner = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', name: 'edge', uid: 'u' }
    const metadata = { ...certificate.metadata, ownerReferences: [{ ...owner, controller: true }] }
    expect(targetsOf({ ...certificate, metadata })).toMatchObject([
      { parents: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' }] },
    ])
    expect(targetsOf(certificate)).toMatchObject([{ parents: [] }])
  })

  it.each<[string, string, JsonObject, object]>([
    ['ingress-name', 'web', {}, { kind: 'edit', name: 'web', pathType: 'Exact' }],
    ['ingress-name', 'web', { ingress: { class: 'x', pathType: 'Prefix' } }, { kind: 'edit', pathType: 'Prefix' }],
    ['ingress-class', 'haproxy', { ingress: { name: 'web' } }, { kind: 'ingress', spec: { class: 'haproxy' } }],
    ['ingress-ingressclassname', 'nginx', {}, { kind: 'ingress', spec: { ingressClassName: 'nginx' } }],
    ['ingress-class', 'haproxy', { gatewayHTTPRoute: {} }, { kind: 'route' }],
  ])('follows the annotation http01-override-%s', (word, value, http01, expected) => {
    const annotations = { [`perennial.dev/http01-override-${word}`]: value }
    const certificate = certificateProving({ names: ['a.test'], solvers: [solver(http01)] })
    const metadata = { ...certificate.metadata, annotations }
    expect(targetsOf({ ...certificate, metadata })).toMatchObject([expected])
  })

  it('leads to a Service of ours unless another is named', () => {
    const ways = [{ ingress: {} }, { ingress: { serviceName: 'mine' } }, { ingress: { serviceType: 'NodePort' } }]
    const solvers = ways.map(solver)
    const targets = targetsOf(certificateProving({ names: ['a.test', 'b.test', 'c.test'], solvers }))
    expect(targets.map(({ service }) => service)).toEqual([
      { name: 'perennial-challenges', kind: 'own', type: 'ClusterIP' },
      { name: 'mine', kind: 'given', type: 'ClusterIP' },
      { name: 'perennial-challenges', kind: 'own', type: 'NodePort' },
    ])
  })

  it('is known by its tokens', () => {
    const solvers = [solver({ ingress: {} }), solver({})]
    expect(routedTokens(certificateProving({ names: ['a.test', 'b.test'], solvers }))).toEqual(['token-0'])
  })
})
