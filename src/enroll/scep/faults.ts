/**
 * Everything that a SCEP service can answer instead of a certificate, in one place: failInfo (RFC 8894 section 3.2.1.4.5), HTTP
 * status, failures of transport, and what is wrong with a reply. Tests walk the tables.
 */
import { fault } from '../../domain/fault.ts'
import type { Fault, FaultCode } from '../../domain/fault.ts'
import { clip } from '../../std/text.ts'

export interface FailInfo {
  readonly name: string
  readonly code: FaultCode
  readonly cure: string
}

/** By the text of the attribute. */
export const failInfos: Readonly<Record<string, FailInfo>> = {
  '0': {
    name: 'badAlg',
    code: 'Misconfigured',
    cure: 'the CA does not take the algorithms of the request; name others in spec.scep.digest and spec.scep.cipher',
  },
  '1': {
    name: 'badMessageCheck',
    code: 'Misconfigured',
    cure: 'the CA could not open or verify the request; it may have been encrypted to another certificate than the CA expects: name the right one in spec.scep.raFingerprints.encryption',
  },
  '2': {
    name: 'badRequest',
    code: 'RequestRejected',
    cure: 'the challenge may be wrong, expired or spent, or the CA may not issue for this subject; its log says which',
  },
  '3': {
    name: 'badTime',
    code: 'ClockSkewed',
    cure: 'the time of the request was too far from that of the CA; check the clocks of this cluster and of the CA',
  },
  '4': {
    name: 'badCertId',
    code: 'TransactionLost',
    cure: 'the CA does not know the transaction or the certificate that the request speaks of; a new request is made',
  },
}

/** No failInfo, or one that no RFC knows. */
const unexplained: FailInfo = {
  name: 'no failInfo',
  code: 'RequestRejected',
  cure: 'the log of the CA says why',
}

/**
 * @param request - for example `PKCSReq`
 * @param failure - the attributes of the reply; both may be missing
 */
export function failureFault(
  request: string,
  failure: { readonly failInfo?: string | undefined; readonly text?: string | undefined },
): Fault {
  const { failInfo = '', text = '' } = failure
  const info = Object.hasOwn(failInfos, failInfo) ? (failInfos[failInfo] ?? unexplained) : unexplained
  const said = clip(text)
  const words = said === '' ? '' : `, saying "${said}"`
  return fault(
    info.code,
    `the CA refused the ${request} (${info.name}${info === unexplained && failInfo !== '' ? ` ${clip(failInfo)}` : ''})${words}; ${info.cure}`,
  )
}

interface StatusRow {
  readonly code: FaultCode
  readonly cure: string
}

const path = 'check the path of spec.scep.url'

/** Statuses that say more than their class does. */
export const faultsByStatus: Readonly<Record<number, StatusRow>> = {
  400: { code: 'RequestRejected', cure: 'the log of the CA says why' },
  401: {
    code: 'CredentialsRejected',
    cure: 'the service wants a login, which SCEP does not know; ask for an address without one',
  },
  403: { code: 'CredentialsRejected', cure: 'the service does not let this cluster in; ask its administrator' },
  404: { code: 'Misconfigured', cure: path },
  405: { code: 'Misconfigured', cure: 'set spec.scep.httpMethod to the method that the service takes' },
  407: { code: 'Misconfigured', cure: 'the proxy wants a login: name it in spec.proxy.credentialsSecretRef' },
  408: { code: 'ServerFailed', cure: 'it is tried again' },
  411: { code: 'Misconfigured', cure: 'set spec.scep.httpMethod to GET' },
  413: { code: 'Misconfigured', cure: 'the service takes no request of this size; raise its limit' },
  414: { code: 'Misconfigured', cure: 'the request is too long for a GET; set spec.scep.httpMethod to POST' },
  429: { code: 'RateLimited', cure: 'it is tried again later; spec.limits makes requests rarer' },
  501: { code: 'Misconfigured', cure: 'the service does not know the operation; check spec.scep.url' },
}

/**
 * @param status - HTTP status, not a success
 * @param operation - for example `GetCACert`
 * @param location - where a redirect leads, when that is what the status is
 */
export function statusFault(status: number, operation: string, location?: string): Fault {
  const row = faultsByStatus[status] ?? rowOfClass(status, location)
  return fault(row.code, `the SCEP service answered HTTP ${status} to ${operation}; ${row.cure}`)
}

function rowOfClass(status: number, location: string | undefined): StatusRow {
  if (status >= 500) return { code: 'ServerFailed', cure: 'it is tried again' }
  if (status >= 400) return { code: 'RequestRejected', cure: 'the log of the CA says why' }
  if (status >= 300 && location !== undefined)
    return { code: 'Misconfigured', cure: `it leads to ${clip(location)}; put the final address into spec.scep.url` }
  return { code: 'ReplyMalformed', cure: path }
}

/** What can be wrong with a CertRep (section 3.3.2), by the check that found it. */
export const faultsOfReply = {
  unreadable: 'ReplyMalformed',
  signer: 'SecurityViolation',
  signature: 'SecurityViolation',
  nonce: 'SecurityViolation',
  transaction: 'SecurityViolation',
  messageType: 'SecurityViolation',
  status: 'ReplyMalformed',
  sha1: 'SecurityViolation',
  envelope: 'ReplyMalformed',
  cipher: 'Misconfigured',
  certificates: 'ReplyMalformed',
  anotherKey: 'SecurityViolation',
} as const satisfies Readonly<Record<string, FaultCode>>

export type ReplyDefect = keyof typeof faultsOfReply

export const replyFault = (defect: ReplyDefect, message: string): Fault => fault(faultsOfReply[defect], message)
