import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { Ingress, IngressRule } from '../../../../src/controllers/challenge/objects.ts'
import { routeKinds } from '../../../../src/controllers/challenge/objects.ts'
import { clearingFor, editFor, ingressFor, routeFor } from '../../../../src/controllers/challenge/render.ts'
import type { IngressEdit } from '../../../../src/controllers/challenge/render.ts'
import { targetsOf } from '../../../../src/controllers/challenge/targets.ts'
import type { Target } from '../../../../src/controllers/challenge/targets.ts'
import type { JsonObject } from '../../../../src/std/json.ts'
import { certificateProving } from '../../../support/proving.ts'

const path = '/.well-known/acme-challenge/token-0'
const backend = { service: { name: 'perennial-challenges', port: { number: 80 } } }

function only<Kind extends Target['kind']>(kind: Kind, http01: JsonObject, ...names: string[]) {
  const certificate = certificateProving({ names, solvers: [{ http01 }] })
  const target = targetsOf(certificate).find((one): one is Extract<Target, { kind: Kind }> => one.kind === kind)
  if (target === undefined) throw new Error(`no ${kind}`)
  return { certificate, target }
}

describe('an Ingress for challenges', () => {
  it('has one exact path for each name, the class and template of the solver, and goes with the Certificate', () => {
    const metadata = { labels: { team: 'web' }, annotations: { note: 'x' } }
    const ingress = { class: 'nginx', ingressTemplate: { metadata } }
    const { certificate, target } = only('ingress', { ingress }, 'a.test', '192.0.2.1')
    expect(ingressFor(target, certificate)).toEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        name: 'shop-http01-0123456789',
        namespace: 'web',
        ownerReferences: [
          {
            apiVersion: 'perennial.dev/v1',
            kind: 'Certificate',
            name: 'shop',
            uid: certificate.metadata.uid,
            controller: true,
          },
        ],
        labels: { team: 'web', 'perennial.dev/challenge': 'route' },
        annotations: { note: 'x', 'kubernetes.io/ingress.class': 'nginx' },
      },
      spec: {
        rules: [
          { host: 'a.test', http: { paths: [{ path, pathType: 'Exact', backend }] } },
          { http: { paths: [{ path: path.replace('0', '1'), pathType: 'Exact', backend }] } },
        ],
      },
    })
  })
})

describe('an HTTPRoute for challenges', () => {
  const [kind] = routeKinds

  it('is attached to the parents, for the names under proof', () => {
    const parentRefs = [{ name: 'edge', namespace: 'infra' }]
    const { certificate, target } = only('route', { gatewayHTTPRoute: { parentRefs } }, 'a.test', 'b.test')
    expect(kind && routeFor(target, kind, certificate)).toMatchObject({
      apiVersion: 'gateway.networking.k8s.io/v1',
      spec: {
        parentRefs,
        hostnames: ['a.test', 'b.test'],
        rules: [
          {
            matches: [{ path: { type: 'Exact', value: path } }],
            backendRefs: [{ name: 'perennial-challenges', port: 80 }],
          },
          {},
        ],
      },
    })
  })

  it('is for every host where an address is under proof', () => {
    const { certificate, target } = only('route', { gatewayHTTPRoute: {} }, 'a.test', '192.0.2.1')
    expect(kind && routeFor(target, kind, certificate).spec).not.toHaveProperty('hostnames')
  })
})

describe('an Ingress of somebody', () => {
  const edit = only('edit', { ingress: { name: 'web' } }, 'a.test', 'b.test').target
  const somebodys = (rules: readonly IngressRule[]): Ingress => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'web', resourceVersion: '7', labels: { app: 'web' }, annotations: {} },
    spec: { ingressClassName: 'nginx', rules },
  })
  const merged = (
    before: Readonly<Record<string, string>> = {},
    patch: Readonly<Record<string, string | null>>,
  ): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ...before, ...patch }).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
    )
  /** What the API server makes of the patch. */
  const patched = (ingress: Ingress, patch: IngressEdit | undefined): Ingress => {
    if (patch === undefined) return ingress
    const { labels, annotations } = ingress.metadata
    return {
      ...ingress,
      metadata: {
        ...ingress.metadata,
        labels: merged(labels, patch.metadata.labels),
        annotations: merged(annotations, patch.metadata.annotations),
      },
      spec: { ...ingress.spec, ...patch.spec },
    }
  }
  const own = { path: '/', pathType: 'Prefix', backend: { service: { name: 'web' } } }

  it('gets the path in front of others of the host, and a rule where there is none', () => {
    const after = patched(
      somebodys([{ host: 'a.test', http: { paths: [own] } }]),
      editFor(somebodys([{ host: 'a.test', http: { paths: [own] } }]), edit),
    )
    expect(after.spec?.rules?.map(({ host, http }) => [host, http?.paths?.map((one) => one.path)])).toEqual([
      ['a.test', [path, '/']],
      ['b.test', [path.replace('0', '1')]],
    ])
    expect(after.metadata.annotations).toEqual({ 'perennial.dev/challenge-tokens': 'token-0,token-1' })
    expect(editFor(after, edit)).toBeUndefined()
  })

  it('gets back a path that somebody else took away meanwhile', () => {
    const ingress = somebodys([])
    const after = patched(ingress, editFor(ingress, edit))
    const robbed = { ...after, spec: { ...after.spec, rules: [] } }
    expect(patched(robbed, editFor(robbed, edit)).spec).toEqual(after.spec)
  })

  it('is changed on the version that was looked at, so that nobody is overwritten', () => {
    expect(editFor(somebodys([]), edit)?.metadata.resourceVersion).toBe('7')
    expect(clearingFor(patched(somebodys([]), editFor(somebodys([]), edit)), new Set())?.metadata.resourceVersion).toBe(
      '7',
    )
  })

  it('keeps the paths that are still needed', () => {
    const edited = patched(somebodys([]), editFor(somebodys([]), edit))
    const cleared = patched(edited, clearingFor(edited, new Set(['token-1'])))
    expect(cleared.spec?.rules?.map(({ host }) => host)).toEqual(['b.test'])
    expect(cleared.metadata.labels).toEqual({ app: 'web', 'perennial.dev/challenge': 'edited' })
    expect(clearingFor(cleared, new Set(['token-1']))).toBeUndefined()
  })

  it('is as it was before, whatever it was, once no path is needed', () => {
    const host = fc.constantFrom('a.test', 'b.test', 'c.test', undefined)
    const otherPath = fc.constantFrom('/', '/shop', '/.well-known/acme-challenge/of-somebody-else')
    const rule = fc
      .record({ host, paths: fc.array(otherPath, { maxLength: 3 }) })
      .map(({ host: name, paths }): IngressRule => ({
        ...(name === undefined ? {} : { host: name }),
        ...(paths.length === 0 ? {} : { http: { paths: paths.map((one) => ({ ...own, path: one })) } }),
      }))
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), (rules) => {
        const before = somebodys(rules)
        const edited = patched(before, editFor(before, edit))
        expect(patched(edited, clearingFor(edited, new Set()))).toEqual(before)
      }),
    )
  })
})
