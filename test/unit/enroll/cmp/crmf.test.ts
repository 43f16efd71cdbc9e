import { describe, expect, it } from '@jest/globals'
import { buildRequest, encodeRevocation } from '../../../../src/enroll/cmp/crmf.ts'
import type { RequestWish } from '../../../../src/enroll/cmp/crmf.ts'
import { identifierOf } from '../../../../src/pki/cms/identifier.ts'
import { encodeOid } from '../../../../src/pki/der.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import { SecretText } from '../../../../src/std/secret.ts'
import { instant } from '../../../../src/std/time.ts'
import { someCa } from '../../../support/ca-material.ts'
import { serverWish } from '../../../support/cmpcustomer.ts'
import { openssl } from '../../../support/openssl.ts'

async function request(more: Partial<RequestWish> = {}): Promise<Buffer> {
  const key = await generateKey(serverWish.key)
  return Buffer.from(await buildRequest({ wanted: serverWish, key, proof: 'Signature', ...more }))
}

const holds = (der: Buffer, ...parts: readonly (Uint8Array | string)[]): boolean =>
  parts.every((part) => der.includes(Buffer.from(part as Uint8Array)))

describe('a request in CRMF', () => {
  it('names subject, key and names, and proves the key by a signature', async () => {
    const der = await request()
    expect(holds(der, 'server.example.test')).toBe(true)
    expect(der.at(-1)).toBeDefined()
  })

  it.each([
    ['a registration token', { registrationToken: new SecretText('token-4711') }, '1.3.6.1.5.5.7.5.1.1', 'token-4711'],
    ['an authenticator', { authenticator: new SecretText('answer-42') }, '1.3.6.1.5.5.7.5.1.2', 'answer-42'],
  ] as const)('may carry %s', async (_name, more, oid, text) => {
    expect(holds(await request(more), encodeOid(oid), text)).toBe(true)
    expect(holds(await request(), encodeOid(oid))).toBe(false)
  })

  it('names the certificate that it replaces', async () => {
    const replaces = identifierOf((await someCa('Old')).certificate)
    expect(holds(await request({ replaces }), encodeOid('1.3.6.1.5.5.7.5.1.5'), replaces.serialNumber)).toBe(true)
  })

  it('says how long the certificate shall live where that is asked for', async () => {
    const at = instant(Date.UTC(2026, 10, 23, 12))
    const validity = { notBefore: at, notAfter: instant(Date.UTC(2027, 0, 1)) }
    expect(holds(await request({ validity }), '261123120000Z', '270101000000Z')).toBe(true)
    expect(holds(await request(), '261123120000Z')).toBe(false)
  })

  it('has no proof and no key where the CA makes the key', async () => {
    const [without, withKey] = await Promise.all([request({ key: undefined }), request()])
    expect(without.length).toBeLessThan(withKey.length - 150)
  })

  it('is what openssl takes for DER', async () => {
    const { ok, text } = openssl(['asn1parse', '-inform', 'DER', '-in', 'request.der'], {
      'request.der': await request(),
    })
    expect(text).toContain('server.example.test')
    expect(ok).toBe(true)
  })
})

describe('a revocation', () => {
  it('names issuer, serial number and reason', async () => {
    const id = identifierOf((await someCa('CA that ends')).certificate)
    const der = Buffer.from(encodeRevocation(id, 4))
    expect(holds(der, id.issuer, id.serialNumber.subarray(2), Buffer.of(0x0a, 1, 4))).toBe(true)
  })
})
