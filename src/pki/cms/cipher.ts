/** Symmetric ciphers of CMS (RFC 3370 section 5, RFC 3565, RFC 5084). */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import { encodeElement, encodeOid, encodeSequence, tags } from '../der.ts'
import type { DerElement } from '../der.ts'
import { childrenOf, Malformed, readOid } from '../readder.ts'
import { randomBytes } from '../random.ts'

/** Ciphers that are sent. */
export type Cipher = 'AES-128-CBC' | 'AES-192-CBC' | 'AES-256-CBC' | 'DES-EDE3-CBC'

/** Ciphers that are read: single DES too, where the caller takes it. */
export type ReadCipher = Cipher | 'DES-CBC'

interface Shape {
  readonly oid: string
  /** OpenSSL's name. OpenSSL 3 has no single DES, but three times the same key is just that. */
  readonly name: string
  /** Octets. */
  readonly keyLength: number
  readonly ivLength: number
}

const shapes: Readonly<Record<ReadCipher, Shape>> = {
  'AES-128-CBC': { oid: '2.16.840.1.101.3.4.1.2', name: 'aes-128-cbc', keyLength: 16, ivLength: 16 },
  'AES-192-CBC': { oid: '2.16.840.1.101.3.4.1.22', name: 'aes-192-cbc', keyLength: 24, ivLength: 16 },
  'AES-256-CBC': { oid: '2.16.840.1.101.3.4.1.42', name: 'aes-256-cbc', keyLength: 32, ivLength: 16 },
  'DES-EDE3-CBC': { oid: '1.2.840.113549.3.7', name: 'des-ede3-cbc', keyLength: 24, ivLength: 8 },
  'DES-CBC': { oid: '1.3.14.3.2.7', name: 'des-ede3-cbc', keyLength: 8, ivLength: 8 },
}

const isCipher = (name: string): name is ReadCipher => Object.hasOwn(shapes, name)

const byOid: ReadonlyMap<string, ReadCipher> = new Map(
  Object.entries(shapes).flatMap(([name, { oid }]) => (isCipher(name) ? [[oid, name] as const] : [])),
)

/** A cipher with its initialization vector, as a message names it. */
export interface ChosenCipher {
  readonly cipher: ReadCipher
  readonly iv: Uint8Array
}

/** @returns octets */
export const keyLengthOf = (cipher: ReadCipher): number => shapes[cipher].keyLength

/** A cipher with a fresh initialization vector. */
export const freshly = (cipher: Cipher): ChosenCipher => ({ cipher, iv: randomBytes(shapes[cipher].ivLength) })

/** @returns AlgorithmIdentifier, DER */
export const cipherIdentifier = ({ cipher, iv }: ChosenCipher): Der =>
  encodeSequence(encodeOid(shapes[cipher].oid), encodeElement(tags.octetString, iv))

/** @throws Malformed for a cipher that is not known */
export function readCipher(identifier: DerElement | undefined): ChosenCipher {
  const [id, parameters] = childrenOf(identifier, 'cipher')
  const oid = readOid(id, 'cipher')
  const cipher = byOid.get(oid)
  if (cipher === undefined) throw new Malformed(`it is encrypted with ${oid}, which is not known`)
  const iv = parameters?.tag === tags.octetString ? parameters.content : new Uint8Array()
  if (iv.length !== shapes[cipher].ivLength) throw new Malformed('its cipher has no usable initialization vector')
  return { cipher, iv }
}

/** @param key - of the length that {@link keyLengthOf} says */
export function encrypt({ cipher, iv }: ChosenCipher, key: Uint8Array, content: Uint8Array): Uint8Array {
  const one = createCipheriv(shapes[cipher].name, keyFor(cipher, key), iv)
  return Buffer.concat([one.update(content), one.final()])
}

/** @returns undefined when the key does not fit or something was changed; which of them is not told */
export function decrypt({ cipher, iv }: ChosenCipher, key: Uint8Array, content: Uint8Array): Uint8Array | undefined {
  try {
    const one = createDecipheriv(shapes[cipher].name, keyFor(cipher, key), iv)
    return Buffer.concat([one.update(content), one.final()])
  } catch {
    return undefined
  }
}

const keyFor = (cipher: ReadCipher, key: Uint8Array): Uint8Array =>
  cipher === 'DES-CBC' ? Buffer.concat([key, key, key]) : key

const keyWraps: Readonly<Record<string, { readonly name: string; readonly keyLength: number }>> = {
  '2.16.840.1.101.3.4.1.5': { name: 'id-aes128-wrap', keyLength: 16 },
  '2.16.840.1.101.3.4.1.25': { name: 'id-aes192-wrap', keyLength: 24 },
  '2.16.840.1.101.3.4.1.45': { name: 'id-aes256-wrap', keyLength: 32 },
}

/** The initial value of RFC 3394 section 2.2.3.1. */
const wrapIv = Buffer.alloc(8, 0xa6)

/** @returns octets of the key that wraps, or undefined for an algorithm that is not known */
export const wrapKeyLength = (oid: string): number | undefined => keyWraps[oid]?.keyLength

/** AES key wrap (RFC 3394). @param oid - one of those that {@link wrapKeyLength} knows */
export function wrapKey(oid: string, wrapping: Uint8Array, key: Uint8Array): Uint8Array {
  const one = createCipheriv(keyWraps[oid]?.name ?? '', wrapping, wrapIv)
  return Buffer.concat([one.update(key), one.final()])
}

/** @returns undefined when the wrapping key does not fit */
export function unwrapKey(oid: string, wrapping: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  try {
    const one = createDecipheriv(keyWraps[oid]?.name ?? '', wrapping, wrapIv)
    return Buffer.concat([one.update(wrapped), one.final()])
  } catch {
    return undefined
  }
}
