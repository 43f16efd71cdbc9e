/**
 * What is kept in the pending key's Secret while a transaction runs: the request, to be repeated byte for byte, and the identity
 * that signs the messages of a renewal, which is the one that is being replaced.
 */
import { readPrivateKey } from '../../pki/key.ts'
import { asDer } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import { readJsonObject } from '../../std/json.ts'
import type { Json } from '../../std/json.ts'
import type { Identity } from '../enroller.ts'

export interface Kept {
  /** PKIMessage, DER. */
  readonly message: Uint8Array
  readonly current: Identity | undefined
}

const version = 1

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/**
 * @param id - the transactionID that it belongs to
 * @returns bytes for a Secret, and for nowhere else: they may hold a private key
 */
export function encodeKept({ message, current }: Kept, id: Uint8Array): Uint8Array {
  const identity = current === undefined ? {} : { chain: current.chain.map(base64), key: current.key.toPem('PKCS8') }
  return Buffer.from(JSON.stringify({ version, transaction: base64(id), message: base64(message), ...identity }))
}

/** @returns what was kept, or undefined when nothing was, or it is of another version or transaction, or damaged */
export function decodeKept(bytes: Uint8Array | undefined, id: Uint8Array): Kept | undefined {
  const value = readJsonObject(bytes)
  if (value?.['version'] !== version || value['transaction'] !== base64(id)) return undefined
  const { message, chain, key } = value
  if (typeof message !== 'string') return undefined
  const current = key === undefined ? undefined : identityOf(chain, key)
  if (key !== undefined && current === undefined) return undefined
  return { message: Buffer.from(message, 'base64'), current }
}

function identityOf(chain: Json | undefined, pem: Json): Identity | undefined {
  const key = typeof pem === 'string' ? readPrivateKey(pem) : undefined
  return key?.ok === true ? { chain: dersOf(chain), key: key.value } : undefined
}

const dersOf = (value: Json | undefined): readonly Der[] =>
  Array.isArray(value)
    ? value.flatMap((one: Json) => (typeof one === 'string' ? [asDer(Buffer.from(one, 'base64'))] : []))
    : []
