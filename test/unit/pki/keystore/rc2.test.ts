import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { encryptRc2Cbc } from '../../../../src/pki/keystore/rc2.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** RFC 2268 section 5: key, effective bits, plaintext, ciphertext. */
const vectors: readonly (readonly [string, number, string, string])[] = [
  ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
  ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
  ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
  ['88', 64, '0000000000000000', '61a8a244adacccf0'],
  ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
  ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
  ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
  ['88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e', 129, '0000000000000000', '5b78d3a43dfff1f1'],
]

describe('RC2', () => {
  it.each(vectors)(
    'with key %s, %i bits of it, makes of %s what RFC 2268 says',
    (key, effectiveBits, plain, cipher) => {
      const out = encryptRc2Cbc(bytes(plain), { octets: bytes(key), effectiveBits }, new Uint8Array(8))
      expect(Buffer.from(out.subarray(0, 8)).toString('hex')).toBe(cipher)
    },
  )

  it('pads every text to whole blocks, and chains them', () => {
    const key = { octets: bytes('0102030405'), effectiveBits: 40 }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 8, maxLength: 8 }), (plain, iv) => {
        const out = encryptRc2Cbc(plain, key, iv)
        expect(out.length).toBe((Math.floor(plain.length / 8) + 1) * 8)
        const second = encryptRc2Cbc(plain.subarray(8), key, out.subarray(0, 8))
        expect(plain.length < 8 || Buffer.compare(out.subarray(8), second) === 0).toBe(true)
      }),
    )
  })
})
