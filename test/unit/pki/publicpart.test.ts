import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { publicPartOf } from '../../../src/pki/publicpart.ts'
import { asDer } from '../../../src/std/bytes.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey

const forms = [
  ['RSA, PKCS#8', rsa, 'pkcs8', 'PRIVATE KEY'],
  ['RSA, PKCS#1', rsa, 'pkcs1', 'RSA PRIVATE KEY'],
  ['P-256, PKCS#8', p256, 'pkcs8', 'PRIVATE KEY'],
  ['P-256, SEC 1', p256, 'sec1', 'EC PRIVATE KEY'],
  ['P-521, PKCS#8', p521, 'pkcs8', 'PRIVATE KEY'],
] as const

const openedBy = (der: Uint8Array, type: 'pkcs8' | 'pkcs1' | 'sec1'): Uint8Array | undefined => {
  try {
    const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type })
    return createPublicKey(key).export({ type: 'spki', format: 'der' })
  } catch {
    return undefined
  }
}

describe('the public key beside a private one', () => {
  it.each(forms)('is what OpenSSL makes of the private one: %s', (_words, key, type, label) => {
    const der = key.export({ format: 'der', type })
    const part = publicPartOf(label, asDer(der))
    expect(Buffer.from(part?.publicKey ?? []).toString('hex')).toBe(
      Buffer.from(openedBy(der, type) ?? []).toString('hex'),
    )
  })

  it.each(forms)(
    'is never another than what OpenSSL reads, whatever octet is changed: %s',
    (_words, key, type, label) => {
      const der = new Uint8Array(key.export({ format: 'der', type }))
      fc.assert(
        fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const changed = der.map((octet, index) => (index === at ? octet ^ change : octet))
          const ours = publicPartOf(label, asDer(changed))?.publicKey
          const theirs = openedBy(changed, type)
          if (ours !== undefined && theirs !== undefined) expect(Buffer.compare(ours, theirs)).toBe(0)
        }),
        { numRuns: 300 },
      )
    },
  )

  it.each([
    ['keys that have none beside them', ed25519],
    ['curves that are not offered', secp256k1],
  ])('is left to OpenSSL for %s', (_words, key) => {
    expect(publicPartOf('PRIVATE KEY', asDer(key.export({ format: 'der', type: 'pkcs8' })))).toBeUndefined()
  })

  it('says nothing of arbitrary octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom('PRIVATE KEY', 'X'), (octets, label) => {
        expect(publicPartOf(label, asDer(octets))).toBeUndefined()
      }),
    )
  })
})
