import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import type { KubeObject } from '../../../../src/api/meta.ts'
import { ingressKind } from '../../../../src/controllers/challenge/objects.ts'
import type { Ingress } from '../../../../src/controllers/challenge/objects.ts'
import { ChallengeRoutes } from '../../../../src/controllers/challenge/routes.ts'
import type { RoutesParts } from '../../../../src/controllers/challenge/routes.ts'
import { KubeError } from '../../../../src/kube/errors.ts'
import type { KubeReason } from '../../../../src/kube/errors.ts'
import type { JsonObject } from '../../../../src/std/json.ts'
import { instant, minus, seconds, toRfc3339 } from '../../../../src/std/time.ts'
import type { Duration } from '../../../../src/std/time.ts'
import { certificateProving } from '../../../support/proving.ts'

const { signal } = new AbortController()
const now = instant(Date.UTC(2026, 10, 23))

interface Scene {
  readonly routes: ChallengeRoutes
  /** What was done at the API server. */
  readonly done: string[]
  readonly woken: string[]
  /** Certificates of the namespace. */
  readonly certificates: Certificate[]
}

interface Circumstances {
  readonly failing?: KubeReason
  readonly classes?: 'none' | 'secret'
  readonly left?: readonly KubeObject[]
  readonly leeway?: Duration
}

function scene(more: Circumstances = {}): Scene {
  const done: string[] = []
  const woken: string[] = []
  const certificates: Certificate[] = []
  const write = <T>(what: string, result: T): Promise<T> => {
    done.push(what)
    if (more.failing !== undefined) return Promise.reject(new KubeError(more.failing, 'said the API server'))
    return Promise.resolve(result)
  }
  const nothing = async function* (): AsyncGenerator<never> {}
  const ingresses: RoutesParts['ingresses'] = {
    kind: ingressKind,
    get: ({ name }) => Promise.resolve(name === 'web' ? ingress('web') : undefined),
    pages: async function* () {
      done.push('list')
      yield await Promise.resolve({ items: more.left ?? [], resourceVersion: '1' })
    },
    apply: (object) => write(`apply ${object.metadata.name}`, object),
    mergePatch: ({ name }) => write(`patch ${name}`, ingress(name)),
    delete: ({ name }) => write(`delete ${name}`, 'deleted' as const),
  }
  const classes: RoutesParts['ingressClasses'] = {
    get: () =>
      more.classes === 'secret' ? Promise.reject(new KubeError('forbidden', 'not yours')) : Promise.resolve(undefined),
  }
  const routes = new ChallengeRoutes({
    ingresses,
    ingressClasses: classes,
    routes: () => Promise.resolve(undefined),
    backend: {
      services: { pages: nothing },
      ensure: () => Promise.resolve({ kind: 'ready' }),
      remove: (namespace) => write(`remove backend of ${namespace}`, undefined),
    },
    certificatesIn: () => certificates,
    wakeSweeper: (namespace) => woken.push(namespace),
    namespaces: [],
    leeway: more.leeway ?? seconds(0),
    clock: { now: () => now },
  })
  return { routes, done, woken, certificates }
}

const ingress = (name: string, role?: string): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'web', ...(role === undefined ? {} : { labels: { 'perennial.dev/challenge': role } }) },
})

const proving = (http01: JsonObject): Certificate => certificateProving({ names: ['a.test'], solvers: [{ http01 }] })
const own = proving({ ingress: {} })

