/** Bodies of replies (RFC 9810 section 5.3). */
import { encodeElement, encodeNamedBits, encodeSequence, tags } from '../../../src/pki/der.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { explicit, integer, utf8 } from './asn1.ts'

const failures = [
  'badAlg badMessageCheck badRequest badTime badCertId badDataFormat wrongAuthority incorrectData',
  'missingTimeStamp badPOP certRevoked certConfirmed wrongIntegrity badRecipientNonce timeNotAvailable',
  'unacceptedPolicy unacceptedExtension addInfoNotAvailable badSenderNonce badCertTemplate',
  'signerNotTrusted transactionIdInUse unsupportedVersion notAuthorized systemUnavail systemFailure',
  'duplicateCertReq',
].flatMap((line) => line.split(' '))

export const statuses = {
  accepted: 0,
  grantedWithMods: 1,
  rejection: 2,
  waiting: 3,
  revocationWarning: 4,
  revocationNotification: 5,
  keyUpdateWarning: 6,
} as const

export interface StatusInfo {
  /** A number is sent as it is. */
  readonly status: keyof typeof statuses | number
  readonly text?: string | undefined
  /** Names of PKIFailureInfo, or bit numbers. */
  readonly failInfo?: readonly (string | number)[] | undefined
}

function encodeStatus({ status, text, failInfo = [] }: StatusInfo): Der {
  const flags = failInfo.reduce<number>((sum, one) => {
    const bit = typeof one === 'number' ? one : failures.indexOf(one)
    if (bit < 0 || bit > 30) throw new Error(`there is no failure ${one}`)
    return sum | (1 << bit)
  }, 0)
  return encodeSequence(
    integer(typeof status === 'number' ? status : statuses[status]),
    ...(text === undefined ? [] : [encodeSequence(utf8(text))]),
    ...(flags === 0 ? [] : [encodeNamedBits(flags)]),
  )
}

export interface CertResponse {
  readonly id: number
  readonly status: StatusInfo
  readonly certificate?: Der | undefined
  /** EnvelopedData, without its ContentInfo. */
  readonly privateKey?: Der | undefined
}

/** CertRepMessage. EncryptedKey's envelopedData is [0] IMPLICIT (RFC 4211 section 2.3.1). */
export function certRepMessage(responses: readonly CertResponse[], caPubs: readonly Der[]): Der {
  const encoded = responses.map(({ id, status, certificate, privateKey }) => {
    const key = privateKey === undefined ? [] : [explicit(0, privateKey)]
    const pair = certificate === undefined ? [] : [encodeSequence(explicit(0, certificate), ...key)]
    return encodeSequence(integer(id), encodeStatus(status), ...pair)
  })
  const publics = caPubs.length === 0 ? [] : [explicit(1, encodeSequence(...caPubs))]
  return encodeSequence(...publics, encodeSequence(...encoded))
}

/** ErrorMsgContent. */
export const errorContent = (
  status: StatusInfo,
  more: { readonly code?: number | undefined; readonly details?: string | undefined } = {},
): Der =>
  encodeSequence(
    encodeStatus(status),
    ...(more.code === undefined ? [] : [integer(more.code)]),
    ...(more.details === undefined ? [] : [encodeSequence(utf8(more.details))]),
  )

/** PollRepContent for one request. */
export const pollRepContent = (id: number, checkAfter: number, reason: string | undefined): Der =>
  encodeSequence(
    encodeSequence(integer(id), integer(checkAfter), ...(reason === undefined ? [] : [encodeSequence(utf8(reason))])),
  )

export const revRepContent = (all: readonly StatusInfo[]): Der =>
  encodeSequence(encodeSequence(...all.map(encodeStatus)))

/** PKIConfirmContent. */
export const confirmation = encodeElement(tags.null)
