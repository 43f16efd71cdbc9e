/** Enrollment and renewal at an EST server that nobody here wrote: globalsign's estserver. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { EstSpec } from '../../src/api/issuer/est.ts'
import { createHttpClient } from '../../src/net/client.ts'
import type { OwnedHttpClient } from '../../src/net/client.ts'
import { assembleChain } from '../../src/pki/chain.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'

import type { deviceWish, Journey } from '../support/estcustomer.ts'
import { EstCustomer, identityOf } from '../support/estcustomer.ts'

import { startEstServer } from '../support/estserver.ts'
import type { EstServer } from '../support/estserver.ts'
import { unwrap } from '../support/unwrap.ts'

const testTimeout = 60_000

let server: EstServer
let http: OwnedHttpClient

const clientOf = (options: { readonly caBundle?: string } = {}): OwnedHttpClient =>
  unwrap(
    createHttpClient({
      userAgent: 'perennial-test',
      addressPolicy: 'any',
      clock: systemClock,
      log: silentLogger,
      ...(options.caBundle === undefined
        ? {}
        : { trust: { caBundle: certificatesPem([server.ca.certificate]), system: false } }),
    }),
  )

beforeAll(async () => {
  server = await startEstServer()
  http = clientOf()
}, testTimeout)

afterAll(async () => {
  await http.close()
  await server.stop()
}, testTimeout)

const spec = (more: Partial<EstSpec> = {}): EstSpec => ({
  server: server.url,
  caFingerprint: sha256Hex(server.ca.certificate),
  ...more,
})

const customer = (more: Partial<EstSpec> = {}): EstCustomer =>
  new EstCustomer({ spec: spec(more), http, start: systemClock.now() })

function leafOf(journey: Journey): X509Certificate {
  const { chain, key } = identityOf(journey)
  const roots = [server.ca.certificate]
  const path = unwrap(assembleChain({ certificates: chain, publicKeyHash: key.publicKeyHash, roots }))
  expect(path.root).toEqual(server.ca.certificate)
  return new X509Certificate(path.leaf)
}

const named = (value: string): { readonly subject: typeof deviceWish.subject } => ({
  subject: [[{ oid: '2.5.4.3', value }]],
})

describe('estserver', () => {
  it(
    'is found ready by the fingerprint of its CA alone, asked twice: first of anyone, then of the CA itself',
    async () => {
      const one = customer()
      expect(await one.prepare()).toMatchObject({
        kind: 'ready',
        message: 'The CA "CN=estserver CA" answers over EST',
        details: { trust: 'Explicit', caFingerprint: sha256Hex(server.ca.certificate) },
      })
      expect(one.exchanges.map(({ request, algorithms }) => `${request} ${algorithms}`)).toEqual([
        'cacerts TLS of anyone',
        'cacerts TLS by the CA itself',
        'csrattrs TLS by the CA itself',
      ])
    },
    testTimeout,
  )

  it.each([
    ['ECDSA', 256],
    ['ECDSA', 384],
    ['RSA', 2048],
    ['Ed25519', 0],
  ] as const)(
    'issues for a key of %s %i',
    async (algorithm, size) => {
      const one = customer()
      const journey = await one.travel(await one.order({ wanted: { key: { algorithm, size } } }))
      expect(leafOf(journey).subjectAltName).toBe('DNS:device.example.test')
      expect(one.exchanges.at(-1)).toMatchObject({ request: 'simpleenroll', reply: '200 certs-only' })
    },
    testTimeout,
  )

  it(
    'takes base64 in one line',
    async () => {
      const one = customer({ base64: 'Unwrapped' })
      expect(leafOf(await one.travel(await one.order())).subject).toBe('CN=device.example.test')
    },
    testTimeout,
  )

  it(
    'renews by the certificate that is being replaced, with a new key and after a restart',
    async () => {
      const one = customer()
      const wanted = {
        ...named('Küche'),
        names: [
          { type: 'dns', value: 'a.example.test' },
          { type: 'ip', value: '192.0.2.1' },
        ],
      } as const
      const first = await one.travel(await one.order({ wanted }))
      const second = await one.travel(await one.order({ wanted }), { current: identityOf(first), restarts: true })
      expect(leafOf(second).subjectAltName).toBe(leafOf(first).subjectAltName)
      expect(leafOf(second).serialNumber).not.toBe(leafOf(first).serialNumber)
      expect(one.exchanges.at(-1)).toMatchObject({
        request: 'simplereenroll',
        algorithms: 'TLS by the CA itself, client certificate',
      })
    },
    testTimeout,
  )

  it(
    'is asked for changed names with the old ones in their places, and says what it thinks of that',
    async () => {
      const one = customer()
      const first = await one.travel(await one.order())
      const changed = await one.order({ wanted: { names: [{ type: 'dns', value: 'new.example.test' }] } })
      // This CA ignores ChangeSubjectName and gives the old names; whoever looks at the certificate sees that.
      const { last } = await one.travel(changed, { current: identityOf(first) })
      expect(last.kind).toBe('issued')
    },
    testTimeout,
  )

  it(
    'makes a key and sends it in plain PKCS#8 within TLS',
    async () => {
      const one = customer({ serverKeyGeneration: 'Always' })
      const journey = await one.travel(await one.order({ wanted: { key: { algorithm: 'RSA', size: 2048 } } }))
      if (journey.last.kind !== 'issued') throw new Error(JSON.stringify(journey.last))
      expect(journey.last.key?.publicKeyHash).not.toBe(journey.key.publicKeyHash)
      expect(leafOf(journey).subject).toBe('CN=device.example.test')
    },
    testTimeout,
  )

  it(
    'shows the wishes of RFC 7030 section 4.5.2 under the label csrattrs, and a P-384 key bound to its channel fulfils them',
    async () => {
      const one = customer({ label: 'csrattrs' })
      expect(await one.prepare()).toMatchObject({
        details: { csrAttributes: ['key ECDSA 384', 'hash SHA-384', 'channel binding', '1.3.6.1.1.1.1.22'] },
      })
      const journey = await one.travel(await one.order({ wanted: { key: { algorithm: 'ECDSA', size: 384 } } }))
      expect(identityOf(journey).warning).toBeUndefined()
      expect(one.exchanges.at(-1)?.algorithms).toBe('TLS by the CA itself, bound to the channel')
    },
    testTimeout,
  )

  it(
    'is not ready under the label triggererrors, where it fails all the time',
    async () => {
      const one = customer({ label: 'triggererrors' })
      expect(await one.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'ServerFailed' } })
    },
    testTimeout,
  )
})

describe('estserver by the trust of the issuer', () => {
  it(
    'issues without a pin where its certificate is trusted anyway',
    async () => {
      const trusting = clientOf({ caBundle: 'own' })
      const one = new EstCustomer({ spec: { server: server.url }, http: trusting, start: systemClock.now() })
      expect(await one.prepare()).toMatchObject({
        kind: 'ready',
        message: expect.stringMatching(/set spec\.est\.caFingerprint to [0-9a-f]{64}$/),
      })
      expect(leafOf(await one.travel(await one.order())).subject).toBe('CN=device.example.test')
      await trusting.close()
    },
    testTimeout,
  )

  it(
    'is not spoken to where it is not trusted, and where the fingerprint is of another CA',
    async () => {
      const stranger = new EstCustomer({ spec: { server: server.url }, http, start: systemClock.now() })
      expect(await stranger.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'TlsFailed' } })
      const other = customer({ caFingerprint: 'a'.repeat(64) })
      expect(await other.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'SecurityViolation' } })
      expect(other.exchanges).toHaveLength(1)
    },
    testTimeout,
  )
})
