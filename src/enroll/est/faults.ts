/**
 * Everything that an EST server can answer instead of a certificate, in one place: HTTP status, failures of transport, and what is
 * wrong with a reply. Tests walk the tables.
 */
import { fault } from '../../domain/fault.ts'
import type { Fault, FaultCode } from '../../domain/fault.ts'
import { readJsonObject } from '../../std/json.ts'
import type { Operation } from './address.ts'
import { clip } from '../../std/text.ts'

interface StatusRow {
  readonly code: FaultCode
  /** What it means for a request to issue, where that differs from a question that anybody may ask. */
  readonly issuing?: FaultCode
  readonly cure: string
}

const path = 'check spec.est.server and spec.est.label'
const ask = 'the log of the CA says why'

/** Statuses that say more than their class does (RFC 7030 section 4.2.3, RFC 8951 section 5). */
export const faultsByStatus: Readonly<Record<number, StatusRow>> = {
  204: { code: 'ReplyMalformed', cure: 'a certificate belongs here; ask its administrator' },
  400: { code: 'RequestRejected', cure: `the CA does not like the request; ${ask}` },
  401: {
    code: 'CredentialsRejected',
    cure: 'check the Secrets of spec.est.credentialsSecretRef and spec.est.clientCertificateSecretRef',
  },
  403: {
    code: 'CredentialsRejected',
    issuing: 'PolicyDenied',
    cure: 'the server knows who asks and does not allow it; ask its administrator what this client may have',
  },
  404: { code: 'Misconfigured', cure: path },
  405: { code: 'Misconfigured', cure: path },
  406: { code: 'Misconfigured', cure: path },
  407: { code: 'Misconfigured', cure: 'the proxy wants a login: name it in spec.proxy.credentialsSecretRef' },
  408: { code: 'ServerFailed', cure: 'it is tried again' },
  411: { code: 'Misconfigured', cure: 'something on the way took the length off the request; look at the proxy' },
  413: { code: 'Misconfigured', issuing: 'RequestRejected', cure: 'the server takes no request of this size' },
  415: { code: 'Misconfigured', cure: 'the server does not take application/pkcs10, so it may speak no EST; ' + path },
  422: { code: 'RequestRejected', cure: ask },
  429: { code: 'RateLimited', cure: 'it is tried again later; spec.limits makes requests rarer' },
  495: { code: 'CredentialsRejected', cure: 'the client certificate was not accepted; check it' },
  496: {
    code: 'CredentialsMissing',
    cure: 'the server wants a client certificate: set spec.est.clientCertificateSecretRef',
  },
  501: { code: 'Misconfigured', cure: 'the server does not know the operation; ' + path },
}

/**
 * @param words - what the server said about it, clipped; may be empty. Of an answer to `cacerts` they are for the log alone: what
 *   has not shown the certificates of a CA may be any server that somebody put into an issuer, to see what it says
 */
export function statusFault(status: number, operation: Operation, words: string): Fault {
  const row = faultsByStatus[status] ?? rowOfClass(status)
  const isIssuing = operation !== 'cacerts' && operation !== 'csrattrs'
  const code = isIssuing ? (row.issuing ?? row.code) : row.code
  const said = words === '' || operation === 'cacerts' ? '' : `, saying "${words}"`
  const message = `the EST server answered HTTP ${status} to ${operation}${said}; ${row.cure}`
  return words === '' ? fault(code, message) : fault(code, message, words)
}

function rowOfClass(status: number): StatusRow {
  if (status >= 500) return { code: 'ServerFailed', cure: 'it is tried again' }
  if (status >= 400) return { code: 'RequestRejected', cure: ask }
  return { code: 'ReplyMalformed', cure: path }
}

export const redirectFault = (operation: Operation, why: string): Fault =>
  fault(
    'Misconfigured',
    `the EST server redirected ${operation} ${why}; put the final address into spec.est.server if it is the right one`,
  )

/** What can be wrong with a reply, by the check that found it. */
export const faultsOfReply = {
  unreadable: 'ReplyMalformed',
  /** What was read is no EST reply, for example a page of a captive portal: the next attempt may meet the server. */
  notEst: 'ServerFailed',
  anotherKey: 'SecurityViolation',
  foreignSigner: 'SecurityViolation',
  /** The certificate that was to be renewed. */
  replayed: 'SecurityViolation',
  pin: 'SecurityViolation',
  serverKey: 'SecurityViolation',
  keyUnreadable: 'ReplyMalformed',
  keyPlain: 'SecurityViolation',
} as const satisfies Readonly<Record<string, FaultCode>>

export type ReplyDefect = keyof typeof faultsOfReply

export const replyFault = (defect: ReplyDefect, message: string): Fault => fault(faultsOfReply[defect], message)

const members = ['detail', 'message', 'error_description', 'description', 'error', 'title'] as const

/**
 * @param type - media type, without parameters: an explanation is plain text or JSON (RFC 7030 section 4.2.3, RFC 8951 section 5),
 *   and whatever else comes is not from an EST server
 * @returns what an error body tells a person, often nothing
 */
export function wordsOf(type: string, body: Uint8Array): string {
  if (!/^(?:text\/plain|application\/(?:[a-z.-]{1,40}\+)?json)$/.test(type)) return ''
  const value = readJsonObject(body)
  if (value !== undefined) return clip(members.map((name) => value[name]).find((one) => typeof one === 'string') ?? '')
  const text = Buffer.from(body.subarray(0, 16_384)).toString('utf8').trim()
  return type === 'text/plain' && !/^[<{[]/.test(text) ? clip(text) : ''
}
