/** PKIStatusInfo (RFC 9810 section 5.2.3), and the error message that holds one (section 5.3.21). */
import { tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import { childrenOf, Malformed } from '../../pki/readder.ts'
import { integerOf, textsOf } from './values.ts'
import { clip } from '../../std/text.ts'

const states = [
  'accepted',
  'grantedWithMods',
  'rejection',
  'waiting',
  'revocationWarning',
  'revocationNotification',
  'keyUpdateWarning',
] as const

export type Status = (typeof states)[number]

/** PKIFailureInfo: by the number of the bit. */
export const failureNames = [
  'badAlg',
  'badMessageCheck',
  'badRequest',
  'badTime',
  'badCertId',
  'badDataFormat',
  'wrongAuthority',
  'incorrectData',
  'missingTimeStamp',
  'badPOP',
  'certRevoked',
  'certConfirmed',
  'wrongIntegrity',
  'badRecipientNonce',
  'timeNotAvailable',
  'unacceptedPolicy',
  'unacceptedExtension',
  'addInfoNotAvailable',
  'badSenderNonce',
  'badCertTemplate',
  'signerNotTrusted',
  'transactionIdInUse',
  'unsupportedVersion',
  'notAuthorized',
  'systemUnavail',
  'systemFailure',
  'duplicateCertReq',
] as const

export type FailureName = (typeof failureNames)[number]

export interface StatusInfo {
  readonly status: Status
  /** Those that have a name, in the order of their bits. */
  readonly failures: readonly FailureName[]
  /** All lines, clipped; may be empty. */
  readonly text: string
}

/** @throws Malformed */
export function readStatus(element: DerElement | undefined): StatusInfo {
  const [status, ...rest] = childrenOf(element, 'status')
  const number = integerOf(status, 'status')
  const name = states[number]
  if (name === undefined) throw new Malformed(`it has the status ${number}, which does not exist`)
  return {
    status: name,
    failures: failuresOf(rest.find(({ tag }) => tag === tags.bitString)),
    text: clip(textsOf(rest.find(({ tag }) => tag === tags.sequence)).join('; ')),
  }
}

function failuresOf(bits: DerElement | undefined): readonly FailureName[] {
  if (bits === undefined) return []
  const octets = bits.content.subarray(1)
  return failureNames.filter((_name, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}

/** For example `rejection: badPOP, "the signature does not hold"`. */
export function statusWords({ status, failures, text }: StatusInfo): string {
  const why = failures.length === 0 ? '' : `: ${failures.join(', ')}`
  return `${status}${why}${text === '' ? '' : `${why === '' ? ': ' : ', '}"${text}"`}`
}

/** @param content - ErrorMsgContent; throws Malformed */
export function readError(content: DerElement): StatusInfo {
  const [info, ...rest] = childrenOf(content, 'error')
  const status = readStatus(info)
  const code = rest.find(({ tag }) => tag === tags.integer)
  const details = rest.find(({ tag }) => tag === tags.sequence)
  const words = [
    status.text,
    clip(textsOf(details).join('; ')),
    code === undefined || code.content.length > 6 ? '' : `error code ${integerOf(code, 'error code')}`,
  ]
  return { ...status, text: clip(words.filter((word) => word !== '').join('; ')) }
}
