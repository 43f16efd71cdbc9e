/** Checks one signature of a SignedData (RFC 5652 sections 5.4 and 5.6). */
import { constants, createHash, verify, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { isCheckable } from '../checkable.ts'
import { Malformed, onlyChild, readOid } from '../readder.ts'
import type { DerElement } from '../der.ts'
import { hashOf, nodeHash, oids, signatureScheme } from './algorithms.ts'
import type { CmsHash, SignatureScheme } from './algorithms.ts'
import type { SignedData, SignerInfo } from './signeddata.ts'

export interface Verification {
  readonly signed: SignedData
  readonly signer: SignerInfo
  /** Whose key is said to have signed. Whether it is trusted is the caller's affair. */
  readonly certificate: Der
  readonly detachedContent?: Uint8Array
  /** Hashes that can be forged, where the caller takes them. */
  readonly allow?: { readonly sha1?: boolean; readonly md5?: boolean }
}

/** @returns nothing when the signature holds, or a clause that says why it does not */
export function verifySigner(verification: Verification): Result<void, string> {
  const { signed, signer, certificate, detachedContent, allow = {} } = verification
  const { scheme } = signer
  if (scheme === undefined) return err(`its signature algorithm ${signer.signatureOid} is not known`)
  const digest = hashOf(signer.digestOid)
  const hash = scheme.hash ?? digest
  if (digest === undefined || hash === undefined) return err(`its digest algorithm ${signer.digestOid} is not known`)
  const forged = [digest, hash].find(
    (one) => (one === 'SHA-1' && allow.sha1 !== true) || (one === 'MD5' && allow.md5 !== true),
  )
  if (forged !== undefined) return err(`it is signed with ${forged}, which can be forged`)
  const content = signed.content ?? detachedContent
  if (content === undefined) return err('it has no content to be signed')
  const mismatch =
    signer.signedBytes === undefined ? undefined : attributeTrouble(signer, signed.contentType, { content, digest })
  if (mismatch !== undefined) return err(mismatch)
  if (signer.signedBytes === undefined && signed.contentType !== oids.data)
    return err('it lacks the signed attributes that its content asks for')
  const publicKey = publicKeyOf(certificate)
  if (publicKey === undefined) return err("the signer's key cannot be used")
  const holds = isSignature(signer.signedBytes ?? content, signer.signature, { scheme, hash, publicKey })
  return holds
    ? ok(undefined)
    : err('it was not made with the key of the certificate that it names, or something was changed')
}

/** Section 11: contentType and messageDigest must be there, once, and fit. */
function attributeTrouble(
  { attributes }: SignerInfo,
  contentType: string,
  { content, digest }: { readonly content: Uint8Array; readonly digest: CmsHash },
): string | undefined {
  const [type, ...moreTypes] = attributes.get(oids.contentType) ?? []
  const [told, ...moreDigests] = attributes.get(oids.messageDigest) ?? []
  if (type === undefined || told === undefined) return 'it lacks the attributes contentType and messageDigest'
  if (moreTypes.length + moreDigests.length > 0) return 'it has an attribute with several values that may have one'
  try {
    if (readOid(onlyChild(type, 'contentType'), 'contentType') !== contentType)
      return 'its content is of another type than was signed'
    const actual = createHash(nodeHash(digest)).update(content).digest()
    return Buffer.compare(onlyChild(told, 'messageDigest').content, actual) === 0
      ? undefined
      : 'its content is not what was signed'
  } catch (error) {
    if (error instanceof Malformed) return error.message
    throw error
  }
}

/** A signature outside CMS: over octets, by an AlgorithmIdentifier that names its hash. */
export interface PlainSignature {
  readonly data: Uint8Array
  readonly signature: Uint8Array
  readonly algorithm: DerElement
}

/**
 * @param certificate - whose key is said to have signed
 * @returns nothing when the signature holds, or a clause that says why it does not. SHA-1 and MD5 never hold
 * @throws Malformed for an algorithm that cannot be read
 */
export function verifyPlain({ data, signature, algorithm }: PlainSignature, certificate: Der): Result<void, string> {
  const scheme = signatureScheme(algorithm)
  const hash = scheme?.keyType === 'ed25519' ? 'SHA-512' : scheme?.hash
  if (scheme === undefined || hash === undefined) return err('its signature algorithm is not known')
  if (hash === 'SHA-1' || hash === 'MD5') return err(`it is signed with ${hash}, which can be forged`)
  const publicKey = publicKeyOf(certificate)
  if (publicKey === undefined) return err("the signer's key cannot be used")
  return isSignature(data, signature, { scheme, hash, publicKey })
    ? ok(undefined)
    : err('it was not made with the key of the certificate, or something was changed')
}

interface Key {
  readonly scheme: SignatureScheme
  readonly hash: CmsHash
  readonly publicKey: KeyObject
}

function isSignature(data: Uint8Array, signature: Uint8Array, { scheme, hash, publicKey }: Key): boolean {
  const { keyType, saltLength } = scheme
  const isRsa =
    keyType === 'rsa' && (publicKey.asymmetricKeyType === 'rsa' || publicKey.asymmetricKeyType === 'rsa-pss')
  if (!isRsa && publicKey.asymmetricKeyType !== keyType) return false
  const padding = saltLength === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  try {
    return verify(keyType === 'ed25519' ? null : nodeHash(hash), data, { key: publicKey, ...padding }, signature)
  } catch {
    // a signature or a combination that OpenSSL does not take
    return false
  }
}

/** Kept as long as the bytes are: one CA signs many replies, and reading its key costs more than checking with it. */
const publicKeys = new WeakMap<Der, KeyObject>()

function publicKeyOf(certificate: Der): KeyObject | undefined {
  const known = publicKeys.get(certificate)
  if (known !== undefined) return known
  try {
    const { publicKey } = new X509Certificate(certificate)
    if (!isCheckable(publicKey)) return undefined
    publicKeys.set(certificate, publicKey)
    return publicKey
  } catch {
    return undefined
  }
}
