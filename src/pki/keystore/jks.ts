/**
 * Java keystores in the format of the provider SUN (`sun.security.provider.JavaKeyStore` in the JDK defines it):
 *
 *   magic, version, count │ entries │ SHA-1 over the password, "Mighty Aphrodite" and all before it
 *
 * Numbers are big-endian, texts are those of java.io.DataOutput.
 */
import { createHash } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import type { SecretText } from '../../std/secret.ts'
import { certificateFacts } from '../certificate.ts'
import { encodeElement, encodeOid, encodeSequence, tags } from '../der.ts'
import type { PrivateKey } from '../key.ts'
import { randomBytes } from '../random.ts'
import { aliasOf } from './alias.ts'

export interface JksRequest {
  readonly password: SecretText
  readonly key: PrivateKey
  /** Leaf first. */
  readonly chain: readonly Der[]
  readonly alias: string
  /** Trusted certificates to add, as cert-manager does. */
  readonly roots?: readonly Der[]
}

const magic = 0xfeedfeed
const version = 2
const keyEntry = 1
const trustedEntry = 2

/** @returns a keystore with one key, under the store's own password; an alias is lower-case, or Java would not find it */
export function buildJks({ password, key, chain, alias, roots = [] }: JksRequest): Promise<Uint8Array> {
  const protectedKey = protectKey(key.toDer('PKCS8'), password)
  const entry = [
    uint32(keyEntry),
    javaText(alias.toLowerCase()),
    creationDate(chain[0]),
    uint32(protectedKey.length),
    protectedKey,
    uint32(chain.length),
    ...chain.flatMap(certificate),
  ]
  return Promise.resolve(store([Buffer.concat(entry), ...trustedEntries(roots)], password))
}

/** @returns a keystore in which every root is a trusted certificate, the first by the name `ca` */
export const buildJksTruststore = (request: {
  readonly password: SecretText
  readonly roots: readonly Der[]
}): Promise<Uint8Array> => Promise.resolve(store(trustedEntries(request.roots), request.password))

const trustedEntries = (roots: readonly Der[]): readonly Uint8Array[] =>
  roots.map((root, index) =>
    Buffer.concat([uint32(trustedEntry), javaText(aliasOf(index)), creationDate(root), ...certificate(root)]),
  )

function store(entries: readonly Uint8Array[], password: SecretText): Uint8Array {
  const content = Buffer.concat([uint32(magic), uint32(version), uint32(entries.length), ...entries])
  const digest = sha1(utf16(password), Buffer.from('Mighty Aphrodite'), content)
  return Buffer.concat([content, digest])
}

const jksKeyProtector = encodeSequence(encodeOid('1.3.6.1.4.1.42.2.17.1.1'), encodeElement(tags.null))
const digestLength = 20

/** `sun.security.provider.KeyProtector`: a key stream of SHA-1 digests, each of the password and the one before it. */
function protectKey(plain: Uint8Array, password: SecretText): Uint8Array {
  const secret = utf16(password)
  const salt = randomBytes(digestLength)
  const encrypted = Buffer.from(plain)
  let stream = salt
  for (let at = 0; at < encrypted.length; at += 1) {
    if (at % digestLength === 0) stream = sha1(secret, stream)
    encrypted[at] = (encrypted[at] ?? 0) ^ (stream[at % digestLength] ?? 0)
  }
  const protectedKey = Buffer.concat([salt, encrypted, sha1(secret, plain)])
  return encodeSequence(jksKeyProtector, encodeElement(tags.octetString, protectedKey))
}

const certificate = (der: Der): readonly Uint8Array[] => [javaText('X.509'), uint32(der.length), der]

/** When the certificate begins: equal input gives equal dates, and no clock is needed. */
function creationDate(der: Der | undefined): Uint8Array {
  const facts = der === undefined ? undefined : certificateFacts(der)
  const out = Buffer.alloc(8)
  out.writeBigInt64BE(BigInt(facts?.ok ? facts.value.notBefore : 0))
  return out
}

function uint32(value: number): Uint8Array {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(value)
  return out
}

/** Modified UTF-8: surrogates are encoded one by one, and NUL takes two octets. */
function javaText(text: string): Uint8Array {
  const octets = Array.from({ length: text.length }, (_, index) => modifiedUtf8(text.charCodeAt(index))).flat()
  const length = Buffer.alloc(2)
  length.writeUInt16BE(octets.length)
  return Buffer.concat([length, Uint8Array.from(octets)])
}

function modifiedUtf8(unit: number): readonly number[] {
  if (unit > 0 && unit < 0x80) return [unit]
  if (unit < 0x800) return [0xc0 | (unit >> 6), 0x80 | (unit & 0x3f)]
  return [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]
}

const utf16 = (password: SecretText): Uint8Array => Buffer.from(password.reveal(), 'utf16le').swap16()

function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
