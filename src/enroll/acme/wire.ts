/**
 * ACME's resources as values (RFC 8555 section 7.1), read leniently: unknown members and unknown challenge types are passed
 * over, and what is missing is missing.
 */
import { fromRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { readInnerProblem } from './problem.ts'
import type { Problem } from './problem.ts'

type Members = Readonly<Record<string, unknown>>

/** RFC 8555 section 7.1.1. */
export interface Directory {
  readonly newNonce: string
  readonly newAccount: string
  readonly newOrder: string
  readonly revokeCert: string | undefined
  readonly keyChange: string | undefined
  readonly renewalInfo: string | undefined
  readonly meta: DirectoryMeta
}

export interface DirectoryMeta {
  readonly termsOfService: string | undefined
  readonly website: string | undefined
  readonly caaIdentities: readonly string[]
  readonly externalAccountRequired: boolean
  /** Names with their descriptions (draft-ietf-acme-profiles). */
  readonly profiles: Readonly<Record<string, string>>
}

/** RFC 8555 section 7.1.2. */
export interface AccountObject {
  readonly status: string
  /** Undefined: CAs that do not keep contacts, or do not show them. */
  readonly contact: readonly string[] | undefined
}

/** RFC 8555 section 7.1.3. */
export interface Order {
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid'
  readonly authorizations: readonly string[]
  /** Some CAs leave it out while the order is polled. */
  readonly finalize: string | undefined
  readonly certificate: string | undefined
  readonly expires: Instant | undefined
  readonly error: Problem | undefined
}

/** RFC 8555 section 7.1.4. */
export interface Authorization {
  readonly status: string
  readonly identifier: Identifier
  readonly wildcard: boolean
  readonly challenges: readonly Challenge[]
}

export interface Identifier {
  readonly type: 'dns' | 'ip'
  readonly value: string
}

/** RFC 8555 section 8. Types without a token exist (dns-persist-01). */
export interface Challenge {
  readonly type: string
  readonly url: string
  readonly status: string
  readonly token: string | undefined
  /** Whom a persistent record may name (draft-ietf-acme-dns-persist section 3). */
  readonly issuerDomains: readonly string[]
  readonly error: Problem | undefined
}

/** RFC 9773 section 4.2. */
export interface RenewalInfo {
  readonly start: Instant
  readonly end: Instant
  readonly explanationUrl: string | undefined
}

export function readDirectory(value: unknown): Directory | undefined {
  const members = object(value)
  const newNonce = url(members['newNonce'])
  const newAccount = url(members['newAccount'])
  const newOrder = url(members['newOrder'])
  if (newNonce === undefined || newAccount === undefined || newOrder === undefined) return undefined
  const meta = object(members['meta'])
  return {
    newNonce,
    newAccount,
    newOrder,
    revokeCert: url(members['revokeCert']),
    keyChange: url(members['keyChange']),
    renewalInfo: url(members['renewalInfo']),
    meta: {
      termsOfService: text(meta['termsOfService']),
      website: text(meta['website']),
      caaIdentities: texts(meta['caaIdentities']),
      externalAccountRequired: meta['externalAccountRequired'] === true,
      profiles: readProfiles(meta['profiles']),
    },
  }
}

/** CAs have left the status out, and the whole body too. */
export function readAccount(value: unknown): AccountObject {
  const { status, contact } = object(value)
  return { status: text(status)?.slice(0, 40) ?? 'valid', contact: Array.isArray(contact) ? texts(contact) : undefined }
}

const orderStatuses = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const

export function readOrder(value: unknown): Order | undefined {
  const members = object(value)
  const status = orderStatuses.find((known) => known === members['status'])
  if (status === undefined) return undefined
  return {
    status,
    authorizations: texts(members['authorizations']).filter((item) => url(item) !== undefined),
    finalize: url(members['finalize']),
    certificate: url(members['certificate']),
    expires: moment(members['expires']),
    error: readInnerProblem(members['error']),
  }
}

export function readAuthorization(value: unknown): Authorization | undefined {
  const members = object(value)
  const identifier = object(members['identifier'])
  const status = text(members['status'])
  const type = identifier['type'] === 'ip' ? 'ip' : identifier['type'] === 'dns' ? 'dns' : undefined
  const name = text(identifier['value'])
  if (status === undefined || type === undefined || name === undefined) return undefined
  const listed = Array.isArray(members['challenges']) ? members['challenges'] : []
  return {
    status,
    identifier: { type, value: name },
    wildcard: members['wildcard'] === true,
    challenges: listed.slice(0, 20).flatMap(readChallenge),
  }
}

/** Ten at most, as the draft has it; each a name of DNS in lower case. */
function domains(value: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value : []
  return listed
    .slice(0, 10)
    .filter((one) => typeof one === 'string')
    .filter((one) => /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,10}$/.test(one))
}

function readChallenge(value: unknown): readonly Challenge[] {
  const members = object(value)
  const type = text(members['type'])
  const where = url(members['url'])
  if (type === undefined || where === undefined) return []
  const token = text(members['token'])
  return [
    {
      type,
      url: where,
      status: text(members['status']) ?? 'pending',
      // RFC 8555 section 8.1: base64url, at least 128 bits. Anything else is not served.
      token: token !== undefined && /^[A-Za-z0-9_-]{1,256}$/.test(token) ? token : undefined,
      issuerDomains: domains(members['issuer-domain-names']),
      error: readInnerProblem(members['error']),
    },
  ]
}

export function readRenewalInfo(value: unknown): RenewalInfo | undefined {
  const members = object(value)
  const window = object(members['suggestedWindow'])
  const start = moment(window['start'])
  const end = moment(window['end'])
  if (start === undefined || end === undefined || end <= start) return undefined
  return { start, end, explanationUrl: url(members['explanationURL']) }
}

function readProfiles(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(object(value)).slice(0, 50)
  return Object.fromEntries(
    entries.map(([name, words]) => [name, typeof words === 'string' ? words.slice(0, 300) : '']),
  )
}

function object(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= 2048 ? value : undefined

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => text(item) !== undefined).slice(0, 2000) : []

const url = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= 2048 && value.startsWith('https://') && URL.canParse(value)
    ? value
    : undefined

const moment = (value: unknown): Instant | undefined => (typeof value === 'string' ? fromRfc3339(value) : undefined)
