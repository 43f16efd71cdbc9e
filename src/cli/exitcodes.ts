/** How the process ends, for scripts. docs/cli.md has the same table for people. */
import type { FaultCode } from '../domain/fault.ts'

export const exitCodes = {
  /** Done, or nothing was to be done. */
  fine: 0,
  /** The command line, a manifest or a file of this machine is wrong; the CA was not asked. */
  usage: 1,
  /** The CA, or a policy, says no to this request. */
  refused: 2,
  /** Network, overload, a limit on the rate, `--timeout`: the same command may well work later. */
  temporary: 3,
  /** The CA has not decided yet; the same command goes on where this one ended. */
  pending: 4,
  /** What came back looks like an attack. A person should look before anything is repeated. */
  security: 5,
  /** Credentials, trust or settings of the issuer do not work. */
  issuer: 6,
  /** What the CA sent cannot be used. */
  reply: 7,
  /** A bug. */
  internal: 70,
  /** Ctrl-C; nothing is lost, the same command goes on. */
  interrupted: 130,
} as const

export type ExitName = keyof typeof exitCodes
export type ExitCode = (typeof exitCodes)[ExitName]

/** The one place that maps faults to ends. */
export const faultExits = {
  NamesRejected: 'refused',
  ValidationFailed: 'refused',
  PolicyDenied: 'refused',
  RequestRejected: 'refused',
  RequestUnsupported: 'refused',
  CredentialsMissing: 'issuer',
  CredentialsRejected: 'issuer',
  CredentialsExpired: 'issuer',
  Misconfigured: 'issuer',
  TlsFailed: 'issuer',
  RateLimited: 'temporary',
  Unreachable: 'temporary',
  TimedOut: 'temporary',
  ServerFailed: 'temporary',
  ClockSkewed: 'temporary',
  TransactionLost: 'temporary',
  ReplyMalformed: 'reply',
  WrongCertificate: 'reply',
  SecurityViolation: 'security',
  Internal: 'internal',
} as const satisfies Record<FaultCode, ExitName>

export const exitOf = (code: FaultCode): ExitCode => exitCodes[faultExits[code]]
