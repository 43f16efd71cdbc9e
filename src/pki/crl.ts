/** Certificate revocation lists (RFC 5280 section 5): making one, and reading back what this code has made. */
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { Instant } from '../std/time.ts'
import { identifierOf } from './cms/identifier.ts'
import { encodeBits, encodeElement, encodeSequence, encodeTime, encodeUnsigned, tags } from './der.ts'
import type { DerElement } from './der.ts'
import { extensionIds, extensionType } from './extensions.ts'
import { Malformed, childrenOf, extensionValues, hexOf, onlyChild, readTime, reading } from './readder.ts'
import { signatureFor } from './signature.ts'
import type { Signer } from './signer.ts'

export interface RevokedCertificate {
  /** The INTEGER as it stands in the certificate, DER. */
  readonly serialNumber: Der
  readonly revokedAt: Instant
  /** CRLReason (RFC 5280 section 5.3.1); 0 is unspecified, which is not written. */
  readonly reason: number
}

export interface RevocationList {
  /** Rises with every list (section 5.2.3). */
  readonly number: bigint
  readonly thisUpdate: Instant
  readonly nextUpdate: Instant
  readonly revoked: readonly RevokedCertificate[]
}

const version2 = encodeUnsigned(Uint8Array.of(1))
const crlNumber = extensionType('cRLNumber')
const reasonCode = extensionType('reasonCode')
const enumerated = 0x0a

/**
 * Signs a list (RFC 5280 section 5.1).
 *
 * @param signer - the CA; what it certified is what it revokes
 * @returns the CRL, version 2, DER
 */
export async function issueRevocationList(list: RevocationList, signer: Signer): Promise<Der> {
  const { hash, identifier } = signatureFor(signer.key.shape, undefined)
  const number = crlNumber.plain(encodeUnsigned(octetsOf(list.number)))
  const body = encodeSequence(
    version2,
    identifier,
    signer.name,
    encodeTime(list.thisUpdate),
    encodeTime(list.nextUpdate),
    // An empty list must be absent (section 5.1.2.6).
    ...(list.revoked.length === 0 ? [] : [encodeSequence(...list.revoked.map(encodeEntry))]),
    encodeElement(0xa0, encodeSequence(...signer.authority, number)),
  )
  return encodeSequence(body, identifier, encodeBits(await signer.key.sign(body, hash)))
}

function encodeEntry({ serialNumber, revokedAt, reason }: RevokedCertificate): Der {
  const why = reasonCode.plain(encodeElement(enumerated, Uint8Array.of(reason)))
  return encodeSequence(serialNumber, encodeTime(revokedAt), ...(reason === 0 ? [] : [encodeSequence(why)]))
}

function octetsOf(number: bigint): Uint8Array {
  const hex = number.toString(16)
  return Uint8Array.from(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'))
}

/**
 * Reads a list. Its signature is not checked: whoever can write where it lies holds the CA's key as well.
 *
 * @param bytes - DER
 * @returns the list, or what is wrong with it. Never throws
 */
export function readRevocationList(bytes: Uint8Array): Result<RevocationList, string> {
  return reading(() => {
    const [body] = childrenOf(onlyChild(bytes, 'encoding'), 'encoding')
    const [version, , , thisUpdate, nextUpdate, ...rest] = childrenOf(body, 'body')
    if (version?.tag !== tags.integer) return err('it is no CRL of version 2')
    const entries = rest.find(({ tag }) => tag === tags.sequence)
    const extensions = rest.find(({ tag }) => tag === 0xa0)
    const number = extensions && extensionValues(extensions).get(extensionIds.cRLNumber)
    if (number === undefined) return err('it has no number')
    return ok({
      number: numberOf(onlyChild(number, 'number')),
      thisUpdate: readTime(thisUpdate, 'thisUpdate'),
      nextUpdate: readTime(nextUpdate, 'nextUpdate'),
      revoked: entries === undefined ? [] : childrenOf(entries, 'list').map(readEntry),
    })
  })
}

/** CRLNumber, at most 20 octets (RFC 5280 section 5.2.3). */
function numberOf({ tag, content }: DerElement): bigint {
  if (tag !== tags.integer || content.length === 0 || content.length > 20 || (content[0] ?? 0) >= 0x80)
    throw new Malformed('its number is none')
  return BigInt(`0x${hexOf(content)}`)
}

function readEntry(entry: DerElement): RevokedCertificate {
  const [serialNumber, revokedAt, extensions] = childrenOf(entry, 'list')
  if (serialNumber?.tag !== tags.integer) throw new Malformed('an entry has no serial number')
  return {
    serialNumber: serialNumber.encoded,
    revokedAt: readTime(revokedAt, 'revocation date'),
    reason: extensions === undefined ? 0 : reasonOf(extensions),
  }
}

function reasonOf(extensions: DerElement): number {
  for (const extension of childrenOf(extensions, 'entry')) {
    const value = childrenOf(extension, 'entry').at(-1)
    const inner = value?.tag === tags.octetString ? onlyChild(value.content, 'reason') : undefined
    if (inner?.tag === enumerated) return inner.content[0] ?? 0
  }
  return 0
}

/** @returns how the certificate is named in a list; undefined for what is no certificate */
export function revocationName(certificate: Der): { readonly issuer: Der; readonly serialNumber: Der } | undefined {
  try {
    return identifierOf(certificate)
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}
