/** Content keys agreed on by elliptic curves (RFC 5753 section 3.1.1, standard ECDH). */
import { createHash, createPublicKey, diffieHellman, generateKeyPairSync, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import { encodeElement, encodeOid, encodeSequence, encodeUnsigned, tags } from '../der.ts'
import type { DerElement } from '../der.ts'
import { childrenOf, Malformed, onlyChild, readOid } from '../readder.ts'
import { unwrapKey, wrapKey, wrapKeyLength } from './cipher.ts'
import { identifierOf, issuerAndSerial, readIdentifier } from './identifier.ts'

/** dhSinglePass-stdDH-*kdf-scheme. */
const schemes: ReadonlyMap<string, string> = new Map([
  ['1.3.133.16.840.63.0.2', 'sha1'],
  ['1.3.132.1.11.0', 'sha224'],
  ['1.3.132.1.11.1', 'sha256'],
  ['1.3.132.1.11.2', 'sha384'],
  ['1.3.132.1.11.3', 'sha512'],
])
const ownScheme = '1.3.132.1.11.1'
const ownWrap = '2.16.840.1.101.3.4.1.45'

const what = 'key agreement recipient'

/** @returns a KeyAgreeRecipientInfo for one certificate, in its tag */
export function agreedRecipient(certificate: Der, contentKey: Uint8Array): Der {
  const { publicKey } = new X509Certificate(certificate)
  const namedCurve = publicKey.asymmetricKeyDetails?.namedCurve ?? 'prime256v1'
  const own = generateKeyPairSync('ec', { namedCurve })
  const wrapIdentifier = encodeSequence(encodeOid(ownWrap))
  const shared = diffieHellman({ privateKey: own.privateKey, publicKey })
  const kek = derive(shared, 'sha256', { wrap: wrapIdentifier, length: 32, ukm: undefined })
  const [algorithm, point] = childrenOf(onlyChild(own.publicKey.export({ type: 'spki', format: 'der' }), what), what)
  const originator = encodeElement(0xa1, algorithm?.encoded ?? new Uint8Array(), point?.encoded ?? new Uint8Array())
  const wrapped = encodeElement(tags.octetString, wrapKey(ownWrap, kek, contentKey))
  return encodeElement(
    0xa1,
    encodeUnsigned(Uint8Array.of(3)),
    encodeElement(0xa0, originator),
    encodeSequence(encodeOid(ownScheme), wrapIdentifier),
    encodeSequence(encodeSequence(issuerAndSerial(identifierOf(certificate)), wrapped)),
  )
}

/**
 * @param recipient - KeyAgreeRecipientInfo
 * @param certificate - ours, to find the key that is for us; the first is taken without
 * @returns undefined when the key does not open it
 * @throws Malformed for what cannot be read or is not known
 */
export function openAgreed(
  recipient: DerElement,
  privateKey: KeyObject,
  certificate: Der | undefined,
): Uint8Array | undefined {
  const [, ...fields] = childrenOf(recipient, what)
  const originator = fields.find(({ tag }) => tag === 0xa0)
  const ukm = fields.find(({ tag }) => tag === 0xa1)
  const [algorithm, keys] = fields.filter(({ tag }) => tag === tags.sequence)
  const [schemeId, wrap] = childrenOf(algorithm, what)
  const scheme = readOid(schemeId, what)
  const wrapOid = readOid(childrenOf(wrap, what)[0], what)
  const hash = schemes.get(scheme)
  const length = wrapKeyLength(wrapOid)
  if (hash === undefined || length === undefined || wrap === undefined)
    throw new Malformed(`its key is agreed on with ${scheme} and ${wrapOid}, which are not known together`)
  const encrypted = keyFor(childrenOf(keys, what), certificate)
  const shared = agree(privateKey, originator)
  const material = ukm === undefined ? undefined : onlyChild(ukm.content, what).content
  if (encrypted === undefined || shared === undefined) return undefined
  return unwrapKey(wrapOid, derive(shared, hash, { wrap: wrap.encoded, length, ukm: material }), encrypted)
}

function keyFor(keys: readonly DerElement[], certificate: Der | undefined): Uint8Array | undefined {
  const pairs = keys.map((key) => childrenOf(key, what))
  const own = pairs.find(([id]) => certificate !== undefined && id !== undefined && readIdentifier(id)(certificate))
  return (own ?? pairs[0])?.[1]?.content
}

/** The originator's key may leave its curve out, which is then that of ours (RFC 5753 section 3.1.1). */
function agree(privateKey: KeyObject, originator: DerElement | undefined): Uint8Array | undefined {
  const [key] = originator === undefined ? [] : childrenOf(originator, what)
  if (key?.tag !== 0xa1) throw new Malformed('its key agreement has no ephemeral key, and others are not known')
  const [, point] = childrenOf(key, what)
  const own = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const [algorithm] = childrenOf(onlyChild(own, what), what)
  if (algorithm === undefined || point === undefined) throw new Malformed('its ephemeral key cannot be read')
  try {
    const publicKey = createPublicKey({
      key: Buffer.from(encodeSequence(algorithm.encoded, point.encoded)),
      format: 'der',
      type: 'spki',
    })
    return diffieHellman({ privateKey, publicKey })
  } catch {
    // another curve, or no point on it
    return undefined
  }
}

interface Derivation {
  /** AlgorithmIdentifier of the key wrap, as it was sent. */
  readonly wrap: Uint8Array
  /** Octets. */
  readonly length: number
  readonly ukm: Uint8Array | undefined
}

/** ANSI X9.63 over ECC-CMS-SharedInfo (RFC 5753 section 7.2). */
function derive(shared: Uint8Array, hash: string, { wrap, length, ukm }: Derivation): Uint8Array {
  const bits = Buffer.alloc(4)
  bits.writeUInt32BE(length * 8)
  const info = encodeSequence(
    wrap,
    ...(ukm === undefined ? [] : [encodeElement(0xa0, encodeElement(tags.octetString, ukm))]),
    encodeElement(0xa2, encodeElement(tags.octetString, bits)),
  )
  const blocks: Uint8Array[] = []
  for (let count = 1; blocks.reduce((sum, block) => sum + block.length, 0) < length; count++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(count)
    blocks.push(createHash(hash).update(shared).update(counter).update(info).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}
