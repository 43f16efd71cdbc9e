/** Algorithms of CMS by their object identifiers (RFC 3370, RFC 5754, RFC 8419). */
import { Malformed, childrenOf, onlyChild, readOid } from '../readder.ts'
import { encodeOid, encodeSequence, encodeSetOf } from '../der.ts'
import type { DerElement } from '../der.ts'
import type { Der } from '../../std/bytes.ts'

export const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
} as const

/** Hashes of signatures, strongest last; the first two only where somebody insists. */
export type CmsHash = 'MD5' | 'SHA-1' | 'SHA-224' | 'SHA-256' | 'SHA-384' | 'SHA-512'

const hashOids: Readonly<Record<CmsHash, string>> = {
  MD5: '1.2.840.113549.2.5',
  'SHA-1': '1.3.14.3.2.26',
  'SHA-224': '2.16.840.1.101.3.4.2.4',
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
}

const isHash = (name: string): name is CmsHash => Object.hasOwn(hashOids, name)

const hashesByOid: ReadonlyMap<string, CmsHash> = new Map(
  Object.entries(hashOids).flatMap(([name, oid]) => (isHash(name) ? [[oid, name] as const] : [])),
)

/** @returns undefined for a stranger */
export const hashOf = (oid: string): CmsHash | undefined => hashesByOid.get(oid)

/** The name that node:crypto has for a hash. */
export const nodeHash = (hash: CmsHash): string => hash.replace('-', '').toLowerCase()

/** AlgorithmIdentifier of a digest: without parameters, as RFC 5754 section 2 asks. */
export const digestIdentifier = (hash: CmsHash): Der => encodeSequence(encodeOid(hashOids[hash]))

/** How a signature is checked. Without a hash the digest algorithm of the signer decides. */
export interface SignatureScheme {
  readonly keyType: 'rsa' | 'ec' | 'ed25519'
  readonly hash?: CmsHash
  /** Salt length in octets, for RSASSA-PSS. */
  readonly saltLength?: number
}

const schemes: ReadonlyMap<string, SignatureScheme> = new Map([
  // Many name the key's algorithm and leave the hash to digestAlgorithm (RFC 3370 section 3.2).
  ['1.2.840.113549.1.1.1', { keyType: 'rsa' }],
  ['1.2.840.113549.1.1.4', { keyType: 'rsa', hash: 'MD5' }],
  ['1.2.840.113549.1.1.5', { keyType: 'rsa', hash: 'SHA-1' }],
  ['1.2.840.113549.1.1.14', { keyType: 'rsa', hash: 'SHA-224' }],
  ['1.2.840.113549.1.1.11', { keyType: 'rsa', hash: 'SHA-256' }],
  ['1.2.840.113549.1.1.12', { keyType: 'rsa', hash: 'SHA-384' }],
  ['1.2.840.113549.1.1.13', { keyType: 'rsa', hash: 'SHA-512' }],
  ['1.2.840.10045.2.1', { keyType: 'ec' }],
  ['1.2.840.10045.4.1', { keyType: 'ec', hash: 'SHA-1' }],
  ['1.2.840.10045.4.3.1', { keyType: 'ec', hash: 'SHA-224' }],
  ['1.2.840.10045.4.3.2', { keyType: 'ec', hash: 'SHA-256' }],
  ['1.2.840.10045.4.3.3', { keyType: 'ec', hash: 'SHA-384' }],
  ['1.2.840.10045.4.3.4', { keyType: 'ec', hash: 'SHA-512' }],
  ['1.3.101.112', { keyType: 'ed25519' }],
] as const)

const rsaPss = '1.2.840.113549.1.1.10'

/**
 * @param identifier - AlgorithmIdentifier of a signature
 * @returns undefined for a stranger
 */
export function signatureScheme(identifier: DerElement): SignatureScheme | undefined {
  const [id, parameters] = childrenOf(identifier, 'signature algorithm')
  const oid = readOid(id, 'signature algorithm')
  return oid === rsaPss ? pssScheme(parameters) : schemes.get(oid)
}

/** RSASSA-PSS-params (RFC 4055 section 3.1): SHA-1 and 20 octets of salt where nothing is said. */
function pssScheme(parameters: DerElement | undefined): SignatureScheme | undefined {
  const what = 'RSASSA-PSS parameters'
  const fields = parameters === undefined ? [] : childrenOf(parameters, what)
  const hashField = fields.find(({ tag }) => tag === 0xa0)
  const saltField = fields.find(({ tag }) => tag === 0xa2)
  const [id] = hashField === undefined ? [] : childrenOf(onlyChild(hashField.content, what), what)
  const hash = id === undefined ? 'SHA-1' : hashOf(readOid(id, what))
  const salt = saltField === undefined ? 20 : (onlyChild(saltField.content, what).content.at(-1) ?? 0)
  return hash === undefined ? undefined : { keyType: 'rsa', hash, saltLength: salt }
}

/** An Attribute (RFC 5652 section 5.3) whose value is one element. */
export const attribute = (type: string, value: Uint8Array): Der => encodeSequence(encodeOid(type), encodeSetOf(value))

/** The inside of a ContentInfo, or Malformed when it is of another type. */
export function contentOf(der: Uint8Array, type: string, what: string): DerElement {
  const [id, wrapped] = childrenOf(onlyChild(der, what), what)
  const found = readOid(id, what)
  if (found !== type) throw new Malformed(`it is of the content type ${found}, not ${what}`)
  return explicitIn(wrapped, what)
}

/** What an EXPLICIT [0] holds: content is found in no other wrapping, which would also be passed over when BER becomes DER. */
export function explicitIn(wrapped: DerElement | undefined, what: string): DerElement {
  if (wrapped?.tag !== 0xa0) throw new Malformed(`its ${what} does not stand where RFC 5652 has it`)
  return onlyChild(wrapped.content, what)
}
