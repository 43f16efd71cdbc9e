/**
 * Problem documents (RFC 7807, RFC 8555 section 6.7) and the one table from ACME's error types to our faults.
 */
import { fault } from '../../domain/fault.ts'
import type { Fault, FaultCode } from '../../domain/fault.ts'
import { clip } from '../../std/text.ts'

export interface Problem {
  /** The part after `urn:ietf:params:acme:error:`, or the whole type when it is none of ACME's. Empty when absent. */
  readonly type: string
  /** Whether the type is in the namespace of ACME's errors (RFC 8555 section 6.7), known or not. */
  readonly isAcme: boolean
  readonly detail: string
  /** HTTP status; the document may leave it out, then that of the reply. */
  readonly status: number
  readonly subproblems: readonly Subproblem[]
  /** Algorithms the server would accept (RFC 8555 section 6.2). */
  readonly algorithms: readonly string[]
  /** Where a person can do what the CA wants (userActionRequired, RFC 8555 section 7.3.3). */
  readonly instance: string | undefined
}

export interface Subproblem {
  readonly type: string
  readonly detail: string
  readonly identifier: string | undefined
}

/** RFC 8555 section 6.7, RFC 9773 section 7.4, draft-ietf-acme-profiles section 6. Every row is a test. */
export const faultsByType: Readonly<Record<string, FaultCode>> = {
  accountDoesNotExist: 'CredentialsRejected',
  alreadyReplaced: 'RequestRejected',
  alreadyRevoked: 'RequestRejected',
  badCSR: 'RequestRejected',
  badNonce: 'ServerFailed',
  badPublicKey: 'RequestRejected',
  badRevocationReason: 'RequestRejected',
  badSignatureAlgorithm: 'Misconfigured',
  caa: 'NamesRejected',
  compound: 'RequestRejected',
  connection: 'ValidationFailed',
  dns: 'ValidationFailed',
  externalAccountRequired: 'Misconfigured',
  incorrectResponse: 'ValidationFailed',
  invalidContact: 'Misconfigured',
  invalidProfile: 'Misconfigured',
  malformed: 'RequestRejected',
  orderNotReady: 'ServerFailed',
  rateLimited: 'RateLimited',
  rejectedIdentifier: 'NamesRejected',
  serverInternal: 'ServerFailed',
  tls: 'ValidationFailed',
  unauthorized: 'CredentialsRejected',
  unsupportedContact: 'Misconfigured',
  unsupportedIdentifier: 'NamesRejected',
  userActionRequired: 'Misconfigured',
}

/** Completed with the very record by who knows the account. */
export const caaCure = 'allow the CA in the CAA records of the name'

/** What to do about some of them, where the CA's own words do not say. */
const cures: Readonly<Record<string, string>> = {
  accountDoesNotExist: 'the account key is unknown to the CA: delete the account Secret to register anew',
  badSignatureAlgorithm: 'choose another accountKeyAlgorithm',
  caa: caaCure,
  externalAccountRequired: 'set externalAccountBinding with the key the CA gave out',
  invalidContact: 'correct the email of the issuer',
  unsupportedContact: 'correct the email of the issuer',
  invalidProfile: 'choose one of the profiles that the status of the issuer lists',
}

const prefix = 'urn:ietf:params:acme:error:'
/** A sentence ends up in a status: names the first few culprits. */
const mostSubproblems = 5
const longestSaying = 450

/**
 * Reads a reply that is not a success.
 *
 * @param status - HTTP status
 * @param body - usually a problem document, but proxies answer with what they like
 */
export function readProblem(status: number, body: Uint8Array): Problem {
  const document = parseObject(body)
  const listed = Array.isArray(document['subproblems']) ? document['subproblems'] : []
  const algorithms = Array.isArray(document['algorithms']) ? document['algorithms'] : []
  return {
    type: shortType(document['type']),
    isAcme: typeof document['type'] === 'string' && document['type'].startsWith(prefix),
    detail: clipped(document['detail']),
    status: typeof document['status'] === 'number' ? document['status'] : status,
    subproblems: listed.slice(0, 20).map(readSubproblem),
    algorithms: algorithms.filter((name): name is string => typeof name === 'string').slice(0, 10),
    instance: webAddress(document['instance']),
  }
}

/** The error member of an order or a challenge: a problem document inside JSON. */
export function readInnerProblem(value: unknown): Problem | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return readProblem(0, Buffer.from(JSON.stringify(value)))
}

/**
 * @returns the fault for a problem that answered a request. What is not of ACME's types is for the log alone: an issuer may lead
 *   to any server, and what that says is not for whoever wrote the issuer
 */
export function problemFault(problem: Problem): Fault {
  const known = Object.hasOwn(faultsByType, problem.type) ? faultsByType[problem.type] : undefined
  const code = known ?? byStatus(problem.status)
  const shown = problem.isAcme ? problem : { ...problem, type: '', detail: '', subproblems: [] }
  return fault(code, sentenceFor(shown), JSON.stringify(problem))
}

/** What the CA said, in one sentence: each identifier with its own complaint. */
export function sentenceFor(problem: Problem): string {
  const { type, detail, status, subproblems } = problem
  const inner = subproblems.slice(0, mostSubproblems).map((part) => `${part.identifier ?? part.type}: ${part.detail}`)
  const said = [detail === '' ? type || `HTTP ${status}` : detail, ...inner].join('; ').slice(0, longestSaying)
  const cure = cureFor(problem)
  return `the CA says ${type === '' ? '' : `${type}: `}${said}${cure === '' ? '' : `; ${cure}`}`
}

function cureFor({ type, instance }: Problem): string {
  if (type === 'userActionRequired') return `visit ${instance ?? 'the CA'}`
  return Object.hasOwn(cures, type) ? (cures[type] ?? '') : ''
}

function byStatus(status: number): FaultCode {
  if (status === 429) return 'RateLimited'
  if (status === 401 || status === 403) return 'CredentialsRejected'
  if (status >= 500) return 'ServerFailed'
  // RFC 9110 section 15.5.9: the request may be repeated.
  if (status === 408) return 'ServerFailed'
  return status >= 400 ? 'RequestRejected' : 'ReplyMalformed'
}

function readSubproblem(value: unknown): Subproblem {
  const part = isObject(value) ? value : {}
  const identifier = isObject(part['identifier']) ? part['identifier']['value'] : undefined
  return {
    type: shortType(part['type']),
    detail: clipped(part['detail']),
    identifier: typeof identifier === 'string' ? clip(identifier) : undefined,
  }
}

function shortType(type: unknown): string {
  if (typeof type !== 'string') return ''
  return clip(type.startsWith(prefix) ? type.slice(prefix.length) : type).slice(0, 80)
}

function webAddress(value: unknown): string | undefined {
  const isAddress = typeof value === 'string' && value.length <= 500 && URL.canParse(value)
  return isAddress && value.startsWith('https://') ? new URL(value).href : undefined
}

const clipped = (text: unknown): string => (typeof text === 'string' ? clip(text) : '')

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
