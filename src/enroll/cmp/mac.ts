/** Protection by a shared secret: PBM (RFC 9810 section 5.1.3.1) and PBMAC1 (RFC 8018 section 7.1, RFC 9481 section 6.1). */
import { createHmac, hash as hashOnce, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { hashOf, nodeHash } from '../../pki/cms/algorithms.ts'
import { encodeElement, encodeOid, encodeSequence, tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import { randomBytes } from '../../pki/random.ts'
import { childrenOf, Malformed, readOid } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import type { SecretText } from '../../std/secret.ts'
import { encodeInteger, integerOf } from './values.ts'

export type MacAlgorithm = 'PBM' | 'PBMAC1'

/** Hashes that a MAC of ours may be made with; the last only for CAs that know no other. */
export type MacHash = 'SHA-256' | 'SHA-512' | 'SHA-1'

const oids = {
  pbm: '1.2.840.113533.7.66.13',
  pbmac1: '1.2.840.113549.1.5.14',
  pbkdf2: '1.2.840.113549.1.5.12',
} as const

const owfs: Readonly<Record<MacHash, string>> = {
  'SHA-1': '1.3.14.3.2.26',
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
}

const hmacs: Readonly<Record<MacHash, string>> = {
  // id-hmacWithSHA1 of RFC 8018 is another one than the HMAC of RFC 2104 in PKIX; CAs of old know only this.
  'SHA-1': '1.3.6.1.5.5.8.1.2',
  'SHA-256': '1.2.840.113549.2.9',
  'SHA-512': '1.2.840.113549.2.11',
}

const hmacNames: ReadonlyMap<string, string> = new Map([
  ['1.3.6.1.5.5.8.1.2', 'sha1'],
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
])

/**
 * What a message may cost us, which is less than a tenth of a second: RFC 9810 section 8.5 speaks of attacks by a huge count. PBM
 * hashes step by step; PBKDF2 repeats its iterations for each block of the key.
 */
export const mostIterations = { PBM: 50_000, PBMAC1: 200_000 } as const
/** PBM hashes step by step, which costs a hundred times what PBKDF2 costs; secrets for it are made by machines, and used once. */
const ownIterations: Readonly<Record<MacAlgorithm, number>> = { PBM: 1000, PBMAC1: 10_000 }

/** A way to compute one message's MAC, with the AlgorithmIdentifier that says so. */
export interface Mac {
  /** AlgorithmIdentifier, DER. */
  readonly identifier: Der
  /** In words, for example `PBM, SHA-256, 10000 iterations`. */
  readonly words: string
  compute(data: Uint8Array): Uint8Array
}

export interface MacWish {
  readonly algorithm: MacAlgorithm
  readonly hash: MacHash
}

/** @returns a MAC with a salt of its own */
export function freshMac({ algorithm, hash }: MacWish, secret: SecretText): Mac {
  const salt = encodeElement(tags.octetString, randomBytes(16))
  const count = encodeInteger(ownIterations[algorithm])
  const hmac = algorithmIdentifier(hmacs[hash])
  const identifier =
    algorithm === 'PBM'
      ? algorithmIdentifier(oids.pbm, encodeSequence(salt, algorithmIdentifier(owfs[hash]), count, hmac))
      : algorithmIdentifier(
          oids.pbmac1,
          encodeSequence(
            algorithmIdentifier(oids.pbkdf2, encodeSequence(salt, count, encodeInteger(32), prfOf(hash))),
            hmac,
          ),
        )
  return macOf(elementOf(identifier), secret)
}

/** RFC 8018 section B.1.2: the functions of PBKDF2 have NULL for parameters. */
const prfOf = (hash: MacHash): Der =>
  algorithmIdentifier(hash === 'SHA-1' ? '1.2.840.113549.2.7' : hmacs[hash], encodeElement(tags.null))

const algorithmIdentifier = (oid: string, parameters?: Uint8Array): Der =>
  encodeSequence(encodeOid(oid), ...(parameters === undefined ? [] : [parameters]))

function elementOf(encoded: Der): DerElement {
  const [element] = childrenOf({ tag: tags.sequence, content: encoded, encoded }, 'algorithm')
  if (element === undefined) throw new Malformed('it has no algorithm')
  return element
}

/** @returns whether an AlgorithmIdentifier names a MAC by a shared secret */
export function isMac(identifier: DerElement): boolean {
  const oid = readOid(childrenOf(identifier, 'protection algorithm')[0], 'protection algorithm')
  return oid === oids.pbm || oid === oids.pbmac1
}

/**
 * @param identifier - as a message has it
 * @throws Malformed for parameters that cannot be read, are not known, or would cost too much
 */
export function macOf(identifier: DerElement, secret: SecretText): Mac {
  const [id, parameters] = childrenOf(identifier, 'protection algorithm')
  const oid = readOid(id, 'protection algorithm')
  const derived = oid === oids.pbm ? pbmKey(parameters, secret) : pbmac1Key(parameters, secret)
  const { key, hmac, iterations } = derived
  return {
    identifier: identifier.encoded,
    words: `${oid === oids.pbm ? 'PBM' : 'PBMAC1'}, HMAC-${hmac.toUpperCase().replace('SHA', 'SHA-')}, ${iterations} iterations`,
    compute: (data) => createHmac(hmac, key).update(data).digest(),
  }
}

interface Derived {
  readonly key: Uint8Array
  /** As node:crypto names it. */
  readonly hmac: string
  readonly iterations: number
}

function pbmKey(parameters: DerElement | undefined, secret: SecretText): Derived {
  const [salt, owf, count, mac] = childrenOf(parameters, 'PBM parameters')
  const hash = hashOf(readOid(childrenOf(owf, 'PBM parameters')[0], 'PBM parameters'))
  const iterations = iterationsOf(count, mostIterations.PBM)
  if (salt?.tag !== tags.octetString || hash === undefined || hash === 'MD5')
    throw new Malformed('its PBM parameters name a hash that is not known')
  let key: Uint8Array = hashOnce(nodeHash(hash), Buffer.concat([Buffer.from(secret.reveal()), salt.content]), 'buffer')
  for (let round = 1; round < iterations; round += 1) key = hashOnce(nodeHash(hash), key, 'buffer')
  return { key, hmac: hmacOf(mac), iterations }
}

function pbmac1Key(parameters: DerElement | undefined, secret: SecretText): Derived {
  const [derivation, scheme] = childrenOf(parameters, 'PBMAC1 parameters')
  const [id, inner] = childrenOf(derivation, 'PBMAC1 parameters')
  const oid = readOid(id, 'PBMAC1 parameters')
  if (oid !== oids.pbkdf2) throw new Malformed(`its key is derived with ${oid}, which is not known`)
  const [salt, count, ...rest] = childrenOf(inner, 'PBMAC1 parameters')
  const iterations = iterationsOf(count, mostIterations.PBMAC1)
  const length = rest.find(({ tag }) => tag === tags.integer)
  const prf = rest.find(({ tag }) => tag === tags.sequence)
  const hmac = hmacOf(scheme)
  const octets = length === undefined ? hashOnce(hmac, '', 'buffer').length : integerOf(length, 'key length')
  if (salt?.tag !== tags.octetString || octets < 1 || octets > 256)
    throw new Malformed('its PBMAC1 parameters cannot be used')
  const prfName = prf === undefined ? 'sha1' : hmacOf(prf)
  const blocks = Math.ceil(octets / hashOnce(prfName, '', 'buffer').length)
  if (iterations * blocks > mostIterations.PBMAC1)
    throw new Malformed(
      `its MAC asks for ${iterations} iterations for each of ${blocks} blocks of a key, which are too many`,
    )
  return { key: pbkdf2Sync(secret.reveal(), salt.content, iterations, octets, prfName), hmac, iterations }
}

function hmacOf(identifier: DerElement | undefined): string {
  const oid = readOid(childrenOf(identifier, 'MAC')[0], 'MAC')
  const name = hmacNames.get(oid)
  if (name === undefined) throw new Malformed(`its MAC ${oid} is not known`)
  return name
}

function iterationsOf(element: DerElement | undefined, most: number): number {
  const iterations = integerOf(element, 'count of iterations')
  if (iterations < 1 || iterations > most)
    throw new Malformed(`its MAC asks for ${iterations} iterations, and at most ${most} are made`)
  return iterations
}

/** In constant time. */
export const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)
