/** What lies in the Certificate's status while a transaction runs. No secret: the challenge is only in the kept request. */
import { encodeName } from '../../pki/names.ts'
import { asDer, fromBase64 } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import type { DistinguishedName } from '../../domain/wanted.ts'
import { fromRfc3339, toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Json, Ticket } from '../enroller.ts'

/** How a certificate can be asked for, in the words of `spec.scep.renewal`. */
export const ways = ['RenewalReq', 'PKCSReq', 'Enroll'] as const

export type Way = (typeof ways)[number]

/** `request`: about to be sent, or sent without an answer. `approval`: the CA said PENDING. */
export type Phase = 'request' | 'approval'

export interface Transaction {
  readonly phase: Phase
  readonly id: string
  /** Lower-case hex of the senderNonce of the request. */
  readonly nonce: string
  readonly way: Way
  /** What is tried next when the CA does not take this one. */
  readonly otherWays: readonly Way[]
  /** SHA-256 of the public key that is being certified, and the service that was asked: a transaction is bound to both. */
  readonly keyHash: string
  readonly url: string
  readonly since: Instant
  /** The subject of the request: a Name, DER. */
  readonly subject: Der
  /** The certificate that is being renewed. */
  readonly current?: Der
}

const ticketVersion = 1

export function ticketOf(transaction: Transaction): Ticket {
  const { phase, id, nonce, way, otherWays, keyHash, url, since, subject, current } = transaction
  return {
    version: ticketVersion,
    phase,
    state: {
      transaction: id,
      nonce,
      way,
      otherWays,
      keyHash,
      url,
      since: toRfc3339(since),
      subject: base64(subject),
      ...(current === undefined ? {} : { current: base64(current) }),
    },
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** @returns undefined for a ticket of another version, or one that was damaged */
export function readTicket({ version, phase, state }: Ticket): Transaction | undefined {
  if (version !== ticketVersion || (phase !== 'request' && phase !== 'approval')) return undefined
  const [id, nonce, keyHash, url] = [state['transaction'], state['nonce'], state['keyHash'], state['url']].map(textOf)
  const since = fromRfc3339(textOf(state['since']) ?? '')
  const [subject, current] = [bytesOf(state['subject']), bytesOf(state['current'])]
  const way = wayOf(state['way'])
  if (id === undefined || nonce === undefined || keyHash === undefined || url === undefined) return undefined
  if (since === undefined || subject === undefined || way === undefined) return undefined
  const others = Array.isArray(state['otherWays'])
    ? state['otherWays'].map(wayOf).filter((one) => one !== undefined)
    : []
  return {
    phase,
    id,
    nonce,
    way,
    otherWays: others,
    keyHash,
    url,
    since,
    subject,
    ...(current === undefined ? {} : { current }),
  }
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const wayOf = (value: Json | undefined): Way | undefined => ways.find((way) => way === value)

function bytesOf(value: Json | undefined): Der | undefined {
  const octets = fromBase64(textOf(value) ?? '')
  return octets && asDer(octets)
}

export const subjectBytes = (subject: DistinguishedName): Der => encodeName(subject)
