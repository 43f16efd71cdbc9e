/** TLS-ALPN-01 at the operator's own listener, validated by Pebble and looked at by OpenSSL. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openChallengeWorld } from '../support/challengeworld.ts'
import type { ChallengeWorld } from '../support/challengeworld.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

let world: ChallengeWorld

beforeAll(async () => {
  world = await openChallengeWorld()
  await world.issuer('alpn', [{ tlsAlpn01: { selfCheck: 'Disabled' } }])
}, startTimeout)

afterAll(() => world?.close(), testTimeout)

const issuerRef = { name: 'alpn', kind: 'Issuer', group: 'perennial.dev' } as const

describe('TLS-ALPN-01', () => {
  it(
    'proves names and an address at once, and nothing over HTTP',
    async () => {
      const dnsNames = ['a.example.test', 'b.example.test']
      await world.ns.certificate('alpn', { dnsNames, ipAddresses: ['127.0.0.1'], issuerRef })
      await world.ns.ready('alpn')
      const secret = await world.ns.seenSecret('alpn')
      const leaf = new X509Certificate(secret?.data['tls.crt'] ?? '')
      expect(leaf.subjectAltName?.split(', ').toSorted()).toEqual([
        'DNS:a.example.test',
        'DNS:b.example.test',
        'IP Address:127.0.0.1',
      ])
      expect(world.proxy.led).toEqual([])
    },
    testTimeout,
  )

  it(
    'of a wildcard is refused before any order is made',
    async () => {
      await world.ns.certificate('wild', { dnsNames: ['*.example.test'], issuerRef })
      const told = await world.ns.told('wild', { type: 'Issuing', status: 'False' })
      expect(told.status?.lastFailure?.message).toContain('a wildcard can only be proven over DNS')
    },
    testTimeout,
  )
})
