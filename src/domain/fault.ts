/**
 * Everything that can go wrong between Perennial and a CA, as a closed list.
 *
 * `about` says who can mend it; `retry` says what the controllers do:
 *
 * - `soon`     our luck (network, overload): try again on the ladder scaled to the life that is left
 * - `later`    the CA said no to this request: try again slowly, at once when the spec changes
 * - `anew`     the thread to the CA is lost, not the wish: make a new request soon, ever more slowly if that is lost as well
 * - `issuer`   the issuer is broken, not the request: re-check the Issuer, do not count it against the Certificate
 * - `person`   something looks like an attack or a bug: stop until the spec or the issuer changes
 *
 * Each protocol maps its own codes (ACME problem type, EST status, SCEP failInfo, CMP PKIFailureInfo) to these in one
 * table of its own folder; nothing else classifies errors.
 */
export const faultTable = {
  NamesRejected: { about: 'names', retry: 'later' },
  ValidationFailed: { about: 'names', retry: 'later' },
  PolicyDenied: { about: 'policy', retry: 'later' },
  RequestRejected: { about: 'request', retry: 'later' },
  RequestUnsupported: { about: 'request', retry: 'person' },
  CredentialsMissing: { about: 'credentials', retry: 'issuer' },
  CredentialsRejected: { about: 'credentials', retry: 'issuer' },
  CredentialsExpired: { about: 'credentials', retry: 'issuer' },
  Misconfigured: { about: 'configuration', retry: 'issuer' },
  RateLimited: { about: 'rate', retry: 'soon' },
  Unreachable: { about: 'network', retry: 'soon' },
  TimedOut: { about: 'network', retry: 'soon' },
  TlsFailed: { about: 'network', retry: 'issuer' },
  ServerFailed: { about: 'server', retry: 'soon' },
  ReplyMalformed: { about: 'protocol', retry: 'later' },
  TransactionLost: { about: 'protocol', retry: 'anew' },
  ClockSkewed: { about: 'protocol', retry: 'soon' },
  WrongCertificate: { about: 'protocol', retry: 'later' },
  SecurityViolation: { about: 'security', retry: 'person' },
  Internal: { about: 'operator', retry: 'soon' },
} as const satisfies Record<string, { about: FaultSubject; retry: RetryClass }>

export type FaultSubject =
  | 'names'
  | 'policy'
  | 'request'
  | 'credentials'
  | 'configuration'
  | 'rate'
  | 'network'
  | 'server'
  | 'protocol'
  | 'security'
  | 'operator'

export type RetryClass = 'soon' | 'later' | 'anew' | 'issuer' | 'person'

export type FaultCode = keyof typeof faultTable

/** One thing that went wrong, told to a person. */
export interface Fault {
  readonly code: FaultCode
  /** A sentence: what happened, to which thing, what to do. Never holds a secret or a raw reply body. */
  readonly message: string
  /** Raw evidence for the log only (clipped, redacted). Never reaches status or Events. */
  readonly evidence?: string
}

export const fault = (code: FaultCode, message: string, evidence?: string): Fault =>
  evidence === undefined ? { code, message } : { code, message, evidence }

export const isFaultCode = (code: string): code is FaultCode => Object.hasOwn(faultTable, code)

/** Whether the issuer's recovery ends the wait. A CA that asked for patience may well be ready. */
export function isMendedByRecovery(code: string): boolean {
  if (!isFaultCode(code)) return false
  const { about, retry } = faultTable[code]
  return retry === 'issuer' || about === 'network' || about === 'server'
}

/** Whether an attempt of the class may have cost the CA a signature, so that it has a budget. */
export const isBudgeted = (retry: RetryClass): boolean => retry === 'later' || retry === 'anew'

/** @param code - as a status holds it: one that another version wrote and this one does not know is tried again slowly */
export const retryClass = (code: string): RetryClass => (isFaultCode(code) ? faultTable[code].retry : 'later')
