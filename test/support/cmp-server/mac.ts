/** Protection by a shared secret: PasswordBasedMac (RFC 4211 section 4.4) and PBMAC1 (RFC 8018 section 7.1). */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { encodeSequence } from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { algorithmOf, identifier, inside, integer, none, numberOf, octets } from './asn1.ts'

export const macOids = { pbm: '1.2.840.113533.7.66.13', pbmac1: '1.2.840.113549.1.5.14' }
const pbkdf2 = '1.2.840.113549.1.5.12'

const macs: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.8.1.2': 'sha1',
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

export const hashes: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** More than any test wants, and less than would stop the process. */
const mostIterations = 1_000_000

/** @returns the MAC under an algorithm; undefined for one that this server does not know */
export function macOf(algorithm: DerElement | undefined, secret: string, data: Uint8Array): Uint8Array | undefined {
  const [, parameters] = inside(algorithm)
  switch (algorithmOf(algorithm)) {
    case macOids.pbm:
      return passwordMac(inside(parameters), secret, data)
    case macOids.pbmac1:
      return pbmac1(inside(parameters), secret, data)
    default:
      return undefined
  }
}

function passwordMac(fields: readonly DerElement[], secret: string, data: Uint8Array): Uint8Array | undefined {
  const [salt, owf, iterations, mac] = fields
  const [hash, hmac] = [hashes[algorithmOf(owf)], macs[algorithmOf(mac)]]
  const count = numberOf(iterations)
  if (salt === undefined || hash === undefined || hmac === undefined || !(count > 0 && count <= mostIterations))
    return undefined
  let key: Uint8Array = Buffer.concat([Buffer.from(secret), salt.content])
  for (let round = 0; round < count; round += 1) key = createHash(hash).update(key).digest()
  return createHmac(hmac, key).update(data).digest()
}

function pbmac1([derivation, scheme]: readonly DerElement[], secret: string, data: Uint8Array): Uint8Array | undefined {
  const [salt, iterations, ...rest] = inside(inside(derivation)[1])
  const prf = macs[algorithmOf(rest.at(-1))] ?? 'sha1'
  const hmac = macs[algorithmOf(scheme)]
  const count = numberOf(iterations)
  if (algorithmOf(derivation) !== pbkdf2 || salt === undefined || hmac === undefined) return undefined
  if (!(count > 0 && count <= mostIterations)) return undefined
  const stated = numberOf(rest[0])
  const length = Number.isNaN(stated) ? createHash(hmac).digest().length : stated
  return createHmac(hmac, pbkdf2Sync(secret, salt.content, count, length, prf))
    .update(data)
    .digest()
}

export interface MacChoice {
  readonly kind: 'pbm' | 'pbmac1'
  readonly iterations?: number
  /** For the one-way function or the derivation. */
  readonly hash?: 'sha1' | 'sha256' | 'sha384' | 'sha512'
  readonly mac?: 'sha1' | 'sha256' | 'sha384' | 'sha512'
  /** Octets. */
  readonly saltLength?: number
}

const oidFor = (table: Readonly<Record<string, string>>, name: string): string =>
  Object.entries(table).findLast(([, value]) => value === name)?.[0] ?? ''

/** @returns an AlgorithmIdentifier with a salt of its own */
export function macIdentifier(choice: MacChoice): Der {
  const { kind, iterations = 1000, hash = 'sha256', mac = 'sha256', saltLength = 16 } = choice
  const salt = octets(randomBytes(saltLength))
  const macId = identifier(oidFor(macs, mac), none)
  if (kind === 'pbm') {
    const owf = identifier(oidFor(hashes, hash), none)
    return identifier(macOids.pbm, encodeSequence(salt, owf, integer(iterations), macId))
  }
  const length = createHash(mac).digest().length
  const prf = identifier(oidFor(macs, hash), none)
  const derived = encodeSequence(salt, integer(iterations), integer(length), prf)
  return identifier(macOids.pbmac1, encodeSequence(identifier(pbkdf2, derived), macId))
}

/** @returns the same kind of MAC that a request has, so that its sender can read it */
export function macAs(algorithm: DerElement): MacChoice {
  const [first, second, , last] = inside(inside(algorithm)[1])
  if (algorithmOf(algorithm) === macOids.pbm) {
    const [hash, mac] = [hashes[algorithmOf(second)], macs[algorithmOf(last)]]
    return { kind: 'pbm', hash: nameOf(hash), mac: nameOf(mac) }
  }
  const prf = macs[algorithmOf(inside(inside(first)[1]).at(-1))]
  return { kind: 'pbmac1', hash: nameOf(prf), mac: nameOf(macs[algorithmOf(second)]) }
}

const nameOf = (name: string | undefined): NonNullable<MacChoice['hash']> =>
  name === 'sha1' || name === 'sha384' || name === 'sha512' ? name : 'sha256'
