/** Content keys wrapped with a password (RFC 3211, RFC 5652 section 6.2.4). */
import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import type { SecretText } from '../../std/secret.ts'
import { encodeElement, encodeOid, encodeSequence, encodeUnsigned, tags } from '../der.ts'
import type { DerElement } from '../der.ts'
import { childrenOf, Malformed, readOid } from '../readder.ts'
import { randomBytes } from '../random.ts'
import { cipherIdentifier, freshly, keyLengthOf, readCipher } from './cipher.ts'
import type { ChosenCipher } from './cipher.ts'

const pbkdf2Oid = '1.2.840.113549.1.5.12'
const pwriKek = '1.2.840.113549.1.9.16.3.9'

const hmacs: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
])
const hmacSha256 = encodeSequence(encodeOid('1.2.840.113549.2.9'), encodeElement(tags.null))

/** What a message may cost us: a tenth of a second, in which nothing else happens. */
const mostIterations = 200_000
const ownIterations = 20_000

/** @returns a PasswordRecipientInfo, in its tag */
export function passwordRecipient(password: SecretText, contentKey: Uint8Array): Der {
  const salt = randomBytes(16)
  const chosen = freshly('AES-256-CBC')
  const kek = pbkdf2Sync(password.reveal(), salt, ownIterations, keyLengthOf(chosen.cipher), 'sha256')
  const iterations = encodeUnsigned(
    Uint8Array.of(ownIterations >> 16, (ownIterations >> 8) & 0xff, ownIterations & 0xff),
  )
  const parameters = encodeSequence(encodeElement(tags.octetString, salt), iterations, hmacSha256)
  return encodeElement(
    0xa3,
    encodeUnsigned(Uint8Array.of(0)),
    encodeElement(0xa0, encodeOid(pbkdf2Oid), parameters),
    encodeSequence(encodeOid(pwriKek), cipherIdentifier(chosen)),
    encodeElement(tags.octetString, wrap(chosen, kek, contentKey)),
  )
}

/**
 * @param recipient - PasswordRecipientInfo
 * @returns undefined when the password is not the right one
 * @throws Malformed for what cannot be read or is not known
 */
export function openForPassword(recipient: DerElement, password: SecretText): Uint8Array | undefined {
  const [, ...fields] = childrenOf(recipient, 'password recipient')
  const derivation = fields.find(({ tag }) => tag === 0xa0)
  const algorithm = fields.find(({ tag }) => tag === tags.sequence)
  const encrypted = fields.find(({ tag }) => tag === tags.octetString)
  if (derivation === undefined || algorithm === undefined || encrypted === undefined)
    throw new Malformed('its password recipient lacks the derivation, the algorithm or the key')
  const [id, inner] = childrenOf(algorithm, 'password recipient')
  const oid = readOid(id, 'password recipient')
  if (oid !== pwriKek) throw new Malformed(`its key is wrapped with ${oid}, which is not known`)
  const chosen = readCipher(inner)
  if (chosen.cipher === 'DES-CBC') throw new Malformed('its key is wrapped with DES, which anybody can break')
  const kek = derive(derivation, password, keyLengthOf(chosen.cipher))
  return unwrap(chosen, kek, encrypted.content)
}

/** PBKDF2-params (RFC 8018 appendix A.2). */
function derive(derivation: DerElement, password: SecretText, length: number): Uint8Array {
  const [id, parameters] = childrenOf(derivation, 'key derivation')
  const oid = readOid(id, 'key derivation')
  if (oid !== pbkdf2Oid) throw new Malformed(`its key is derived with ${oid}, which is not known`)
  const [salt, iterations, ...rest] = childrenOf(parameters, 'key derivation')
  const count = (iterations?.content ?? new Uint8Array()).reduce((sum, octet) => sum * 256 + octet, 0)
  if (salt?.tag !== tags.octetString || count < 1 || count > mostIterations)
    throw new Malformed(`its key derivation asks for ${count} iterations, and at most ${mostIterations} are made`)
  const prf = rest.find(({ tag }) => tag === tags.sequence)
  const hash = prf === undefined ? 'sha1' : hmacs.get(readOid(childrenOf(prf, 'key derivation')[0], 'key derivation'))
  if (hash === undefined) throw new Malformed('its key derivation uses a function that is not known')
  return pbkdf2Sync(password.reveal(), salt.content, count, length, hash)
}

/** RFC 3211 section 2.3.1: a length, the complement of three octets, the key, padding; encrypted twice. */
function wrap({ cipher, iv }: ChosenCipher, kek: Uint8Array, key: Uint8Array): Uint8Array {
  const block = iv.length
  const length = Math.max(2, Math.ceil((key.length + 4) / block)) * block
  const plain = Buffer.concat([
    Uint8Array.of(key.length, ...key.subarray(0, 3).map((octet) => octet ^ 0xff)),
    key,
    randomBytes(length - key.length - 4),
  ])
  const inner = cbc('encrypt', { cipher, iv }, { key: kek, data: plain })
  return cbc('encrypt', { cipher, iv: inner.subarray(-block) }, { key: kek, data: inner })
}

/** Section 2.3.2. */
function unwrap({ cipher, iv }: ChosenCipher, kek: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  const block = iv.length
  if (wrapped.length < 2 * block || wrapped.length % block !== 0)
    throw new Malformed('its wrapped key has no usable length')
  const last = wrapped.subarray(-block)
  const beforeLast = wrapped.subarray(-2 * block, -block)
  const outerIv = cbc('decrypt', { cipher, iv: beforeLast }, { key: kek, data: last })
  const inner = cbc('decrypt', { cipher, iv: outerIv }, { key: kek, data: wrapped })
  const plain = cbc('decrypt', { cipher, iv }, { key: kek, data: inner })
  const [length = 0, ...check] = plain.subarray(0, 4)
  const fits = check.every((octet, at) => (octet ^ (plain[4 + at] ?? 0)) === 0xff)
  return fits && length + 4 <= plain.length ? plain.subarray(4, 4 + length) : undefined
}

function cbc(
  direction: 'encrypt' | 'decrypt',
  { cipher, iv }: ChosenCipher,
  { key, data }: { readonly key: Uint8Array; readonly data: Uint8Array },
): Buffer {
  const name = cipher.toLowerCase()
  const one = direction === 'encrypt' ? createCipheriv(name, key, iv) : createDecipheriv(name, key, iv)
  one.setAutoPadding(false)
  return Buffer.concat([one.update(data), one.final()])
}
