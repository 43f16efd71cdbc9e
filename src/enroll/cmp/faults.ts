/**
 * Everything that a CMP server can answer instead of a certificate, in one place: PKIFailureInfo (RFC 9810 section 5.2.3), HTTP
 * status, failures of transport, and what is wrong with a reply. Tests walk the tables.
 */
import { fault } from '../../domain/fault.ts'
import type { Fault, FaultCode } from '../../domain/fault.ts'
import type { FailureName, StatusInfo } from './status.ts'

export interface Failure {
  readonly code: FaultCode
  readonly cure: string
}

const credentials = 'check spec.cmp.sharedSecret or spec.cmp.clientCertificateSecretRef'
const anew = 'a new request is made'
const log = 'the log of the CA says why'

export const failures: Readonly<Record<FailureName, Failure>> = {
  badAlg: {
    code: 'Misconfigured',
    cure: 'the CA does not take an algorithm of the request: see spec.cmp.sharedSecret.algorithm and hash, and spec.privateKey of the Certificate',
  },
  badMessageCheck: {
    code: 'CredentialsRejected',
    cure: `the CA could not verify the protection of the request; ${credentials}`,
  },
  badRequest: { code: 'RequestRejected', cure: `the CA does not take this request; ${log}` },
  badTime: {
    code: 'ClockSkewed',
    cure: 'the time of the request was too far from that of the CA; check the clocks of this cluster and of the CA',
  },
  badCertId: { code: 'RequestRejected', cure: `the CA does not know the certificate that the message names; ${log}` },
  badDataFormat: { code: 'RequestRejected', cure: `the CA could not read the request; ${log}` },
  wrongAuthority: {
    code: 'Misconfigured',
    cure: 'the request was for another CA: check spec.cmp.recipient and the path of spec.cmp.url',
  },
  incorrectData: { code: 'RequestRejected', cure: `the CA found something wrong in the request; ${log}` },
  missingTimeStamp: { code: 'RequestRejected', cure: 'the CA misses a time stamp, which these requests never have' },
  badPOP: {
    code: 'RequestRejected',
    cure: 'the CA does not take the proof that the key is ours; see spec.cmp.proofOfPossession',
  },
  certRevoked: {
    code: 'RequestRejected',
    cure: 'the certificate that the message names, or that signed it, has been revoked',
  },
  certConfirmed: { code: 'TransactionLost', cure: `the certificate was confirmed before; ${anew}` },
  wrongIntegrity: {
    code: 'Misconfigured',
    cure: 'the CA wants the other kind of protection: use spec.cmp.clientCertificateSecretRef instead of spec.cmp.sharedSecret, or the reverse',
  },
  badRecipientNonce: { code: 'TransactionLost', cure: `the CA lost the thread of the transaction; ${anew}` },
  timeNotAvailable: { code: 'ServerFailed', cure: 'it is tried again' },
  unacceptedPolicy: { code: 'PolicyDenied', cure: 'the policy of the CA does not allow it; ask its administrator' },
  unacceptedExtension: {
    code: 'PolicyDenied',
    cure: 'the CA does not take an extension of the request; see usages and names of the Certificate',
  },
  addInfoNotAvailable: { code: 'RequestRejected', cure: log },
  badSenderNonce: { code: 'TransactionLost', cure: `the CA lost the thread of the transaction; ${anew}` },
  badCertTemplate: {
    code: 'PolicyDenied',
    cure: 'the CA does not issue for this subject, these names or this lifetime; ask its administrator what this client may have',
  },
  signerNotTrusted: {
    code: 'CredentialsRejected',
    cure: 'the CA does not trust the certificate that signed the request; see spec.cmp.clientCertificateSecretRef',
  },
  transactionIdInUse: { code: 'TransactionLost', cure: `the CA has seen the transaction before; ${anew}` },
  unsupportedVersion: { code: 'Misconfigured', cure: 'the CA speaks neither version 2 nor version 3 of CMP' },
  notAuthorized: {
    code: 'PolicyDenied',
    cure: 'the CA knows who asks and does not allow it; ask its administrator what this client may have',
  },
  systemUnavail: { code: 'ServerFailed', cure: 'it is tried again' },
  systemFailure: { code: 'ServerFailed', cure: 'it is tried again' },
  duplicateCertReq: {
    code: 'RequestRejected',
    cure: 'the CA has such a certificate already and gives out no second one',
  },
}

