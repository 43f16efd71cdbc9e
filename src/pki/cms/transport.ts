/** Keys carried by RSA (RFC 3370 section 4.2.1, RFC 3560). */
import { constants, privateDecrypt, publicEncrypt, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import { encodeElement, encodeOid, encodeSequence, tags } from '../der.ts'
import type { DerElement } from '../der.ts'
import { childrenOf, Malformed, onlyChild, readOid } from '../readder.ts'
import { randomBytes } from '../random.ts'
import { hashOf, nodeHash } from './algorithms.ts'

export type KeyTransport = 'RSAES-PKCS1-v1_5' | 'RSAES-OAEP'

const pkcs1 = '1.2.840.113549.1.1.1'
const oaep = '1.2.840.113549.1.1.7'

/** OAEP with SHA-256 for both its hashes (RFC 4055 section 4.1). */
const oaepIdentifier = (): Der => {
  const sha256 = encodeSequence(encodeOid('2.16.840.1.101.3.4.2.1'))
  const mask = encodeSequence(encodeOid('1.2.840.113549.1.1.8'), sha256)
  return encodeSequence(encodeOid(oaep), encodeSequence(encodeElement(0xa0, sha256), encodeElement(0xa1, mask)))
}

/**
 * @param certificate - whose RSA key the content key is for
 * @returns AlgorithmIdentifier (DER) and the encrypted key
 */
export function transportKey(
  certificate: Der,
  contentKey: Uint8Array,
  transport: KeyTransport,
): { readonly identifier: Der; readonly encrypted: Uint8Array } {
  const { publicKey } = new X509Certificate(certificate)
  if (transport === 'RSAES-OAEP') {
    const key = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    return { identifier: oaepIdentifier(), encrypted: publicEncrypt(key, contentKey) }
  }
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PADDING }
  return {
    identifier: encodeSequence(encodeOid(pkcs1), encodeElement(tags.null)),
    encrypted: publicEncrypt(key, contentKey),
  }
}

/**
 * @param algorithm - AlgorithmIdentifier of the key transport
 * @param length - octets of the content key
 * @returns the content key; where the padding is wrong, random octets: whoever sends must not learn that from us (Bleichenbacher)
 * @throws Malformed for an algorithm that is not known
 */
export function receiveKey(
  algorithm: DerElement | undefined,
  { encrypted, length }: { readonly encrypted: Uint8Array; readonly length: number },
  privateKey: KeyObject,
): Uint8Array {
  const [id, parameters] = childrenOf(algorithm, 'key transport')
  const oid = readOid(id, 'key transport')
  if (privateKey.asymmetricKeyType !== 'rsa') throw new Malformed('it is encrypted to an RSA key, and ours is none')
  switch (oid) {
    case pkcs1:
      return unpad(rawDecrypt(privateKey, encrypted), length)
    case oaep:
      return oaepDecrypt(privateKey, encrypted, oaepHashOf(parameters)) ?? randomBytes(length)
    default:
      throw new Malformed(`its key is carried by ${oid}, which is not known`)
  }
}

/** Node refuses PKCS#1 v1.5 decryption, for good reasons; without padding it decrypts, and the padding is judged here. */
function rawDecrypt(key: KeyObject, encrypted: Uint8Array): Uint8Array {
  const size = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  const block = Buffer.alloc(size)
  if (encrypted.length > size) return block
  Buffer.from(encrypted).copy(block, size - encrypted.length)
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block)
  } catch {
    // a number that is not below the modulus
    return Buffer.alloc(size)
  }
}

/**
 * RFC 8017 section 7.2.2: 00 02, eight or more octets that are not zero, 00, the key. Looks at every octet whatever it finds, and
 * takes each octet of the result from the key or from random ones by a mask.
 */
function unpad(block: Uint8Array, length: number): Uint8Array {
  const substitute = randomBytes(length)
  const start = block.length - length
  if (start < 11) return substitute
  let bad = (block[0] ?? 1) | ((block[1] ?? 0) ^ 0x02) | (block[start - 1] ?? 1)
  for (let at = 2; at < start - 1; at++) bad |= isZero(block[at] ?? 0)
  const keep = isZero(bad) - 1
  // keep is -1 (all ones) where something is bad, 0 where nothing is
  return substitute.map((random, at) => (random & keep) | ((block[start + at] ?? 0) & ~keep))
}

/** @returns 1 for zero and 0 for everything else, without a branch */
const isZero = (value: number): number => ((value | -value) >>> 31) ^ 1

function oaepHashOf(parameters: DerElement | undefined): string {
  const fields = parameters === undefined ? [] : childrenOf(parameters, 'OAEP parameters')
  const field = fields.find(({ tag }) => tag === 0xa0)
  if (field === undefined) return 'sha1'
  const [id] = childrenOf(onlyChild(field.content, 'OAEP parameters'), 'OAEP parameters')
  const hash = hashOf(readOid(id, 'OAEP parameters'))
  if (hash === undefined) throw new Malformed('its key is carried by OAEP with a hash that is not known')
  return nodeHash(hash)
}

function oaepDecrypt(key: KeyObject, encrypted: Uint8Array, oaepHash: string): Uint8Array | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, encrypted)
  } catch {
    return undefined
  }
}
