/** What lies in the Certificate's status while a request is under way. No secret. */
import { asDer, fromBase64 } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import { fromRfc3339, toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Json, Ticket } from '../enroller.ts'

/** The operations that issue. */
export const issuing = ['simpleenroll', 'simplereenroll', 'serverkeygen'] as const

export type Issuing = (typeof issuing)[number]

/** `request`: about to be sent, or sent without an answer. `approval`: the server said 202. */
export type Phase = 'request' | 'approval'

export interface Transaction {
  readonly phase: Phase
  readonly operation: Issuing
  /** SHA-256 of the public key of the order, and the service that was asked: a transaction is bound to both. */
  readonly keyHash: string
  readonly service: string
  readonly since: Instant
  /** The certificate that is being renewed, which is shown in TLS. */
  readonly current?: Der
  /** What a person should know once it has worked. */
  readonly warning?: string
}

const ticketVersion = 1

export function ticketOf(transaction: Transaction): Ticket {
  const { phase, operation, keyHash, service, since, current, warning } = transaction
  return {
    version: ticketVersion,
    phase,
    state: {
      operation,
      keyHash,
      service,
      since: toRfc3339(since),
      ...(current === undefined ? {} : { current: Buffer.from(current).toString('base64') }),
      ...(warning === undefined ? {} : { warning }),
    },
  }
}

/** @returns undefined for a ticket of another version, or one that was damaged */
export function readTicket({ version, phase, state }: Ticket): Transaction | undefined {
  if (version !== ticketVersion || (phase !== 'request' && phase !== 'approval')) return undefined
  const [keyHash, service, warning] = ['keyHash', 'service', 'warning'].map((name) => textOf(state[name]))
  const current = fromBase64(textOf(state['current']) ?? '')
  const operation = issuing.find((one) => one === state['operation'])
  const since = fromRfc3339(textOf(state['since']) ?? '')
  if (operation === undefined || keyHash === undefined || service === undefined || since === undefined) return undefined
  return {
    phase,
    operation,
    keyHash,
    service,
    since,
    ...(current === undefined ? {} : { current: asDer(current) }),
    ...(warning === undefined ? {} : { warning }),
  }
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
