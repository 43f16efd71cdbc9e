/** Keys and signatures by their object identifiers, as far as Perennial has an opinion of them. */
import type { KeyShape } from '../domain/wanted.ts'
import { tags } from './der.ts'
import type { DerElement } from './der.ts'
import { childrenOf, Malformed, onlyChild, readOid } from './readder.ts'

const curveSizes: ReadonlyMap<string, number> = new Map([
  ['1.2.840.10045.3.1.7', 256],
  ['1.3.132.0.34', 384],
  ['1.3.132.0.35', 521],
])

/**
 * @param info - SubjectPublicKeyInfo
 * @returns undefined for keys of a kind that Perennial does not make, and for RSA keys that cannot be read
 */
export function readKeyShape(info: DerElement): KeyShape | undefined {
  const [algorithm, key] = childrenOf(info, 'public key')
  const [id, parameters] = childrenOf(algorithm, 'public key')
  switch (readOid(id, 'public key')) {
    case '1.2.840.113549.1.1.1':
      return rsaShape(key)
    case '1.2.840.10045.2.1': {
      const size = parameters?.tag === tags.oid ? curveSizes.get(readOid(parameters, 'public key')) : undefined
      return size === undefined ? undefined : { algorithm: 'ECDSA', size }
    }
    case '1.3.101.112':
      return { algorithm: 'Ed25519', size: 0 }
    default:
      return undefined
  }
}

/** RSAPublicKey (RFC 8017 appendix A.1.1) in a BIT STRING. */
function rsaShape(key: DerElement | undefined): KeyShape | undefined {
  try {
    const [modulus] = childrenOf(onlyChild(key?.content.subarray(1) ?? new Uint8Array(), 'public key'), 'public key')
    const octets = modulus?.content ?? new Uint8Array()
    const start = octets.findIndex((octet) => octet !== 0)
    if (start < 0) return undefined
    return { algorithm: 'RSA', size: (octets.length - start) * 8 - Math.clz32(octets[start] ?? 0) + 24 }
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

const rsaPss = '1.2.840.113549.1.1.10'

const hashes: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.5', 'md5'],
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

const signatureHashes: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.2', 'md2'],
  ['1.2.840.113549.1.1.4', 'md5'],
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['1.3.14.3.2.29', 'sha1'],
  ['1.2.840.113549.1.1.14', 'sha224'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.1', 'sha1'],
  ['1.2.840.10045.4.3.1', 'sha224'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.2.840.10040.4.3', 'sha1'],
  ['2.16.840.1.101.3.4.3.2', 'sha256'],
  ['1.3.101.112', 'none'],
  ['1.3.101.113', 'none'],
])

/**
 * @param identifier - the AlgorithmIdentifier of a signature
 * @returns the hash, for example `sha256`; `none` where the algorithm has none; the object identifier of a stranger
 */
export function readSignatureHash(identifier: DerElement): string {
  const [id, parameters] = childrenOf(identifier, 'signature algorithm')
  const oid = readOid(id, 'signature algorithm')
  return oid === rsaPss ? pssHash(parameters) : (signatureHashes.get(oid) ?? oid)
}

/** RSASSA-PSS-params (RFC 4055 section 3.1): hashAlgorithm is [0], SHA-1 when absent. */
function pssHash(parameters: DerElement | undefined): string {
  const hash = parameters && childrenOf(parameters, 'signature algorithm').find(({ tag }) => tag === 0xa0)
  if (hash === undefined) return 'sha1'
  const [id] = childrenOf(onlyChild(hash.content, 'signature algorithm'), 'signature algorithm')
  const oid = readOid(id, 'signature algorithm')
  return hashes.get(oid) ?? oid
}
