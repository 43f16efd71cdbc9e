/** Enrollment and renewal at a CMP server that nobody here wrote: `openssl cmp -port`. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { CmpSpec } from '../../src/api/issuer/cmp.ts'
import type { Outcome } from '../../src/enroll/enroller.ts'
import { createHttpClient } from '../../src/net/client.ts'
import type { OwnedHttpClient } from '../../src/net/client.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { CmpCustomer, serverWish, sharedSecretRef } from '../support/cmpcustomer.ts'
import type { Journey } from '../support/cmpcustomer.ts'
import { certify, cmpCa, startOpensslCmp } from '../support/opensslcmp.ts'
import type { OpensslCmp } from '../support/opensslcmp.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import type { Der } from '../../src/std/bytes.ts'
import type { CaMaterial } from '../support/ca-material.ts'
import { unwrap } from '../support/unwrap.ts'

const testTimeout = 60_000
const secret = 'correct horse battery staple'

let http: OwnedHttpClient
let ca: CaMaterial
let server: OpensslCmp | undefined

beforeAll(async () => {
  ca = await cmpCa()
  http = unwrap(
    createHttpClient({ userAgent: 'perennial-test', addressPolicy: 'any', clock: systemClock, log: silentLogger }),
  )
})

afterEach(async () => {
  await server?.stop()
  server = undefined
})

afterAll(() => http.close())

interface Scene {
  readonly customer: CmpCustomer
  readonly key: PrivateKey
  /** What the server hands out, whoever asks. */
  readonly certificate: Der
}

async function scene(options: readonly string[], more: Partial<CmpSpec> = {}): Promise<Scene> {
  const key = await generateKey(serverWish.key)
  const certificate = await certify(ca, serverWish, key)
  server = await startOpensslCmp({ ca, certificate, secret, options })
  const spec: CmpSpec = { url: server.url, sharedSecret: sharedSecretRef, ...more }
  return { key, certificate, customer: new CmpCustomer({ spec, http, start: systemClock.now(), secret }) }
}

function issuedBy({ last }: Journey): Extract<Outcome, { kind: 'issued' }> {
  if (last.kind !== 'issued') throw new Error(`expected a certificate, got ${JSON.stringify(last)}`)
  return last
}

const named = (journey: Journey): string => certificatesPem(issuedBy(journey).roots ?? [])

describe('a request to openssl cmp under a shared secret', () => {
  it.each([
    ['ir, confirmed', [], {}, 'root'],
    ['cr', [], { enrollment: 'cr' }, 'no root'],
    ['p10cr', [], { enrollment: 'p10cr' }, 'no root'],
    ['ir, confirmed implicitly', ['-grant_implicitconf'], { implicitConfirm: 'Request' }, 'root'],
    ['ir that is polled for', ['-poll_count', '2', '-check_after', '1'], {}, 'root'],
    ['ir under SHA-512', [], { sharedSecret: { ...sharedSecretRef, hash: 'SHA-512' } }, 'root'],
    ['ir under SHA-1', [], { sharedSecret: { ...sharedSecretRef, hash: 'SHA-1' } }, 'root'],
  ] as const)(
    '%s',
    async (_name, options, more, root) => {
      const { customer, key } = await scene(options, more)
      const journey = await customer.travel(await customer.order({ key }))
      expect(named(journey)).toBe(root === 'root' ? certificatesPem([ca.certificate]) : '')
    },
    testTimeout,
  )

  it.each([
    [
      'a rejection',
      ['-pkistatus', '2', '-failure', '2', '-statusstring', 'not today'],
      'RequestRejected',
      /badRequest.*not today/,
    ],
    ['an error', ['-send_error'], 'RequestRejected', /the CA refused the ir/],
    ['an error without protection', ['-send_error', '-send_unprot_err'], 'ReplyMalformed', /not protected/],
    ['a certificate without protection', ['-send_unprotected'], 'SecurityViolation', /not protected/],
  ] as const)(
    'is refused by %s',
    async (_name, options, code, message) => {
      const { customer, key } = await scene(options)
      const { last } = await customer.travel(await customer.order({ key }))
      expect(last).toMatchObject({ kind: 'refused', fault: { code, message: expect.stringMatching(message) } })
    },
    testTimeout,
  )

  it(
    'counts an error without protection where the spec lets it',
    async () => {
      const { customer, key } = await scene(['-send_error', '-send_unprot_err'], { unprotectedErrors: 'Accept' })
      const { last } = await customer.travel(await customer.order({ key }))
      expect(last).toMatchObject({ kind: 'refused', fault: { code: 'RequestRejected' } })
    },
    testTimeout,
  )

  it(
    'finds the CA by a general message',
    async () => {
      const { customer } = await scene([])
      expect(await customer.prepare()).toMatchObject({ kind: 'ready' })
    },
    testTimeout,
  )
})

describe('a signed request to openssl cmp', () => {
  it(
    'kur, signed with the certificate that is replaced, trusts the CA of that certificate',
    async () => {
      // It renews only what it hands out, and hands out the same again.
      const { customer, key, certificate } = await scene([])
      const current = { chain: [certificate], key, roots: [ca.certificate] }
      const journey = await customer.travel(await customer.order({ key }), { current, restarts: true })
      expect(named(journey)).toBe(certificatesPem([ca.certificate]))
      expect(customer.exchanges.map(({ request, reply }) => `${request} ${reply}`)).toEqual([
        'kur kup',
        'certConf pkiconf',
      ])
    },
    testTimeout,
  )

  it(
    'is not answered by a CA that nobody knows',
    async () => {
      const { customer, key } = await scene([])
      const stranger = await cmpCa()
      const old = await generateKey(serverWish.key)
      const current = { chain: [await certify(stranger, serverWish, old)], key: old, roots: [stranger.certificate] }
      const { last } = await customer.travel(await customer.order({ key }), { current })
      expect(last.kind).not.toBe('issued')
    },
    testTimeout,
  )

  it(
    'ir, with a client certificate',
    async () => {
      const [key, own] = await Promise.all([generateKey(serverWish.key), generateKey(serverWish.key)])
      const identity = { chain: [await certify(ca, serverWish, own)], key: own }
      server = await startOpensslCmp({ ca, certificate: await certify(ca, serverWish, key) })
      const bundle = certificatesPem([ca.certificate])
      const spec = { url: server.url, clientCertificateSecretRef: { name: 'client' }, caBundle: bundle }
      const customer = new CmpCustomer({ spec, http, start: systemClock.now(), identity })
      expect(named(await customer.travel(await customer.order({ key })))).toBe(bundle)
    },
    testTimeout,
  )

  it(
    'rr',
    async () => {
      const { customer, key, certificate } = await scene([])
      const current = { chain: [certificate], key, roots: [ca.certificate] }
      expect(await customer.revoke(current)).toEqual({ kind: 'revoked' })
    },
    testTimeout,
  )
})
