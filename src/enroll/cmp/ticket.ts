/** What lies in the Certificate's status while a transaction runs. Nothing of it is secret. */
import { asDer, fromBase64, fromHex } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import { fromRfc3339, toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Json, Ticket } from '../enroller.ts'

/** The messages that ask for a certificate. */
export const askings = ['ir', 'cr', 'p10cr', 'kur'] as const

export type Asking = (typeof askings)[number]

/**
 * `request`: about to be sent, or sent without an answer. `approval`: the CA said waiting. `confirmation`: issued, not confirmed.
 * `acknowledgement`: the CA said waiting to the confirmation.
 */
export const phases = ['request', 'approval', 'confirmation', 'acknowledgement'] as const

/** A certificate that the CA has issued, and that it wants to hear about. */
export interface Granted {
  /** The certificate first, then whatever came along. */
  readonly chain: readonly Der[]
  readonly roots: readonly Der[]
  readonly warning?: string | undefined
  /** Until when the CA waits to hear about it. */
  readonly confirmBy: Instant
}

export interface Transaction {
  readonly phase: (typeof phases)[number]
  /** Octets of transactionID, and of the senderNonce of the request. */
  readonly id: Uint8Array
  readonly nonce: Uint8Array
  readonly asking: Asking
  readonly pvno: number
  /** SHA-256 of the public key that is being certified, and the server that was asked: a transaction is bound to both. */
  readonly keyHash: string
  readonly url: string
  readonly since: Instant
  /** The certificate that signs the messages, where a renewal does, and the CAs above it. */
  readonly current?: readonly Der[] | undefined
  /** Of the last reply. */
  readonly serverNonce?: Uint8Array | undefined
  readonly certReqId?: number | undefined
  readonly granted?: Granted | undefined
}

const ticketVersion = 1

export function ticketOf(transaction: Transaction): Ticket {
  const { phase, id, nonce, asking, pvno, keyHash, url, since } = transaction
  const { current, serverNonce, certReqId, granted } = transaction
  return {
    version: ticketVersion,
    phase,
    state: {
      transaction: hex(id),
      nonce: hex(nonce),
      asking,
      pvno,
      keyHash,
      url,
      since: toRfc3339(since),
      ...(current === undefined ? {} : { current: current.map(base64) }),
      ...(serverNonce === undefined ? {} : { serverNonce: hex(serverNonce) }),
      ...(certReqId === undefined ? {} : { certReqId }),
      ...(granted === undefined ? {} : { granted: grantedJson(granted) }),
    },
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const grantedJson = ({ chain, roots, warning, confirmBy }: Granted): Json => ({
  confirmBy: toRfc3339(confirmBy),
  chain: chain.map(base64),
  roots: roots.map(base64),
  ...(warning === undefined ? {} : { warning }),
})

/** @returns undefined for a ticket of another version, or one that was damaged */
export function readTicket({ version, phase: phaseName, state }: Ticket): Transaction | undefined {
  const phase = phases.find((one) => one === phaseName)
  const asking = askings.find((one) => one === state['asking'])
  const [keyHash, url, pvno] = [textOf(state['keyHash']), textOf(state['url']), numberOf(state['pvno'])]
  const [id, nonce] = [octetsOf(state['transaction']), octetsOf(state['nonce'])]
  const since = fromRfc3339(textOf(state['since']) ?? '')
  if (version !== ticketVersion || phase === undefined || asking === undefined || pvno === undefined) return undefined
  if (id === undefined || nonce === undefined || keyHash === undefined || url === undefined) return undefined
  if (since === undefined) return undefined
  return {
    phase,
    id,
    nonce,
    asking,
    pvno,
    keyHash,
    url,
    since,
    current: state['current'] === undefined ? undefined : dersOf(state['current']),
    serverNonce: octetsOf(state['serverNonce']),
    certReqId: numberOf(state['certReqId']),
    granted: grantedOf(state['granted']),
  }
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const numberOf = (value: Json | undefined): number | undefined => (typeof value === 'number' ? value : undefined)

function octetsOf(value: Json | undefined): Uint8Array | undefined {
  const text = textOf(value)
  return text === undefined ? undefined : fromHex(text)
}

function derOf(value: Json | undefined): Der | undefined {
  const octets = fromBase64(textOf(value) ?? '')
  return octets && asDer(octets)
}

function grantedOf(value: Json | undefined): Granted | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { chain, roots, warning, confirmBy: by } = value as { readonly [key: string]: Json }
  const confirmBy = fromRfc3339(textOf(by) ?? '')
  if (confirmBy === undefined) return undefined
  return { chain: dersOf(chain), roots: dersOf(roots), warning: textOf(warning), confirmBy }
}

const dersOf = (value: Json | undefined): readonly Der[] =>
  Array.isArray(value) ? value.map((one: Json) => derOf(one)).filter((one) => one !== undefined) : []