describe('putting up a route', () => {
  it('has the namespace swept afterwards', async () => {
    const { routes, done, woken } = scene()
    expect(await routes.ensure(own, signal)).toEqual({ kind: 'ready' })
    expect(done).toEqual(['apply shop-http01-0123456789'])
    expect(woken).toEqual(['web'])
  })

  it('does nothing where the answers are reached anyway', async () => {
    const { routes, done, woken } = scene()
    expect(await routes.ensure(proving({}), signal)).toEqual({ kind: 'ready' })
    expect([...done, ...woken]).toEqual([])
  })

  it.each<[KubeReason, string]>([
    ['forbidden', 'the operator may not put the challenge on Ingress shop-http01-0123456789: said the API server'],
    ['invalid', 'Ingress shop-http01-0123456789 was refused: said the API server'],
  ])('that is %s ends the order with a sentence', async (failing, message) => {
    const { routes } = scene({ failing })
    expect(await routes.ensure(own, signal)).toEqual({ kind: 'failed', fault: { code: 'RequestRejected', message } })
  })

  it('waits for somebody who was quicker', async () => {
    const { routes } = scene({ failing: 'conflict' })
    const edit = proving({ ingress: { name: 'web' } })
    expect(await routes.ensure(edit, signal)).toEqual({
      kind: 'waiting',
      note: 'Ingress web is being changed by somebody else',
    })
  })

  it('leaves what is wrong with the API server to whoever tries again', async () => {
    await expect(scene({ failing: 'unreachable' }).routes.ensure(own, signal)).rejects.toThrow('said the API server')
  })

  it.each<[string, JsonObject, string]>([
    ['a class', { ingress: { ingressClassName: 'nginx' } }, 'there is no IngressClass nginx'],
    ['an Ingress', { ingress: { name: 'nobodys' } }, 'there is no Ingress nobodys in namespace web'],
    ['the Gateway API', { gatewayHTTPRoute: {} }, 'the cluster has no HTTPRoutes'],
  ])('without %s is told', async (_what, http01, sentence) => {
    const state = await scene().routes.ensure(proving(http01), signal)
    expect(state).toHaveProperty('fault.message', expect.stringContaining(sentence))
  })

  it('believes in a class that it may not look for', async () => {
    const { routes } = scene({ classes: 'secret' })
    expect(await routes.ensure(proving({ ingress: { ingressClassName: 'nginx' } }), signal)).toEqual({ kind: 'ready' })
  })
})

describe('sweeping', () => {
  it('takes away what no Certificate needs, and the Service with the last', async () => {
    const left = [
      ingress('shop-http01-0123456789', 'route'),
      ingress('old-http01-1', 'route'),
      ingress('web', 'edited'),
    ]
    const { routes, done, certificates } = scene({ left })
    certificates.push(own)
    expect(await routes.sweep('web', signal)).toBe('needed')
    expect(done).toEqual(['list', 'delete old-http01-1', 'patch web'])
    expect(await routes.sweep('web', signal)).toBe('needed')
    expect(done).toHaveLength(3)
    certificates.pop()
    expect(await routes.sweep('web', signal)).toBe('clean')
    expect(done.slice(3)).toEqual([
      'list',
      'delete shop-http01-0123456789',
      'delete old-http01-1',
      'patch web',
      'remove backend of web',
    ])
  })

  it.each([
    { what: 'was made', metadata: { creationTimestamp: toRfc3339(minus(now, seconds(5))) } },
    {
      what: 'was changed by another replica',
      metadata: { managedFields: [{ manager: 'perennial', time: toRfc3339(minus(now, seconds(5))) }] },
    },
  ])('leaves for a moment what $what just now, where others may have put it up', async ({ metadata }) => {
    const young = ingress('young', 'route')
    const left = [{ ...young, metadata: { ...young.metadata, ...metadata } }, ingress('old', 'route')]
    const { routes, done } = scene({ left, leeway: seconds(15) })
    expect(await routes.sweep('web', signal)).toBe('needed')
    expect(done).toEqual(['list', 'delete old'])
    const alone = scene({ left })
    expect(await alone.routes.sweep('web', signal)).toBe('clean')
    expect(alone.done).toEqual(['list', 'delete young', 'delete old', 'remove backend of web'])
  })

  it('takes away what somebody else changed just now', async () => {
    const route = ingress('old', 'route')
    const managedFields = [{ manager: 'nginx', time: toRfc3339(now) }]
    const { routes } = scene({
      left: [{ ...route, metadata: { ...route.metadata, managedFields } }],
      leeway: seconds(15),
    })
    expect(await routes.sweep('web', signal)).toBe('clean')
  })

  it('that fails is done again', async () => {
    const { routes, done } = scene({ left: [ingress('old', 'route')], failing: 'server' })
    await expect(routes.sweep('web', signal)).rejects.toThrow('said the API server')
    await expect(routes.sweep('web', signal)).rejects.toThrow('said the API server')
    expect(done).toEqual(['list', 'delete old', 'list', 'delete old'])
  })

  it('knows where something is left', async () => {
    const { routes } = scene({ left: [ingress('old', 'route'), ingress('older', 'route')] })
    expect(await routes.leftovers(signal)).toEqual(['web'])
  })
})
