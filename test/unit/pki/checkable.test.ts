import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { isCheckable } from '../../../src/pki/checkable.ts'
import { encodeBits, encodeElement, encodeOid, encodeSequence, encodeUnsigned, tags } from '../../../src/pki/der.ts'

/** Numbers of that many bits; nobody has the private half. */
function rsaKey(modulusBits: number, exponentBits: number): KeyObject {
  const number = (bits: number): Buffer => Buffer.alloc(bits / 8, 0xab)
  const algorithm = encodeSequence(encodeOid('1.2.840.113549.1.1.1'), encodeElement(tags.null))
  const key = encodeSequence(encodeUnsigned(number(modulusBits)), encodeUnsigned(number(exponentBits)))
  return createPublicKey({ key: Buffer.from(encodeSequence(algorithm, encodeBits(key))), format: 'der', type: 'spki' })
}

const ecKey = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).publicKey

describe('a signature', () => {
  it.each([
    ['an RSA key of 2048 bits', rsaKey(2048, 24)],
    ['an RSA key of 8192 bits', rsaKey(8192, 24)],
    ['a key on P-256', ecKey('P-256')],
    ['a key on P-521', ecKey('P-521')],
    ['an Ed25519 key', generateKeyPairSync('ed25519').publicKey],
  ])('by %s is checked', (_words, key) => {
    expect(isCheckable(key)).toBe(true)
  })

  it.each([
    ['an RSA key whose exponent is as long as its modulus', rsaKey(3072, 3064)],
    ['an RSA key of 16384 bits', rsaKey(16_384, 24)],
    ['a key on a binary curve of 571 bits', ecKey('sect571r1')],
    ['a key that signs nothing', generateKeyPairSync('x25519').publicKey],
  ])('by %s is not, since everything else would wait for it', (_words, key) => {
    expect(isCheckable(key)).toBe(false)
  })
})
