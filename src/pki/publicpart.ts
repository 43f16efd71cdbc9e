/**
 * The public key that lies beside the private one in most encodings of it, without asking OpenSSL: every Secret is read when it
 * arrives, and having OpenSSL 3.0 open a key takes ten times as long.
 */
import type { KeyShape } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { encodeBits, encodeElement, encodeOid, encodeSequence, encodeUnsigned, tags } from './der.ts'
import type { DerElement } from './der.ts'
import { childrenOf, Malformed, onlyChild, readOid } from './readder.ts'

export interface PublicPart {
  readonly shape: KeyShape
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Der
}

const rsaEncryption = '1.2.840.113549.1.1.1'
const ecPublicKey = '1.2.840.10045.2.1'

/** Curves with the octets of a coordinate. */
const curves: ReadonlyMap<string, { readonly size: number; readonly octets: number }> = new Map([
  ['1.2.840.10045.3.1.7', { size: 256, octets: 32 }],
  ['1.3.132.0.34', { size: 384, octets: 48 }],
  ['1.3.132.0.35', { size: 521, octets: 66 }],
])

/** As keys are wrapped: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 appendix A.1.2), SEC 1 (RFC 5915). */
const readers: Readonly<Record<string, (der: Der) => PublicPart | undefined>> = {
  'PRIVATE KEY': wrapped,
  'RSA PRIVATE KEY': (der) => rsa(der),
  'EC PRIVATE KEY': (der) => ec(der, undefined),
}

/**
 * @param label - of the PEM block
 * @returns undefined where the public key does not lie beside the private one as it usually does: that says nothing of the key
 */
export function publicPartOf(label: string, der: Der): PublicPart | undefined {
  try {
    return readers[label]?.(der)
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

const what = 'private key'

function wrapped(der: Der): PublicPart | undefined {
  const [version, algorithm, key] = childrenOf(onlyChild(der, what), what)
  if (!isNumber(version, 0) || algorithm?.tag !== tags.sequence || key?.tag !== tags.octetString) return undefined
  const [id, parameters] = childrenOf(algorithm, what)
  switch (readOid(id, what)) {
    case rsaEncryption:
      return rsa(key.content)
    case ecPublicKey:
      return parameters?.tag === tags.oid ? ec(key.content, parameters) : undefined
    default:
      return undefined
  }
}

/** Version, modulus, public exponent, and six numbers more. */
function rsa(der: Uint8Array): PublicPart | undefined {
  const numbers = childrenOf(onlyChild(der, what), what)
  const [version, modulus, exponent] = numbers
  if (numbers.length !== 9 || !isNumber(version, 0) || numbers.some(({ tag }) => tag !== tags.integer)) return undefined
  const n = magnitude(modulus)
  const e = magnitude(exponent)
  const size = n.length * 8 - Math.clz32(n[0] ?? 0) + 24
  if (n.length === 0 || e.length === 0) return undefined
  const algorithm = encodeSequence(encodeOid(rsaEncryption), encodeElement(tags.null))
  const key = encodeSequence(encodeUnsigned(n), encodeUnsigned(e))
  return { shape: { algorithm: 'RSA', size }, publicKey: encodeSequence(algorithm, encodeBits(key)) }
}

const explicitParameters = 0xa0
const explicitPublicKey = 0xa1
const uncompressed = 4

/** @param known - the curve, where it is named outside */
function ec(der: Uint8Array, known: DerElement | undefined): PublicPart | undefined {
  const [version, secret, ...rest] = childrenOf(onlyChild(der, what), what)
  if (!isNumber(version, 1)) return undefined
  const inside = rest.find(({ tag }) => tag === explicitParameters)
  const named = known ?? (inside && onlyChild(inside.content, what))
  const curve = named?.tag === tags.oid ? curves.get(readOid(named, what)) : undefined
  const held = rest.find(({ tag }) => tag === explicitPublicKey)
  const bits = held && onlyChild(held.content, what)
  if (named === undefined || curve === undefined || bits?.tag !== tags.bitString) return undefined
  const point = bits.content.subarray(1)
  if (point[0] !== uncompressed || point.length !== 1 + curve.octets * 2) return undefined
  if (secret?.tag !== tags.octetString || secret.content.length !== curve.octets) return undefined
  return { shape: { algorithm: 'ECDSA', size: curve.size }, publicKey: pointInfo(named.encoded, point) }
}

/** @param curve - its object identifier, DER */
const pointInfo = (curve: Uint8Array, point: Uint8Array): Der =>
  encodeSequence(encodeSequence(encodeOid(ecPublicKey), curve), encodeBits(point))

/**
 * SubjectPublicKeyInfo of a key on one of our curves (RFC 5480 section 2).
 *
 * @param size - of the curve, in bits
 * @param x - coordinate, as many octets as the curve has
 * @param y - the same
 */
export function ecPublicKeyInfo(size: number, { x, y }: { readonly x: Uint8Array; readonly y: Uint8Array }): Der {
  const [oid] = [...curves].find(([, curve]) => curve.size === size) ?? []
  if (oid === undefined) throw new Error(`there is no curve of ${size} bits`)
  return pointInfo(encodeOid(oid), Buffer.concat([Uint8Array.of(uncompressed), x, y]))
}

const isNumber = (element: DerElement | undefined, value: number): boolean =>
  element?.tag === tags.integer && element.content.length === 1 && element.content[0] === value

/** Without the zeros before it; empty when it is zero or below. */
function magnitude(element: DerElement | undefined): Uint8Array {
  const octets = element?.content ?? new Uint8Array()
  const start = octets.findIndex((octet) => octet !== 0)
  return start < 0 || (octets[0] ?? 0) >= 0x80 ? new Uint8Array() : octets.subarray(start)
}
