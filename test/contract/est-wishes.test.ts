/** What the CA wishes in csrattrs (RFC 7030 section 4.5, RFC 9908), and what becomes of it. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { encodeElement, encodeOid, encodeSequence, encodeSetOf } from '../../src/pki/der.ts'
import type { Der } from '../../src/std/bytes.ts'
import { faultOf, identityOf } from '../support/estcustomer.ts'
import { estWorld } from './est-world.ts'

const attribute = (type: string, ...values: readonly Uint8Array[]): Der =>
  encodeSequence(encodeOid(type), encodeSetOf(...values))

const wishes = {
  p384: attribute('1.2.840.10045.2.1', encodeOid('1.3.132.0.34')),
  sha384: encodeOid('1.2.840.10045.4.3.3'),
  binding: encodeOid('1.2.840.113549.1.9.7'),
  codeSigning: attribute(
    '1.2.840.113549.1.9.14',
    encodeSequence(
      encodeSequence(encodeOid('2.5.29.37'), encodeElement(0x04, encodeSequence(encodeOid('1.3.6.1.5.5.7.3.3')))),
    ),
  ),
} as const

const csrattrs = (...parts: readonly Uint8Array[]): { readonly csrattrs: Uint8Array } => ({
  csrattrs: encodeSequence(...parts),
})

describe('a wish of the CA', () => {
  it('that the Certificate fulfils goes without saying', async () => {
    const world = await estWorld({ troubles: csrattrs(wishes.p384, wishes.sha384) })
    const order = await world.customer.order({ wanted: { key: { algorithm: 'ECDSA', size: 384 } } })
    expect(identityOf(await world.customer.travel(order)).warning).toBeUndefined()
  })

  it('that the Certificate contradicts is told in a warning, and the Certificate wins', async () => {
    const world = await estWorld({ troubles: csrattrs(wishes.p384) })
    const journey = await world.customer.travel(await world.customer.order())
    expect(identityOf(journey).warning).toMatch(/ECDSA 384/)
    expect(journey.key.shape.size).toBe(256)
  })

  it('that the Certificate contradicts ends it where the spec says so, and nothing is sent', async () => {
    const world = await estWorld({ spec: { csrAttributes: 'Require' }, troubles: csrattrs(wishes.p384) })
    const fault = faultOf(await world.customer.travel(await world.customer.order()))
    expect(fault.message).toMatch(/ECDSA 384/)
    expect(world.fake.seen.some(({ operation }) => operation === 'simpleenroll')).toBe(false)
  })

  it('for an extension that the Certificate leaves open is fulfilled', async () => {
    const world = await estWorld({ troubles: csrattrs(wishes.codeSigning) })
    const wanted = { usages: [], encodeUsagesInRequest: false }
    await world.customer.travel(await world.customer.order({ wanted }))
    expect(world.fake.csrs.at(-1)?.extensions.has('2.5.29.37')).toBe(true)
  })

  it('for a binding to the channel is fulfilled', async () => {
    const world = await estWorld({ troubles: { ...csrattrs(wishes.binding), wantsBinding: 'tls-exporter' } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })

  it('is not asked for where the spec says so', async () => {
    const world = await estWorld({ spec: { csrAttributes: 'Ignore' }, troubles: csrattrs(wishes.p384) })
    await world.customer.travel(await world.customer.order())
    expect(world.fake.seen.some(({ operation }) => operation === 'csrattrs')).toBe(false)
  })

  it('that cannot be read is told, and does not stop anything', async () => {
    const world = await estWorld({ troubles: { csrattrs: Buffer.from('30030201', 'hex') } })
    expect(identityOf(await world.customer.travel(await world.customer.order())).warning).toContain('csrattrs')
  })
})

describe('a key that the CA makes', () => {
  const shared = (key: Uint8Array) => ({
    spec: {
      serverKeyGeneration: 'Always',
      serverKeyDecryption: { identifier: 'key-1', keySecretRef: { name: 'est-key', key: 'aes' } },
    } as const,
    secrets: { 'spec.est.serverKeyDecryption.keySecretRef': { aes: key } },
  })

  it.each([16, 32])('arrives encrypted under a shared AES key of %d octets', async (length) => {
    const sharedKey = randomBytes(length)
    const world = await estWorld({ ...shared(sharedKey), troubles: { sharedKey } })
    expect((await world.customer.travel(await world.customer.order())).last).toMatchObject({ kind: 'issued', key: {} })
  })

  it('encrypted under another key is not taken', async () => {
    const world = await estWorld({ ...shared(randomBytes(16)), troubles: { sharedKey: randomBytes(16) } })
    expect((await world.customer.travel(await world.customer.order(), { steps: 1 })).last.kind).not.toBe('issued')
  })
})
