/** Manifests that cannot be right: refused at apply with a sentence, or told on the object and not looped over. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { conditionOf } from '../support/cluster.ts'
import { openssl } from '../support/openssl.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'

let world: OperatorWorld
beforeAll(async () => {
  world = await openWorld('manifests')
}, startTimeout)
afterAll(() => world?.close(), testTimeout)

describe('a manifest that cannot be right', () => {
  const certificate = (spec: object, metadata: object = {}): string =>
    JSON.stringify({
      apiVersion: 'perennial.dev/v1',
      kind: 'Certificate',
      metadata: { name: 'wrong', namespace: 'manifests', ...metadata },
      spec: { secretName: 'wrong', issuerRef: { name: 'ca' }, dnsNames: ['wrong.example'], ...spec },
    })
  const issuer = (spec: object): string =>
    JSON.stringify({
      apiVersion: 'perennial.dev/v1',
      kind: 'Issuer',
      metadata: { name: 'wrong', namespace: 'manifests' },
      spec,
    })

  it.each([
    {
      what: 'an unknown field',
      manifest: certificate({ dnsName: 'a.example' }),
      says: /unknown field "spec\.dnsName"/,
    },
    { what: 'no issuer type', manifest: issuer({}), says: /An issuer speaks exactly one protocol: set one of / },
    {
      what: 'two issuer types',
      manifest: issuer({ selfSigned: {}, ca: { secretName: 'x' } }),
      says: /An issuer speaks exactly one protocol: set one of /,
    },
    {
      what: 'a duration of zero',
      manifest: certificate({ duration: '0s' }),
      says: /spec\.duration.*not a duration from 1m/s,
    },
    {
      what: 'a duration beyond a century',
      manifest: certificate({ duration: '8760000h' }),
      says: /spec\.duration.*a century/s,
    },
    { what: 'a name that is none', manifest: certificate({ dnsNames: ['not a name'] }), says: /spec\.dnsNames\[0\]/ },
    { what: 'no name at all', manifest: certificate({ dnsNames: [] }), says: /A certificate needs a name/ },
    {
      what: 'an annotation of a megabyte',
      manifest: certificate({}, { annotations: { a: 'x'.repeat(1_048_576) } }),
      says: /Too long: may not be more than 262144/,
    },
    {
      what: 'an ACME URL without TLS',
      manifest: issuer({
        acme: { server: 'http://acme.example/dir', privateKeySecretRef: { name: 'x' }, solvers: [{ http01: {} }] },
      }),
      says: /https/,
    },
  ])(
    'is refused at apply: $what',
    async ({ manifest, says }) => {
      await expect(world.plane.kubectl(['apply', '-f', '-'], manifest)).rejects.toThrow(says)
    },
    testTimeout,
  )

  it(
    'that the API server takes all the same is told, not looped over: a thousand names, a century, a huge annotation',
    async () => {
      const names = Array.from({ length: 1000 }, (_, i) => `n${i}.example`)
      await world.ns.certificate('thousand', { dnsNames: names })
      await world.ns.certificate('century', { duration: '876000h' })
      await world.ns.certificate(
        'noted',
        {},
        { annotations: { note: 'x'.repeat(200_000), 'perennial.dev/renew': 'y'.repeat(50_000) } },
      )
      for (const name of ['thousand', 'century', 'noted']) {
        const settled = await world.ns.told(name, { type: 'Issuing', status: 'False' })
        expect(conditionOf(settled, 'Ready')?.message).toMatch(/[.]$/)
      }
      const { data } = await world.ns.secretWhere('century', () => true)
      expect(openssl(['x509', '-in', 'crt', '-noout', '-checkend', '0'], { crt: data['tls.crt'] ?? '' }).ok).toBe(true)
    },
    testTimeout,
  )
})
