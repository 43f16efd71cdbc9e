/** HTTP Digest (RFC 7616), and the old form of RFC 2069. Pure but for the hash. */
import { createHash } from 'node:crypto'
import type { SecretText } from '../../std/secret.ts'
import type { Challenge } from './challenge.ts'

export interface Login {
  readonly username: string
  readonly password: SecretText
}

/** A challenge that can be answered. */
export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  /** As the server spelled it; undefined where it named none, which means MD5. */
  readonly algorithm: string | undefined
  readonly hash: 'md5' | 'sha256' | 'sha512-256'
  readonly session: boolean
  /** Undefined for RFC 2069. */
  readonly qop: 'auth' | 'auth-int' | undefined
  readonly stale: boolean
  readonly userhash: boolean
}

const hashes: ReadonlyMap<string, DigestChallenge['hash']> = new Map([
  ['md5', 'md5'],
  ['sha-256', 'sha256'],
  ['sha-512-256', 'sha512-256'],
])

/** @returns undefined when the challenge asks for something that is not known, and never of another scheme */
export function readDigest({ scheme, parameters }: Challenge): DigestChallenge | undefined {
  const [realm, nonce] = [parameters.get('realm'), parameters.get('nonce')]
  if (scheme !== 'digest' || realm === undefined || nonce === undefined || nonce === '') return undefined
  const algorithm = parameters.get('algorithm')
  const name = (algorithm ?? 'md5').toLowerCase()
  const hash = hashes.get(name.replace(/-sess$/, ''))
  const offered = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  const qop = (['auth', 'auth-int'] as const).find((one) => offered?.includes(one))
  if (hash === undefined || (offered !== undefined && offered.length > 0 && qop === undefined)) return undefined
  return {
    realm,
    nonce,
    algorithm,
    hash,
    qop,
    opaque: parameters.get('opaque'),
    session: name.endsWith('-sess'),
    stale: parameters.get('stale')?.toLowerCase() === 'true',
    userhash: parameters.get('userhash')?.toLowerCase() === 'true',
  }
}

export interface DigestUse {
  readonly method: string
  /** Path and query as they are sent. */
  readonly target: string
  readonly body: Uint8Array
  /** How often the nonce has been used, this time included. */
  readonly count: number
  /** Of the client; fresh each time. */
  readonly cnonce: string
}

/** @returns the value of the Authorization header (section 3.4) */
export function digestAuthorization(challenge: DigestChallenge, login: Login, use: DigestUse): string {
  const { realm, nonce, opaque, algorithm, qop, userhash } = challenge
  const count = use.count.toString(16).padStart(8, '0')
  const h = hasher(challenge)
  const username = userhash ? h(`${login.username}:${realm}`) : login.username
  const text = (value: string): string => `"${value.replace(/(["\\])/g, '\\$1')}"`
  const members = [
    `username=${text(username)}`,
    `realm=${text(realm)}`,
    `nonce=${text(nonce)}`,
    `uri=${text(use.target)}`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${count}`]),
    ...(qop === undefined && !challenge.session ? [] : [`cnonce=${text(use.cnonce)}`]),
    `response=${text(responseOf(challenge, login, { ...use, count }))}`,
    ...(opaque === undefined ? [] : [`opaque=${text(opaque)}`]),
    ...(userhash ? ['userhash=true'] : []),
  ]
  return `Digest ${members.join(', ')}`
}

type Hash = (text: string | Uint8Array) => string

const hasher =
  ({ hash }: DigestChallenge): Hash =>
  (text) =>
    createHash(hash).update(text).digest('hex')

/** Sections 3.4.1 to 3.4.3. */
function responseOf(
  challenge: DigestChallenge,
  { username, password }: Login,
  { method, target, body, count, cnonce }: Omit<DigestUse, 'count'> & { readonly count: string },
): string {
  const { realm, nonce, qop, session } = challenge
  const h = hasher(challenge)
  const secret = h(`${username}:${realm}:${password.reveal()}`)
  const a1 = session ? h(`${secret}:${nonce}:${cnonce}`) : secret
  const a2 = h(qop === 'auth-int' ? `${method}:${target}:${h(body)}` : `${method}:${target}`)
  return qop === undefined ? h(`${a1}:${nonce}:${a2}`) : h(`${a1}:${nonce}:${count}:${cnonce}:${qop}:${a2}`)
}
