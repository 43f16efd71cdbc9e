/**
 * EncryptedValue (RFC 4211 section 2.1): how CAs of old send a key that they made. Nobody has signed what is inside; the protection of
 * the message has to do for that. RFC 9810 section 5.2.2 wants EnvelopedData instead.
 */
import { readAsymmetricKeyPackage } from '../../pki/cms/asymkey.ts'
import { decrypt, keyLengthOf, readCipher } from '../../pki/cms/cipher.ts'
import { receiveKey } from '../../pki/cms/transport.ts'
import { encodeSequence, tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { childrenOf, Malformed, reading } from '../../pki/readder.ts'
import { err } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'

/** Fields have implicit tags. */
const fieldTags = { symmAlg: 0xa1, encSymmKey: 0x82, keyAlg: 0xa3 } as const

/**
 * @param value - EncryptedValue
 * @param recipient - whose certificate signed the request
 * @returns the key, or a clause that says why it cannot be had
 */
export function openEncryptedValue(value: DerElement, recipient: PrivateKey): Result<PrivateKey, string> {
  return reading(() => {
    const fields = childrenOf(value, 'encrypted value')
    const field = (tag: number): DerElement | undefined => fields.find((one) => one.tag === tag)
    const cipher = readCipher(asAlgorithm(field(fieldTags.symmAlg)))
    const key = receiveKey(
      asAlgorithm(field(fieldTags.keyAlg)),
      { encrypted: bitsOf(field(fieldTags.encSymmKey)), length: keyLengthOf(cipher.cipher) },
      recipient.keyObject,
    )
    const content = decrypt(cipher, key, bitsOf(field(tags.bitString)))
    return content === undefined ? err('it does not open with our key') : readAsymmetricKeyPackage(content)
  })
}

function asAlgorithm(field: DerElement | undefined): DerElement {
  if (field === undefined) throw new Malformed('it does not say how it is encrypted')
  return { tag: tags.sequence, content: field.content, encoded: encodeSequence(field.content) }
}

function bitsOf(field: DerElement | undefined): Uint8Array {
  if (field === undefined || field.content[0] !== 0) throw new Malformed('a part of it is missing')
  return field.content.subarray(1)
}
