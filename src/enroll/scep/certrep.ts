/**
 * Reads and judges a CertRep (RFC 8894 section 3.3.2). Nothing in it counts before its signature, its transaction and its nonce
 * do; what is signed is checked over the bytes that were received.
 */
import { certificateFacts } from '../../pki/certificate.ts'
import { berToDer } from '../../pki/cms/ber.ts'
import { openEnvelopedData } from '../../pki/cms/envelopeddata.ts'
import { certificatesOnly, readSignedData, verifySigner } from '../../pki/cms/signeddata.ts'
import type { SignedData, SignerInfo } from '../../pki/cms/signeddata.ts'
import type { PrivateKey } from '../../pki/key.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { SecretText } from '../../std/secret.ts'
import { messageTypes, readReplyHead } from './attributes.ts'
import type { ReplyHead } from './attributes.ts'
import type { Member } from './authority.ts'
import { nameOf } from './authority.ts'
import { replyFault } from './faults.ts'
import type { ReplyDefect } from './faults.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Requester } from './kept.ts'

export interface Expected {
  readonly transaction: string
  /** The senderNonce of the request that is being answered. */
  readonly nonce: Uint8Array
  /** One of them must have signed. */
  readonly signing: readonly Member[]
  readonly requester: Requester
  /** Where the reply may be encrypted with the challenge password (section 3.1). */
  readonly password?: SecretText | undefined
  /** The key that is being certified. */
  readonly key: Pick<PrivateKey, 'publicKeyHash'>
  readonly allows: { readonly sha1: boolean; readonly des: boolean }
}

export type CertRep =
  | { readonly kind: 'success'; readonly certificates: readonly Der[]; readonly protection: Protection }
  | { readonly kind: 'pending'; readonly protection: Protection }
  | {
      readonly kind: 'failure'
      readonly failInfo: string | undefined
      readonly text: string | undefined
      readonly protection: Protection
    }

/** How a reply was protected. */
export interface Protection {
  /** For example `SHA-256`. */
  readonly hash: string
  /** Undefined where nothing was encrypted. */
  readonly cipher: string | undefined
}

export interface Rejection {
  readonly defect: ReplyDefect
  readonly fault: Fault
}

type Judged<T> = Result<T, Rejection>

const reject = (defect: ReplyDefect, message: string): { readonly ok: false; readonly error: Rejection } =>
  err({ defect, fault: replyFault(defect, message) })

/**
 * @param bytes - the reply to a PKIOperation; may be anything
 * @param expected - what it must fit
 * @returns what the CA said, or what is wrong with the reply
 */
export function readCertRep(bytes: Uint8Array, expected: Expected): Judged<CertRep> {
  const der = berToDer(bytes)
  const signed = der.ok ? readSignedData(der.value) : der
  if (!signed.ok) return reject('unreadable', `the reply of the SCEP service is no signed message: ${signed.error}`)
  const [signer, ...others] = signed.value.signers
  if (signer === undefined || others.length > 0)
    return reject(
      'unreadable',
      `the reply of the SCEP service has ${signed.value.signers.length} signatures, and one is due`,
    )
  const judged = judgeSignature(signed.value, signer, expected)
  if (!judged.ok) return judged
  const head = readReplyHead(signer.attributes)
  const misfit = judgeHead(head, expected)
  if (misfit !== undefined) return misfit
  return readStatus({ head, signed: signed.value, hash: signer.hash }, expected)
}

