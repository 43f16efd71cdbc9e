/** Enrollment and renewal at a SCEP server that nobody here wrote: micromdm's scepserver. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ScepSpec } from '../../src/api/issuer/scep.ts'
import { createHttpClient } from '../../src/net/client.ts'
import type { OwnedHttpClient } from '../../src/net/client.ts'
import { assembleChain } from '../../src/pki/chain.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { generateKey } from '../../src/pki/key.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { challengeRef, deviceWish, identityOf, rsaKey, ScepCustomer } from '../support/scepcustomer.ts'
import type { Journey } from '../support/scepcustomer.ts'
import { startScepServer } from '../support/scepserver.ts'
import type { ScepServer } from '../support/scepserver.ts'
import { unwrap } from '../support/unwrap.ts'

const testTimeout = 60_000
const challenge = 'correct horse battery staple'

let server: ScepServer
let http: OwnedHttpClient

beforeAll(async () => {
  server = await startScepServer({ challenge, serverUsages: true })
  http = unwrap(
    createHttpClient({
      userAgent: 'perennial-test',
      addressPolicy: 'any',
      clock: systemClock,
      log: silentLogger,
    }),
  )
}, testTimeout)

afterAll(async () => {
  await http.close()
  await server.stop()
}, testTimeout)

const spec = (more: Partial<ScepSpec> = {}): ScepSpec => ({
  url: server.url,
  caFingerprint: sha256Hex(server.ca),
  allowLegacy: ['DES-CBC'],
  ...challengeRef,
  ...more,
})

const customer = (more: Partial<ScepSpec> = {}, secret = challenge): ScepCustomer =>
  new ScepCustomer({ spec: spec(more), http, start: systemClock.now(), challenge: secret })

function leafOf(journey: Journey): X509Certificate {
  const { chain, key } = identityOf(journey)
  const path = unwrap(assembleChain({ certificates: chain, publicKeyHash: key.publicKeyHash, roots: [server.ca] }))
  expect(path.root).toEqual(server.ca)
  return new X509Certificate(path.leaf)
}

describe('a request to scepserver', () => {
  it.each(['POST', 'GET'] as const)(
    'by %s gives a certificate for key and names, with what is old about the reply',
    async (httpMethod) => {
      const one = customer({ httpMethod })
      const journey = await one.travel(await one.order())
      expect(leafOf(journey).subjectAltName).toBe('DNS:device.example.test')
      expect(identityOf(journey).warning).toMatch(/SHA-1 and DES-CBC/)
      expect(one.exchanges.at(-1)).toMatchObject({
        request: 'PKCSReq',
        reply: 'SUCCESS, 1 certificates',
        algorithms: 'RSA 2048, SHA-256, AES-128-CBC; reply SHA-1, DES-CBC',
      })
    },
    testTimeout,
  )

  it(
    'whose reply comes in single DES does not count unless that is allowed',
    async () => {
      const one = customer({ allowLegacy: [] })
      const { last } = await one.travel(await one.order())
      expect(last).toMatchObject({ kind: 'deferred', fault: { code: 'Misconfigured' } })
      expect(last).toHaveProperty('fault.message', expect.stringContaining('spec.scep.allowLegacy'))
    },
    testTimeout,
  )

  it(
    'is refused with a wrong challenge',
    async () => {
      const one = customer({}, 'wrong')
      const { last } = await one.travel(await one.order())
      expect(last).toMatchObject({ kind: 'refused', fault: { code: 'RequestRejected' } })
      expect(last).toHaveProperty('fault.message', expect.stringMatching(/badRequest.*challenge/))
    },
    testTimeout,
  )

  it(
    'is not made when the CA shows another certificate than the pinned one',
    async () => {
      const one = customer({ caFingerprint: '0'.repeat(64) })
      expect(await one.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'SecurityViolation' } })
      expect(await one.begin(await one.order())).toMatchObject({ kind: 'refused' })
      expect(one.exchanges.map(({ request }) => request)).not.toContain('PKCSReq')
    },
    testTimeout,
  )

  it(
    'for an EC key is carried by an RSA key of the transaction',
    async () => {
      const one = customer({ ecKeys: 'TemporaryRSA' })
      const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
      const leaf = leafOf(await one.travel(await one.order({ key, wanted: { key: key.shape } }), { restarts: true }))
      expect(leaf.publicKey.asymmetricKeyType).toBe('ec')
    },
    testTimeout,
  )
})

describe('a renewal at scepserver', () => {
  it(
    'whose RenewalReq is refused for want of a challenge goes on with a PKCSReq that the old certificate signs',
    async () => {
      const one = customer()
      const current = identityOf(await one.travel(await one.order()))
      const journey = await one.travel(await one.order({ key: await rsaKey(1) }), { current, restarts: true })
      expect(leafOf(journey).checkPrivateKey((await rsaKey(1)).keyObject)).toBe(true)
      const operations = one.exchanges.map(({ request }) => request).filter((request) => request.endsWith('Req'))
      expect(operations).toEqual(['PKCSReq', 'RenewalReq', 'PKCSReq'])
    },
    testTimeout,
  )

  it(
    'is done by RenewalReq where no challenge is asked for, also with the same key',
    async () => {
      const open = await startScepServer()
      try {
        const more = { url: open.url, caFingerprint: sha256Hex(open.ca) }
        const one = new ScepCustomer({ spec: { ...spec(), ...more }, http, start: systemClock.now(), challenge })
        const current = identityOf(await one.travel(await one.order()))
        expect((await one.travel(await one.order(), { current })).last.kind).toBe('issued')
        expect(one.exchanges.at(-1)).toMatchObject({ request: 'RenewalReq', reply: 'SUCCESS, 1 certificates' })
      } finally {
        await open.stop()
      }
    },
    testTimeout,
  )
})

describe('a restart of scepserver', () => {
  it(
    'between two attempts is outlived by the transaction',
    async () => {
      const one = customer()
      const order = await one.order({ wanted: deviceWish })
      const begun = await one.begin(order)
      if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
      await server.restart()
      const outcome = await one.poll(begun.ticket, { ...order, keptRequest: begun.keepRequest })
      expect(outcome.kind).toBe('issued')
    },
    testTimeout,
  )
})
