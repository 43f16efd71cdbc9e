/** Protection of messages, as the server checks and makes it (RFC 9810 section 5.1.3). */
import { createHash, createHmac, pbkdf2Sync, verify, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { encodeSequence } from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import { readOid } from '../../../src/pki/readder.ts'
import { signatureFor } from '../../../src/pki/signature.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { CaMaterial } from '../ca-material.ts'
import { algorithm, inside, integer, numberIn, octets } from './wire.ts'
import type { Message } from './wire.ts'

export type Holder = Pick<CaMaterial, 'certificate' | 'key'>

const oids = { pbm: '1.2.840.113533.7.66.13', pbmac1: '1.2.840.113549.1.5.14', hmacSha256: '1.2.840.113549.2.9' }

const hmacs: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.8.1.2': 'sha1',
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.11': 'sha512',
}

const owfs: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

const oidOf = (identifier: DerElement | undefined): string => readOid(inside(identifier)[0], 'algorithm')

/** @returns the MAC of data as the identifier says; undefined where it names none */
export function macOf(identifier: DerElement, secret: string, data: Uint8Array): Uint8Array | undefined {
  const [, parameters] = inside(identifier)
  if (oidOf(identifier) === oids.pbm) return pbmOf(parameters, secret, data)
  if (oidOf(identifier) !== oids.pbmac1) return undefined
  const [derivation, scheme] = inside(parameters)
  const [salt, count, length, prf] = inside(inside(derivation)[1])
  const prfName = hmacs[oidOf(prf)] ?? 'none'
  const key = pbkdf2Sync(secret, salt?.content ?? new Uint8Array(), numberIn(count), numberIn(length), prfName)
  return hmac(scheme, key, data)
}

function pbmOf(parameters: DerElement | undefined, secret: string, data: Uint8Array): Uint8Array {
  const [salt, owf, count, mac] = inside(parameters)
  const hash = owfs[oidOf(owf)] ?? 'none'
  const start = Buffer.concat([Buffer.from(secret), salt?.content ?? new Uint8Array()])
  let key = createHash(hash).update(start).digest()
  for (let round = 1; round < numberIn(count); round += 1) key = createHash(hash).update(key).digest()
  return hmac(mac, key, data)
}

const hmac = (identifier: DerElement | undefined, key: Uint8Array, data: Uint8Array): Uint8Array =>
  createHmac(hmacs[oidOf(identifier)] ?? 'none', key)
    .update(data)
    .digest()

export const isMac = (identifier: DerElement | undefined): boolean =>
  identifier !== undefined && [oids.pbm, oids.pbmac1].includes(oidOf(identifier))

/** PBM with SHA-256, as most servers answer. */
export const pbm = (salt: Uint8Array, iterations: number): Der =>
  algorithm(
    oids.pbm,
    encodeSequence(octets(salt), algorithm('2.16.840.1.101.3.4.2.1'), integer(iterations), algorithm(oids.hmacSha256)),
  )

/** @returns who signed, by its certificate; undefined where the signature does not hold */
export function signerOf({ protectionAlg, protection, protectedPart, extraCerts }: Message): Der | undefined {
  const [certificate] = extraCerts
  if (certificate === undefined || protectionAlg === undefined || protection === undefined) return undefined
  const key = new X509Certificate(certificate).publicKey
  return isSigned(protectionAlg, { data: protectedPart, signature: protection, key }) ? certificate : undefined
}

const hashes: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
}

export function isSigned(
  identifier: DerElement,
  signed: { readonly data: Uint8Array; readonly signature: Uint8Array; readonly key: KeyObject },
): boolean {
  const hash = hashes[oidOf(identifier)]
  return hash !== undefined && verify(hash, signed.data, signed.key, signed.signature)
}

/** How a reply is protected. */
export interface Seal {
  /** AlgorithmIdentifier, DER. */
  readonly identifier: Der
  seal(data: Uint8Array): Promise<Uint8Array>
}

export function sealBySignature({ key }: Holder): Seal {
  const { hash, identifier } = signatureFor(key.shape)
  return { identifier, seal: (data) => key.sign(data, hash) }
}