/** A certificate that merely came with the reply proves nothing: any customer of the CA has one. */
function judgeSignature(signed: SignedData, signer: SignerInfo, { signing, allows }: Expected): Judged<void> {
  const candidates = signing.filter(({ der }) => signer.identifies(der))
  if (candidates.length === 0) {
    const names = signing.map(({ facts }) => `"${nameOf(facts)}"`).slice(0, 4)
    return reject(
      'signer',
      `the reply of the SCEP service is not signed by any certificate of the CA (${names.join(', ')}); if the CA signs with another one, name it in spec.scep.raFingerprints.signing, otherwise somebody is in between`,
    )
  }
  const isSha1 = signer.hash === 'SHA-1'
  if (isSha1 && !allows.sha1)
    return reject('sha1', 'the reply of the SCEP service is signed with SHA-1, which spec.scep.sha1Replies refuses')
  const allow = { sha1: isSha1 }
  const results = candidates.map(({ der }) => verifySigner({ signed, signer, certificate: der, allow, ...nothing }))
  const [failed] = results
  if (results.some(({ ok: holds }) => holds) || failed === undefined || failed.ok) return ok(undefined)
  return reject('signature', `the signature of the reply of the SCEP service does not hold: ${failed.error}`)
}

function judgeHead(head: ReplyHead, expected: Expected): ReturnType<typeof reject> | undefined {
  if (head.messageType !== messageTypes.CertRep)
    return reject(
      'messageType',
      'the reply of the SCEP service is signed but no CertRep; it may be a message of somebody else',
    )
  if (head.transaction !== expected.transaction)
    return reject(
      'transaction',
      'the reply of the SCEP service belongs to another transaction; it may have been replayed',
    )
  if (head.recipientNonce === undefined || Buffer.compare(head.recipientNonce, expected.nonce) !== 0)
    return reject(
      'nonce',
      'the reply of the SCEP service does not have the nonce of the request; it may have been replayed',
    )
  return undefined
}

/** On FAILURE and PENDING the content may be left out, and the signature is then over nothing (section 3.2.2). */
const nothing = { detachedContent: new Uint8Array() }

interface Opening {
  readonly head: ReplyHead
  readonly signed: SignedData
  readonly hash: string
}

/** Section 3.2.1.3. On FAILURE and PENDING there is nothing inside, or something that does not matter. */
function readStatus(opening: Opening, expected: Expected): Judged<CertRep> {
  const { head, hash } = opening
  const protection = { hash, cipher: undefined }
  switch (head.status) {
    case '0':
      return readCertificates(opening, expected)
    case '2':
      return ok({ kind: 'failure', failInfo: head.failInfo, text: head.text, protection })
    case '3':
      return ok({ kind: 'pending', protection })
    default:
      return reject('status', 'the reply of the SCEP service has no pkiStatus that RFC 8894 knows')
  }
}

function readCertificates({ signed, hash }: Opening, expected: Expected): Judged<CertRep> {
  const { requester, password, allows } = expected
  const envelope = signed.content === undefined ? undefined : berToDer(signed.content)
  if (envelope?.ok !== true)
    return reject('envelope', 'the SCEP service says SUCCESS, but its reply holds no encrypted message')
  const opener =
    password === undefined
      ? ({ kind: 'key', key: requester.key, certificate: requester.certificate } as const)
      : ({ kind: 'password', password } as const)
  const opened = openEnvelopedData(envelope.value, opener, { des: true })
  if (!opened.ok) return reject('envelope', `the reply of the SCEP service cannot be decrypted: ${opened.error}`)
  if (opened.value.cipher === 'DES-CBC' && !allows.des)
    return reject(
      'cipher',
      'the SCEP service encrypts its replies with DES, which anybody can break; add DES-CBC to spec.scep.allowLegacy if it must be accepted',
    )
  const certificates = certificatesOnly(opened.value.content)
  if (!certificates.ok)
    return reject(
      'certificates',
      `the SCEP service says SUCCESS, but what it sent holds no certificates: ${certificates.error}`,
    )
  if (!certificates.value.some((one) => isFor(one, expected.key.publicKeyHash)))
    return reject('anotherKey', 'none of the certificates that the SCEP service sent is for the key of the request')
  return ok({ kind: 'success', certificates: certificates.value, protection: { hash, cipher: opened.value.cipher } })
}

function isFor(certificate: Der, publicKeyHash: string): boolean {
  const facts = certificateFacts(certificate)
  return facts.ok && facts.value.publicKeyHash === publicKeyHash
}
