/** HTTP-01 through Ingresses and HTTPRoutes that a small controller reads from a real API server, validated by Pebble. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openChallengeWorld } from '../support/challengeworld.ts'
import type { ChallengeWorld } from '../support/challengeworld.ts'
import { until } from '../support/cluster.ts'
import type { Seen } from '../support/cluster.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

let world: ChallengeWorld

beforeAll(async () => {
  world = await openChallengeWorld()
}, startTimeout)

afterAll(() => world?.close(), testTimeout)

const selfCheck = 'Disabled'
const from = (name: string) => ({ name, kind: 'Issuer', group: 'perennial.dev' }) as const

interface SeenIngress extends Seen {
  readonly spec: { readonly rules: readonly { readonly host?: string; readonly http?: { readonly paths: object[] } }[] }
}

const kinds = ['ingresses', 'httproutes', 'services', 'endpointslices'] as const

/** What was put up for challenges, by name. */
async function putUp(): Promise<readonly string[]> {
  const lists = await Promise.all(kinds.map((kind) => world.ns.list<Seen>(kind)))
  const ours = lists.flat().filter(({ metadata }) => metadata.labels?.['perennial.dev/challenge'] !== undefined)
  return ours.map(({ metadata }) => metadata.name)
}

const swept = (): Promise<true> =>
  until('nothing is left of the challenges', async () => ((await putUp()).length === 0 ? true : undefined))

/** The hosts that were led to the operator since the last question. */
const hostsLed = (): readonly string[] => [...new Set(world.proxy.led.map((one) => one.replace(/\/.*/, '')))].toSorted()

async function ingressOf(name: string): Promise<SeenIngress> {
  const found = (await world.ns.list<SeenIngress>('ingresses')).find(({ metadata }) => metadata.name === name)
  if (found === undefined) throw new Error(`no Ingress ${name}`)
  return found
}

const service = { service: { name: 'web', port: { number: 80 } } }
const path = { path: '/', pathType: 'Prefix', backend: service }
/** An Ingress of somebody, with a host that has paths and one that has none. */
const somebodys = (name: string, host: string, annotations: Readonly<Record<string, string>> = {}): object => ({
  metadata: { name, annotations },
  spec: { ingressClassName: 'nginx', rules: [{ host, http: { paths: [path] } }, { host: `bare.${host}` }] },
})

describe('HTTP-01', () => {
  it(
    'is proven through one Ingress that is made for it and goes afterwards',
    async () => {
      await world.issuer('ingress', [{ http01: { selfCheck, ingress: { class: 'nginx' } } }])
      const dnsNames = ['a.example.test', 'b.example.test']
      await world.ns.certificate('made', { dnsNames, ipAddresses: ['127.0.0.1'], issuerRef: from('ingress') })
      await world.ns.ready('made')
      expect(hostsLed()).toEqual(['127.0.0.1', ...dnsNames])
      await swept()
    },
    testTimeout,
  )

  it(
    'is proven through HTTPRoutes of at most sixteen names',
    async () => {
      const parentRefs = [{ name: 'edge', namespace: 'infra', sectionName: 'http' }]
      await world.issuer('gateway', [
        { http01: { selfCheck, gatewayHTTPRoute: { parentRefs, labels: { team: 'web' } } } },
      ])
      const dnsNames = Array.from({ length: 20 }, (_, index) => `r${index}.example.test`)
      await world.ns.certificate('routed', { dnsNames, issuerRef: from('gateway') })
      const routes = await until('two HTTPRoutes', async () => {
        const found = await world.ns.list<Seen>('httproutes')
        return found.length === 2 ? found : undefined
      })
      expect(routes.map(({ spec }) => (spec['hostnames'] as string[]).length).toSorted((a, b) => b - a)).toEqual([
        16, 4,
      ])
      expect(routes[0]?.spec['parentRefs']).toMatchObject(parentRefs)
      expect(routes[0]?.metadata.labels).toMatchObject({ team: 'web' })
      expect(routes[0]?.metadata.ownerReferences).toMatchObject([{ kind: 'Certificate', name: 'routed' }])
      await world.ns.ready('routed')
      expect(hostsLed()).toEqual(expect.arrayContaining(dnsNames))
      await swept()
    },
    testTimeout,
  )

  it(
    "gets and loses its own paths, and nothing else, on somebody's Ingress that the solver or an annotation names",
    async () => {
      await world.ns.create('ingresses', somebodys('web', 'shop.example.test'))
      const before = await ingressOf('web')
      await world.issuer('edit', [
        { http01: { selfCheck, ingress: { name: 'web' } }, selector: { matchLabels: { how: 'named' } } },
        { http01: { selfCheck } },
      ])
      const dnsNames = ['shop.example.test', 'bare.shop.example.test', 'other.example.test']
      const labels = { how: 'named' }
      const annotations = { 'perennial.dev/http01-override-ingress-name': 'web' }
      await world.ns.certificate('named', { dnsNames, issuerRef: from('edit') }, { labels })
      await world.ns.certificate('noted', { dnsNames, issuerRef: from('edit') }, { annotations })
      for (const name of ['named', 'noted']) await world.ns.ready(name)
      await swept()
      const after = await ingressOf('web')
      expect(after.spec).toEqual(before.spec)
      expect(after.metadata.annotations ?? {}).toEqual(before.metadata.annotations ?? {})
      expect(hostsLed()).toEqual(expect.arrayContaining(dnsNames))
    },
    testTimeout,
  )
})

