/** The operator on a real API server, and people who annotate Ingresses. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { until } from '../support/cluster.ts'
import type { Namespace } from '../support/cluster.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'

let world: OperatorWorld
let ns: Namespace

beforeAll(async () => {
  world = await openWorld('web')
  ns = world.ns
}, startTimeout)

afterAll(() => world?.close(), testTimeout)

const issuer = { 'perennial.dev/issuer': 'ca', 'perennial.dev/private-key-algorithm': 'ECDSA' }

interface Tls {
  readonly hosts: readonly string[]
  readonly secretName?: string
}

const ingress = (
  name: string,
  tls: readonly Tls[],
  annotations: Readonly<Record<string, string>> = issuer,
): object => ({
  metadata: { name, annotations },
  spec: { tls, defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
})

const namesIn = (pem: Buffer | undefined): string | undefined =>
  pem === undefined ? undefined : new X509Certificate(pem).subjectAltName

const gone = (name: string): Promise<true> =>
  until(`Certificate ${name} is gone`, async () => ((await ns.seenCertificate(name)) === undefined ? true : undefined))

describe('an annotated Ingress', () => {
  it(
    'gets a certificate for each of its TLS entries, and loses them when the annotation or an entry goes',
    async () => {
      const tls = [
        { hosts: ['shop.example', '*.shop.example'], secretName: 'shop-tls' },
        { hosts: ['api.example'], secretName: 'api-tls' },
      ]
      await ns.create('ingresses', ingress('shop', tls))
      const shop = await ns.secretWhere('shop-tls', () => true)
      const api = await ns.secretWhere('api-tls', () => true)
      expect(namesIn(shop.data['tls.crt'])).toBe('DNS:shop.example, DNS:*.shop.example')
      expect(namesIn(api.data['tls.crt'])).toBe('DNS:api.example')
      await ns.patch('ingresses', 'shop', { spec: { tls: tls.slice(0, 1) } })
      await gone('api-tls')
      await ns.patch('ingresses', 'shop', { metadata: { annotations: { 'perennial.dev/issuer': null } } })
      await gone('shop-tls')
    },
    testTimeout,
  )
})
