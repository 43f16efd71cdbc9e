import { describe, expect, it } from '@jest/globals'
import { freshMac, macOf, mostIterations } from '../../../../src/enroll/cmp/mac.ts'
import { encodeInteger } from '../../../../src/enroll/cmp/values.ts'
import { encodeElement, encodeOid, encodeSequence, readElements, tags } from '../../../../src/pki/der.ts'
import type { DerElement } from '../../../../src/pki/der.ts'
import { reading } from '../../../../src/pki/readder.ts'
import type { Der } from '../../../../src/std/bytes.ts'
import { ok } from '../../../../src/std/result.ts'
import { SecretText } from '../../../../src/std/secret.ts'
import { unwrap } from '../../../support/unwrap.ts'

const elementOf = (der: Uint8Array): DerElement => {
  const [element] = unwrap(readElements(der))
  if (element === undefined) throw new Error('nothing there')
  return element
}

describe('a MAC', () => {
  const secret = new SecretText('secret')
  it.each([
    ['PBM', 'SHA-256', /^PBM, HMAC-SHA-?256, 1000 iterations$/],
    ['PBMAC1', 'SHA-512', /^PBMAC1, HMAC-SHA-?512, 10000 iterations$/],
  ] as const)('%s with %s is computed again from what it says of itself', (name, hash, words) => {
    const mac = freshMac({ algorithm: name, hash }, secret)
    const data = Buffer.from('data')
    expect(macOf(elementOf(mac.identifier), secret).compute(data)).toEqual(mac.compute(data))
    expect(macOf(elementOf(mac.identifier), new SecretText('guess')).compute(data)).not.toEqual(mac.compute(data))
    expect(mac.words).toMatch(words)
  })

  it('has a salt of its own each time', () => {
    const wish = { algorithm: 'PBM', hash: 'SHA-256' } as const
    expect(freshMac(wish, secret).identifier).not.toEqual(freshMac(wish, secret).identifier)
  })

  it('by PBMAC1 is refused when iterations and blocks of the key are too many together', () => {
    const hmac = encodeSequence(encodeOid('1.2.840.113549.2.9'))
    const salt = encodeElement(tags.octetString, Buffer.alloc(8))
    const derivation = (octets: number): Der =>
      encodeSequence(
        encodeOid('1.2.840.113549.1.5.12'),
        encodeSequence(salt, encodeInteger(30_000), encodeInteger(octets), hmac),
      )
    const identifier = (octets: number): Der =>
      encodeSequence(encodeOid('1.2.840.113549.1.5.14'), encodeSequence(derivation(octets), hmac))
    expect(macOf(elementOf(identifier(32)), secret).words).toContain('30000 iterations')
    expect(reading(() => ok(macOf(elementOf(identifier(256)), secret)))).toEqual({
      ok: false,
      error: 'its MAC asks for 30000 iterations for each of 8 blocks of a key, which are too many',
    })
  })

  it.each([0, -1, mostIterations.PBM + 1])('of %d rounds is refused before any is made', (count) => {
    const hash = encodeSequence(encodeOid('2.16.840.1.101.3.4.2.1'))
    const hmac = encodeSequence(encodeOid('1.2.840.113549.2.9'))
    const salt = encodeElement(tags.octetString, Buffer.alloc(8))
    const parameters = encodeSequence(salt, hash, encodeInteger(count), hmac)
    const identifier = encodeSequence(encodeOid('1.2.840.113533.7.66.13'), parameters)
    expect(reading(() => ok(macOf(elementOf(identifier), secret)))).toMatchObject({
      ok: false,
      error: expect.stringContaining('iterations'),
    })
  })
})
