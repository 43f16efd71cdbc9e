/** Requests for certificates as CMP has them: CRMF (RFC 4211). */
import type { Wanted } from '../../domain/wanted.ts'
import {
  encodeBits,
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeTime,
  encodeUnsigned,
  tags,
} from '../../pki/der.ts'
import { constraintExtensions, nameExtensions, usageExtensions } from '../../pki/extensions.ts'
import type { PrivateKey } from '../../pki/key.ts'
import type { CertificateIdentifier } from '../../pki/cms/identifier.ts'
import { encodeName } from '../../pki/names.ts'
import { signatureFor } from '../../pki/signature.ts'
import type { Der } from '../../std/bytes.ts'
import type { SecretText } from '../../std/secret.ts'
import type { Instant } from '../../std/time.ts'
import { directoryName } from './header.ts'
import { encodeInteger } from './values.ts'

/** The one request of a message (RFC 9483 section 4.1.1). */
export const requestId = 0

/** Of delayed delivery of a whole message (RFC 9483 section 4.4). */
export const wholeMessage = -1

/** Names the certificate that an update replaces (RFC 4211 section 6.5), or that is revoked. */
export type CertificateId = Pick<CertificateIdentifier, 'issuer' | 'serialNumber'>

/** Who shows, and how, that the private key is where it should be (RFC 4211 section 4). */
export type ProofOfPossession = 'Signature' | 'RAVerified'

export interface RequestWish {
  readonly wanted: Wanted
  /** Name, DER: goes out instead of the wish's subject. */
  readonly subject?: Der | undefined
  /** Undefined where the CA makes the key. */
  readonly key: PrivateKey | undefined
  readonly validity?: { readonly notBefore: Instant; readonly notAfter: Instant } | undefined
  readonly replaces?: CertificateId | undefined
  readonly registrationToken?: SecretText | undefined
  readonly authenticator?: SecretText | undefined
  readonly proof: ProofOfPossession
}

/** id-regCtrl (section 6). */
const controls = {
  regToken: '1.3.6.1.5.5.7.5.1.1',
  authenticator: '1.3.6.1.5.5.7.5.1.2',
  oldCertID: '1.3.6.1.5.5.7.5.1.5',
} as const

/** @returns CertReqMessages with one request, DER */
export async function buildRequest(wish: RequestWish): Promise<Der> {
  const asked = encodeControls(wish)
  const request = encodeSequence(
    encodeInteger(requestId),
    encodeTemplate(wish),
    ...(asked.length === 0 ? [] : [encodeSequence(...asked)]),
  )
  const proof = await proofOf(wish, request)
  return encodeSequence(encodeSequence(request, ...(proof === undefined ? [] : [proof])))
}

function encodeControls({ replaces, registrationToken, authenticator }: RequestWish): readonly Der[] {
  const control = (oid: string, value: Uint8Array): Der => encodeSequence(encodeOid(oid), value)
  const text = (secret: SecretText): Der => encodeElement(tags.utf8String, Buffer.from(secret.reveal(), 'utf8'))
  return [
    ...(registrationToken === undefined ? [] : [control(controls.regToken, text(registrationToken))]),
    ...(authenticator === undefined ? [] : [control(controls.authenticator, text(authenticator))]),
    ...(replaces === undefined ? [] : [control(controls.oldCertID, certificateId(replaces))]),
  ]
}

const certificateId = ({ issuer, serialNumber }: CertificateId): Der =>
  encodeSequence(directoryName(issuer), serialNumber)

/** CertTemplate (section 5): every tag is implicit but those of the CHOICEs Name and Time. */
function encodeTemplate({ wanted, subject = encodeName(wanted.subject), key, validity }: RequestWish): Der {
  const extensions = requestedExtensions(wanted)
  return encodeSequence(
    ...(validity === undefined ? [] : [encodeValidity(validity)]),
    encodeElement(0xa5, subject),
    ...(key === undefined ? [] : [retagged(0xa6, key.publicKey)]),
    ...(extensions.length === 0 ? [] : [encodeElement(0xa9, ...extensions)]),
  )
}

const encodeValidity = ({ notBefore, notAfter }: NonNullable<RequestWish['validity']>): Der =>
  encodeElement(0xa4, encodeElement(0xa0, encodeTime(notBefore)), encodeElement(0xa1, encodeTime(notAfter)))

/** An IMPLICIT tag takes the place of the one that was there. */
function retagged(tag: number, encoded: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(encoded)
  copy[0] = tag
  return copy
}

const requestedExtensions = (wanted: Wanted): readonly Der[] => [
  ...nameExtensions(wanted),
  ...(wanted.encodeUsagesInRequest ? usageExtensions(wanted) : []),
  ...(wanted.isCA ? constraintExtensions(wanted) : []),
]

/** The signature is over the CertRequest, which names subject and key; poposkInput is left out then (section 4.1). */
async function proofOf({ wanted, key, proof }: RequestWish, request: Der): Promise<Der | undefined> {
  if (key === undefined) return undefined
  if (proof === 'RAVerified') return encodeElement(0x80)
  const { hash, identifier } = signatureFor(key.shape, wanted.signatureAlgorithm)
  return encodeElement(0xa1, identifier, encodeBits(await key.sign(request, hash)))
}

const reasonCode = '2.5.29.21'

/**
 * @param reason - CRLReason (RFC 5280 section 5.3.1)
 * @returns RevReqContent, DER (RFC 9483 section 4.2): issuer and serial number in a template, the reason as an extension
 */
export function encodeRevocation({ issuer, serialNumber }: CertificateId, reason: number): Der {
  const template = encodeSequence(retagged(0x81, serialNumber), encodeElement(0xa3, issuer))
  const code = encodeElement(0x0a, Uint8Array.of(reason))
  const extension = encodeSequence(encodeOid(reasonCode), encodeElement(0x04, code))
  return encodeSequence(encodeSequence(template, encodeSequence(extension)))
}

/** @returns PollReqContent for the one request, DER (RFC 9810 section 5.3.22) */
export const encodePoll = (certReqId: number): Der => encodeSequence(encodeSequence(encodeInteger(certReqId)))

export interface Confirmation {
  readonly certHash: Uint8Array
  readonly certReqId: number
  /** AlgorithmIdentifier, DER: where the certificate's own signature says nothing of a hash. */
  readonly hashAlg?: Der | undefined
  /** Why the certificate is not taken. */
  readonly rejection?: string | undefined
}

/** @returns CertConfirmContent, DER (RFC 9810 section 5.3.18) */
export function encodeConfirmation({ certHash, certReqId, hashAlg, rejection }: Confirmation): Der {
  return encodeSequence(
    encodeSequence(
      encodeElement(0x04, certHash),
      encodeInteger(certReqId),
      ...(rejection === undefined ? [] : [rejectionStatus(rejection)]),
      ...(hashAlg === undefined ? [] : [encodeElement(0xa0, hashAlg)]),
    ),
  )
}

/** PKIStatusInfo: rejection, with the reason in words and as badCertTemplate, bit 19. */
function rejectionStatus(reason: string): Der {
  const bits = encodeElement(0x03, Uint8Array.of(4, 0, 0, 0x10))
  const text = encodeSequence(encodeElement(0x0c, Buffer.from(reason, 'utf8')))
  return encodeSequence(encodeUnsigned(Uint8Array.of(2)), text, bits)
}