describe('what stands in the way of a route is said on the Certificate:', () => {
  it.each([
    ['class', { ingress: { ingressClassName: 'nowhere' } }, 'there is no IngressClass nowhere'],
    ['ingress', { ingress: { name: 'nobodys' } }, 'there is no Ingress nobodys in namespace shop'],
    ['gateway', { gatewayHTTPRoute: {} }, 'the solver names no Gateway'],
  ])(
    'a missing %s',
    async (name, way, sentence) => {
      await world.issuer(`no-${name}`, [{ http01: { selfCheck, ...way } }])
      await world.ns.certificate(`no-${name}`, { issuerRef: from(`no-${name}`) })
      const told = await until('the failure', async () => {
        const message = (await world.ns.seenCertificate(`no-${name}`))?.status?.lastFailure?.message
        return message
      })
      expect(told).toContain(sentence)
      await world.ns.remove('certificates', `no-${name}`)
      await swept()
    },
    testTimeout,
  )
})

describe('an operator that is killed in mid-order', () => {
  /** Nobody resolves the names, so that the look from outside keeps the order waiting for a while. */
  const waiting = async (name: string, issuer: string, host: string): Promise<void> => {
    await world.ns.certificate(name, { dnsNames: [host], issuerRef: from(issuer) })
    await until(`a path for ${host}`, async () => {
      const rules = (await world.ns.list<SeenIngress>('ingresses')).flatMap(({ spec }) => spec.rules)
      const paths = rules.filter((rule) => rule.host === host).flatMap(({ http }) => http?.paths ?? [])
      return JSON.stringify(paths).includes('/.well-known/') ? true : undefined
    })
  }

  it(
    'is followed by one that ends the order and takes the path away',
    async () => {
      await world.issuer('slow', [{ http01: { ingress: {} } }])
      await waiting('resumed', 'slow', 'resumed.example.test')
      await world.kill()
      await world.succeed()
      await world.ns.ready('resumed')
      await swept()
      expect((await world.ns.seenCertificate('resumed'))?.status?.revision).toBe(1)
    },
    testTimeout,
  )

  it(
    'leaves nothing behind although its Certificate is deleted before the next one comes',
    async () => {
      await world.ns.create('ingresses', somebodys('kept', 'kept.example.test'))
      const before = await ingressOf('kept')
      await world.issuer('slow-edit', [{ http01: { ingress: { name: 'kept' } } }])
      await world.issuer('slow-made', [{ http01: { ingress: {} } }])
      await waiting('deleted', 'slow-edit', 'kept.example.test')
      await waiting('gone', 'slow-made', 'gone.example.test')
      await world.kill()
      for (const name of ['deleted', 'gone']) await world.ns.remove('certificates', name)
      expect(await putUp()).not.toEqual([])
      await world.succeed()
      await swept()
      expect((await ingressOf('kept')).spec).toEqual(before.spec)
    },
    testTimeout,
  )
})
