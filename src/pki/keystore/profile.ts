/** The algorithms of PKCS#12 files, by the profiles of cert-manager.io/v1. */
import { createCipheriv, createHmac } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import type { SecretText } from '../../std/secret.ts'
import { encodeElement, encodeOid, encodeSequence, encodeUnsigned, tags } from '../der.ts'
import { randomBytes } from '../random.ts'
import { purposes, stretchPbkdf2, stretchPkcs12 } from './kdf.ts'
import { encryptRc2Cbc } from './rc2.ts'

export type Pkcs12Profile = 'LegacyRC2' | 'LegacyDES' | 'Modern2023' | 'Modern2026'

export interface Encrypted {
  /** AlgorithmIdentifier. */
  readonly algorithm: Der
  readonly ciphertext: Uint8Array
}

export type Encrypt = (plain: Uint8Array, password: SecretText) => Promise<Encrypted>

/** @returns MacData (RFC 7292 section 4) over the content */
export type Authenticate = (content: Uint8Array, password: SecretText) => Promise<Der>

export interface Protection {
  readonly encryptCertificates: Encrypt
  readonly encryptKey: Encrypt
  readonly authenticate: Authenticate
}

/** What readers of the old profiles use themselves; their key derivation runs on the main thread. */
const legacyIterations = 2048
/** Java's default. */
const modernIterations = 10_000
const saltLength = 16

export const octetString = (octets: Uint8Array): Der => encodeElement(tags.octetString, octets)
export const integer = (value: number): Der => encodeUnsigned(Uint8Array.of(value >> 16, value >> 8, value))
const encodedNull = encodeElement(tags.null)
const algorithm = (oid: string, parameters: Der = encodedNull): Der => encodeSequence(encodeOid(oid), parameters)

const hmacSha256 = algorithm('1.2.840.113549.2.9')

interface BlockCipher {
  readonly keyLength: number
  encrypt(plain: Uint8Array, key: Uint8Array, iv: Uint8Array): Uint8Array
}

const rc2: BlockCipher = {
  keyLength: 5,
  encrypt: (plain, octets, iv) => encryptRc2Cbc(plain, { octets, effectiveBits: 40 }, iv),
}
const tripleDes = nodeCipher('des-ede3-cbc', 24)
const aes256 = nodeCipher('aes-256-cbc', 32)

function nodeCipher(name: string, keyLength: number): BlockCipher {
  return {
    keyLength,
    encrypt: (plain, key, iv) => {
      const cipher = createCipheriv(name, key, iv)
      return Buffer.concat([cipher.update(plain), cipher.final()])
    },
  }
}

/** The password encryption of PKCS#12 (RFC 7292 appendix C). */
const pbePkcs12 =
  (oid: string, cipher: BlockCipher): Encrypt =>
  (plain, password) => {
    const salt = randomBytes(saltLength)
    const stretching = { hash: 'sha1' as const, salt, iterations: legacyIterations }
    const key = stretchPkcs12(password, purposes.key, { ...stretching, length: cipher.keyLength })
    const iv = stretchPkcs12(password, purposes.iv, { ...stretching, length: 8 })
    const parameters = encodeSequence(octetString(salt), integer(legacyIterations))
    return Promise.resolve({ algorithm: algorithm(oid, parameters), ciphertext: cipher.encrypt(plain, key, iv) })
  }

/** PBES2 (RFC 8018 section 6.2) with PBKDF2, HMAC-SHA-256 and AES-256 in CBC mode. */
const pbes2: Encrypt = async (plain, password) => {
  const salt = randomBytes(saltLength)
  const iv = randomBytes(16)
  const key = await stretchPbkdf2(password, { hash: 'sha256', salt, iterations: modernIterations, length: 32 })
  const derivation = encodeSequence(octetString(salt), integer(modernIterations), hmacSha256)
  const parameters = encodeSequence(
    algorithm('1.2.840.113549.1.5.12', derivation),
    algorithm('2.16.840.1.101.3.4.1.42', octetString(iv)),
  )
  return {
    algorithm: algorithm('1.2.840.113549.1.5.13', parameters),
    ciphertext: aes256.encrypt(plain, key, iv),
  }
}

/** RFC 7292 appendix A: an HMAC whose key is as long as its hash. */
const macPkcs12 =
  (hash: 'sha1' | 'sha256', { oid, length }: { readonly oid: string; readonly length: number }): Authenticate =>
  (content, password) => {
    const salt = randomBytes(saltLength)
    const key = stretchPkcs12(password, purposes.mac, { hash, salt, iterations: legacyIterations, length })
    const mac = createHmac(hash, key).update(content).digest()
    return Promise.resolve(macData({ algorithm: algorithm(oid), mac, salt, iterations: legacyIterations }))
  }

/** PBMAC1 (RFC 9579): salt and iterations of MacData have no meaning and are filled as section 5 advises. */
const pbmac1: Authenticate = async (content, password) => {
  const salt = randomBytes(saltLength)
  const length = 32
  const key = await stretchPbkdf2(password, { hash: 'sha256', salt, iterations: modernIterations, length })
  const derivation = encodeSequence(octetString(salt), integer(modernIterations), integer(length), hmacSha256)
  const parameters = encodeSequence(algorithm('1.2.840.113549.1.5.12', derivation), hmacSha256)
  return macData({
    algorithm: algorithm('1.2.840.113549.1.5.14', parameters),
    mac: createHmac('sha256', key).update(content).digest(),
    salt: Buffer.from('NOT USED'),
    iterations: 1,
  })
}

const macData = (parts: {
  readonly algorithm: Der
  readonly mac: Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
}): Der =>
  encodeSequence(
    encodeSequence(parts.algorithm, octetString(parts.mac)),
    octetString(parts.salt),
    integer(parts.iterations),
  )

const pbeTripleDes = pbePkcs12('1.2.840.113549.1.12.1.3', tripleDes)
const pbeRc2 = pbePkcs12('1.2.840.113549.1.12.1.6', rc2)
const macSha1 = macPkcs12('sha1', { oid: '1.3.14.3.2.26', length: 20 })
const macSha256 = macPkcs12('sha256', { oid: '2.16.840.1.101.3.4.2.1', length: 32 })

export const protections: Readonly<Record<Pkcs12Profile, Protection>> = {
  LegacyRC2: { encryptCertificates: pbeRc2, encryptKey: pbeTripleDes, authenticate: macSha1 },
  LegacyDES: { encryptCertificates: pbeTripleDes, encryptKey: pbeTripleDes, authenticate: macSha1 },
  Modern2023: { encryptCertificates: pbes2, encryptKey: pbes2, authenticate: macSha256 },
  Modern2026: { encryptCertificates: pbes2, encryptKey: pbes2, authenticate: pbmac1 },
}
