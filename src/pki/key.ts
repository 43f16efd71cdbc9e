/** Private keys: made, read and used here; written as PEM or DER for Secrets and nowhere else. */
import { createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyFacts } from '../domain/facts.ts'
import type { KeyEncoding, KeyShape } from '../domain/wanted.ts'
import { asDer, asPem } from '../std/bytes.ts'
import type { Der, Pem } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { sharedText } from '../std/shared.ts'
import { sha256Hex } from './hash.ts'
import { pemLimits, readPemBlocks } from './pem.ts'
import type { PemBlock } from './pem.ts'
import { ecPublicKeyInfo, publicPartOf } from './publicpart.ts'
import { Turns } from './turns.ts'

export type HashName = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'

/** A private key in memory: a handle to sign with, and its public half. Prints as `[private key]`. */
export interface PrivateKey {
  readonly shape: KeyShape
  /** Node's handle, for protocols that need more than a signature. */
  readonly keyObject: KeyObject
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Der
  /** Lower-case hex SHA-256 of {@link PrivateKey.publicKey}. */
  readonly publicKeyHash: string
  /**
   * Signs; on the thread pool where it takes longer than the way there and back.
   *
   * @param data - the bytes to sign
   * @param hash - ignored for Ed25519
   * @returns the signature; ECDSA as DER (X.509 form), RSA as PKCS#1 v1.5
   */
  sign(data: Uint8Array, hash: HashName): Promise<Uint8Array>
  /** @param encoding - PKCS1 means SEC 1 (RFC 5915) for ECDSA; Ed25519 has only PKCS8 (RFC 8410 section 7) */
  toPem(encoding: KeyEncoding): Pem
  /** As {@link PrivateKey.toPem}, without the armour. */
  toDer(encoding: KeyEncoding): Der
  toString(): string
}

const inspect = Symbol.for('nodejs.util.inspect.custom')
const hidden = '[private key]'

class HeldKey implements PrivateKey {
  readonly shape: KeyShape
  readonly publicKey: Der
  readonly publicKeyHash: string
  readonly #keyObject: KeyObject

  constructor(keyObject: KeyObject, shape: KeyShape) {
    this.#keyObject = keyObject
    this.shape = shape
    this.publicKey = publicKeyInfo(keyObject, shape)
    this.publicKeyHash = sharedText(sha256Hex(this.publicKey))
  }

  get keyObject(): KeyObject {
    return this.#keyObject
  }