/** No failInfo. */
const unexplained: Failure = { code: 'RequestRejected', cure: log }

/** @param request - the body that was sent, for example `ir` */
export function rejectionFault(request: string, { failures: names, text }: StatusInfo): Fault {
  const [first] = names
  const { code, cure } = first === undefined ? unexplained : failures[first]
  const words = text === '' ? '' : `, saying "${text}"`
  return fault(code, `the CA refused the ${request} (${names.join(', ') || 'no failInfo'})${words}; ${cure}`)
}

const path = 'check the path of spec.cmp.url'

/** Statuses that say more than their class does, where no CMP message came with them (RFC 9811 section 3.3). */
export const faultsByStatus: Readonly<Record<number, Failure>> = {
  400: { code: 'RequestRejected', cure: log },
  401: {
    code: 'CredentialsRejected',
    cure: 'the server wants a login, which CMP does not know; ask for an address without one',
  },
  403: { code: 'CredentialsRejected', cure: 'the server does not let this cluster in; ask its administrator' },
  404: { code: 'Misconfigured', cure: path },
  405: { code: 'Misconfigured', cure: path },
  406: { code: 'Misconfigured', cure: path },
  407: { code: 'Misconfigured', cure: 'the proxy wants a login: name it in spec.proxy.credentialsSecretRef' },
  408: { code: 'ServerFailed', cure: 'it is tried again' },
  411: { code: 'Misconfigured', cure: 'something on the way took the length off the request; look at the proxy' },
  413: { code: 'Misconfigured', cure: 'the server takes no request of this size; raise its limit' },
  415: { code: 'Misconfigured', cure: `the server does not take application/pkixcmp, so it may speak no CMP; ${path}` },
  429: { code: 'RateLimited', cure: 'it is tried again later; spec.limits makes requests rarer' },
  501: { code: 'Misconfigured', cure: path },
}

/**
 * @param status - HTTP status, not a success
 * @param location - where a redirect leads, when that is what the status is
 */
export function statusFault(status: number, request: string, location?: string): Fault {
  const { code, cure } = faultsByStatus[status] ?? failureOfClass(status, location)
  return fault(code, `the CMP server answered HTTP ${status} to the ${request}; ${cure}`)
}

function failureOfClass(status: number, location: string | undefined): Failure {
  if (status >= 500) return { code: 'ServerFailed', cure: 'it is tried again' }
  if (status >= 400) return { code: 'RequestRejected', cure: log }
  if (status >= 300 && location !== undefined)
    return {
      code: 'Misconfigured',
      cure: `it leads to ${location.slice(0, 200)}; put the final address into spec.cmp.url`,
    }
  return { code: 'ReplyMalformed', cure: path }
}

/** What can be wrong with a reply (RFC 9483 section 3.5), by the check that found it. */
export const faultsOfReply = {
  unreadable: 'ReplyMalformed',
  /** What was read is no CMP message, for example a page of a captive portal. */
  notCmp: 'ServerFailed',
  version: 'ReplyMalformed',
  transaction: 'SecurityViolation',
  nonce: 'SecurityViolation',
  unprotected: 'SecurityViolation',
  /** An error that nobody protected: it may be true, and it may be anybody's. */
  unprotectedError: 'ReplyMalformed',
  mac: 'SecurityViolation',
  signature: 'SecurityViolation',
  signer: 'SecurityViolation',
  sender: 'SecurityViolation',
  time: 'ClockSkewed',
  body: 'ReplyMalformed',
  request: 'SecurityViolation',
  certificate: 'ReplyMalformed',
  anotherKey: 'SecurityViolation',
  names: 'WrongCertificate',
  keyMaker: 'SecurityViolation',
  keyUnreadable: 'ReplyMalformed',
} as const satisfies Readonly<Record<string, FaultCode>>

export type ReplyDefect = keyof typeof faultsOfReply

export const replyFault = (defect: ReplyDefect, message: string): Fault => fault(faultsOfReply[defect], message)
