import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { openEncryptedValue } from '../../../../src/enroll/cmp/encryptedvalue.ts'
import { cipherIdentifier, encrypt, freshly, keyLengthOf } from '../../../../src/pki/cms/cipher.ts'
import { transportKey } from '../../../../src/pki/cms/transport.ts'
import { encodeBits, encodeElement, encodeSequence, readElements } from '../../../../src/pki/der.ts'
import type { DerElement } from '../../../../src/pki/der.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import type { PrivateKey } from '../../../../src/pki/key.ts'
import { randomBytes } from '../../../../src/pki/random.ts'
import { makeCa, caBegins, caEnds } from '../../../support/ca-material.ts'
import type { CaMaterial } from '../../../support/ca-material.ts'
import { unwrap } from '../../../support/unwrap.ts'

let recipient: CaMaterial
let made: PrivateKey

beforeAll(async () => {
  const key = { algorithm: 'RSA', size: 2048 } as const
  recipient = await makeCa({ name: 'device', key, notBefore: caBegins, notAfter: caEnds })
  made = await generateKey({ algorithm: 'ECDSA', size: 256 })
})

/** The content of a SEQUENCE under an implicit tag. */
const implicit = (tag: number, der: Uint8Array): Uint8Array => encodeElement(tag, elementOf(der).content)

const elementOf = (der: Uint8Array): DerElement => {
  const [element] = unwrap(readElements(der))
  if (element === undefined) throw new Error('nothing there')
  return element
}

function encryptedValue(): Uint8Array {
  const cipher = freshly('AES-256-CBC')
  const key = randomBytes(keyLengthOf(cipher.cipher))
  const { identifier, encrypted } = transportKey(recipient.certificate, key, 'RSAES-PKCS1-v1_5')
  return encodeSequence(
    implicit(0xa1, cipherIdentifier(cipher)),
    implicit(0x82, encodeBits(encrypted)),
    implicit(0xa3, identifier),
    encodeBits(encrypt(cipher, key, made.toDer('PKCS8'))),
  )
}

describe('an EncryptedValue', () => {
  it('opens with the RSA key of whoever asked', () => {
    const key = unwrap(openEncryptedValue(elementOf(encryptedValue()), recipient.key))
    expect(key.publicKeyHash).toBe(made.publicKeyHash)
  })

  it('does not open with another key', async () => {
    const other = await generateKey({ algorithm: 'RSA', size: 2048 })
    expect(openEncryptedValue(elementOf(encryptedValue()), other).ok).toBe(false)
  })

  it('does not open with a key that cannot decrypt', () => {
    expect(openEncryptedValue(elementOf(encryptedValue()), made)).toMatchObject({ ok: false })
  })

  it('that was damaged anywhere is a clause, or the key', () => {
    const der = encryptedValue()
    fc.assert(
      fc.property(fc.integer({ min: 4, max: der.length - 1 }), fc.nat(255), (at, octet) => {
        const copy = Uint8Array.from(der)
        copy[at] = octet
        return typeof openEncryptedValue(elementOf(copy), recipient.key).ok === 'boolean'
      }),
      { numRuns: 60 },
    )
  })
})