  sign(data: Uint8Array, hash: HashName): Promise<Uint8Array> {
    const digest = this.shape.algorithm === 'Ed25519' ? null : hash.replace('-', '')
    return new Promise((resolve, reject) => {
      if (this.shape.algorithm !== 'RSA' && this.shape.size <= 256) return resolve(sign(digest, data, this.#keyObject))
      sign(digest, data, this.#keyObject, (error, signature) => (error === null ? resolve(signature) : reject(error)))
    })
  }

  toPem(encoding: KeyEncoding): Pem {
    return asPem(String(this.#keyObject.export({ type: exportType(this.shape, encoding), format: 'pem' })))
  }

  toDer(encoding: KeyEncoding): Der {
    return asDer(this.#keyObject.export({ type: exportType(this.shape, encoding), format: 'der' }))
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [inspect](): string {
    return hidden
  }
}

/** OpenSSL 3.0 takes a quarter of a millisecond to encode what two coordinates say in a tenth of that. */
function publicKeyInfo(keyObject: KeyObject, { algorithm, size }: KeyShape): Der {
  const key = createPublicKey(keyObject)
  if (algorithm !== 'ECDSA') return asDer(key.export({ type: 'spki', format: 'der' }))
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return ecPublicKeyInfo(size, { x: Buffer.from(x, 'base64url'), y: Buffer.from(y, 'base64url') })
}

function exportType({ algorithm }: KeyShape, encoding: KeyEncoding): 'pkcs1' | 'sec1' | 'pkcs8' {
  if (encoding === 'PKCS8' || algorithm === 'Ed25519') return 'pkcs8'
  return algorithm === 'RSA' ? 'pkcs1' : 'sec1'
}

const makePair = promisify(generateKeyPair)

/** Finding an RSA key of 4096 bits takes a second or so, one of 8192 bits may take a minute; other keys take no time. */
const rsaTurns = new Turns({ all: 2, heavy: 1 })
const heaviestLight = 4096

const curveNames: Readonly<Record<number, string>> = { 256: 'P-256', 384: 'P-384', 521: 'P-521' }

/**
 * Makes a key on the thread pool. Keys that take long wait for each other, so that they never take the whole pool.
 *
 * @param shape - of the key wanted
 * @throws Error when the shape is outside what {@link KeyShape} says; specs are checked before
 */
export async function generateKey(shape: KeyShape): Promise<PrivateKey> {
  const { privateKey } = await makeKeyObject(shape)
  return new HeldKey(privateKey, shape)
}

function makeKeyObject({ algorithm, size }: KeyShape): Promise<{ readonly privateKey: KeyObject }> {
  switch (algorithm) {
    case 'RSA': {
      if (!(size >= 2048 && size <= 8192)) throw new Error(`an RSA key of ${size} bits cannot be asked for`)
      const weight = size > heaviestLight ? 'heavy' : 'light'
      return rsaTurns.take(weight, () => makePair('rsa', { modulusLength: size }))
    }
    case 'ECDSA': {
      const namedCurve = curveNames[size]
      if (namedCurve === undefined) throw new Error(`an ECDSA key of ${size} bits cannot be asked for`)
      return makePair('ec', { namedCurve })
    }
    case 'Ed25519':
      return makePair('ed25519', {})
  }
}

/**
 * Reads a private key that is not encrypted.
 *
 * @param text - PEM in PKCS#8, PKCS#1 or SEC 1; what stands around the first private key is passed over
 * @returns the key, or a clause that says why it cannot be used; never anything of the key
 */
export function readPrivateKey(text: string): Result<PrivateKey, string> {
  const block = findKeyBlock(text)
  return block.ok ? openBlock(block.value) : block
}

/** @param text - see {@link readPrivateKey} */
export function keyFacts(text: string): Result<KeyFacts, string> {
  const block = findKeyBlock(text)
  if (!block.ok) return block
  const { label, der } = block.value
  const encoding = label === 'PRIVATE KEY' ? 'PKCS8' : 'PKCS1'
  const beside = publicPartOf(label, der)
  if (beside !== undefined)
    return ok({ shape: beside.shape, encoding, publicKeyHash: sharedText(sha256Hex(beside.publicKey)) })
  const key = openBlock(block.value)
  if (!key.ok) return key
  return ok({ shape: key.value.shape, encoding, publicKeyHash: key.value.publicKeyHash })
}

const keyTypes: Readonly<Record<string, 'pkcs1' | 'sec1' | 'pkcs8'>> = {
  'PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
}

const keyLabels: ReadonlySet<string> = new Set(Object.keys(keyTypes))

function findKeyBlock(text: string): Result<PemBlock, string> {
  // RFC 1421 section 4.6.1.1: the old way to encrypt leaves the label as it is
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m.test(text.slice(0, pemLimits.key)))
    return err('the private key is encrypted; store it without a passphrase')
  const blocks = readPemBlocks(text, { labels: keyLabels, limit: pemLimits.key })
  if (!blocks.ok) return blocks
  const [first] = blocks.value
  return first === undefined ? err(`it has no PEM block "${[...keyLabels].join('" or "')}"`) : ok(first)
}

function openBlock({ label, der }: PemBlock): Result<PrivateKey, string> {
  try {
    const keyObject = createPrivateKey({ key: Buffer.from(der), format: 'der', type: keyTypes[label] ?? 'pkcs8' })
    // OpenSSL 3.5 looks past the type it is told, and reads any key under any label.
    if (!fitsLabel(keyObject, label)) throw new Error('label and key disagree')
    const shape = shapeOf(keyObject)
    return shape.ok ? ok(new HeldKey(keyObject, shape.value)) : shape
  } catch {
    // what OpenSSL says of broken keys is of no use to a person
    return err(`the PEM block "${label}" is not a private key that can be read; it may be damaged`)
  }
}

function fitsLabel({ asymmetricKeyType }: KeyObject, label: string): boolean {
  if (label === 'RSA PRIVATE KEY') return asymmetricKeyType === 'rsa'
  return label !== 'EC PRIVATE KEY' || asymmetricKeyType === 'ec'
}

const curveSizes: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 }

function shapeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Result<KeyShape, string> {
  switch (asymmetricKeyType) {
    case 'rsa':
      return ok({ algorithm: 'RSA', size: asymmetricKeyDetails?.modulusLength ?? 0 })
    case 'ec': {
      const curve = asymmetricKeyDetails?.namedCurve ?? 'unnamed'
      const size = curveSizes[curve]
      return size === undefined
        ? err(`the key is on the curve ${curve}; P-256, P-384 and P-521 can be used`)
        : ok({ algorithm: 'ECDSA', size })
    }
    case 'ed25519':
      return ok({ algorithm: 'Ed25519', size: 0 })
    default:
      return err(`the key is of type ${String(asymmetricKeyType)}; RSA, ECDSA and Ed25519 can be used`)
  }
}
