/**
 * What is kept in the pending key's Secret while a transaction runs: the request, to be repeated byte for byte, and the key that
 * its reply is encrypted to where that is not the key of the order (a renewal is signed by the old key, RFC 8894 section 3.3.1.2).
 */
import type { PrivateKey } from '../../pki/key.ts'
import { readPrivateKey } from '../../pki/key.ts'
import { asDer } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import { readJsonObject } from '../../std/json.ts'

/** Who signs the requests of a transaction, and decrypts its replies. */
export interface Requester {
  readonly key: PrivateKey
  readonly certificate: Der
}

export interface Kept {
  readonly transaction: string
  readonly message: Uint8Array
  readonly requester: Requester
  /** The print of the challenge that is in the message. */
  readonly challenge: string | undefined
}

const version = 1

/** @returns bytes for a Secret, and for nowhere else: they may hold a private key */
export function encodeKept({ transaction, message, requester, challenge }: Kept, orderKey: PrivateKey): Uint8Array {
  const isOwn = requester.key.publicKeyHash === orderKey.publicKeyHash
  return Buffer.from(
    JSON.stringify({
      version,
      transaction,
      message: Buffer.from(message).toString('base64'),
      certificate: Buffer.from(requester.certificate).toString('base64'),
      ...(challenge === undefined ? {} : { challenge }),
      ...(isOwn ? {} : { key: requester.key.toPem('PKCS8') }),
    }),
  )
}

/** @returns what was kept, or undefined when it is of another version, damaged, or of another transaction */
export function decodeKept(
  bytes: Uint8Array | undefined,
  { transaction, orderKey }: { readonly transaction: string; readonly orderKey: PrivateKey },
): Kept | undefined {
  const value = readJsonObject(bytes)
  if (value?.['version'] !== version || value['transaction'] !== transaction) return undefined
  const { message, certificate, key, challenge } = value
  if (typeof message !== 'string' || typeof certificate !== 'string') return undefined
  const requesterKey = key === undefined ? orderKey : keyIn(key)
  if (requesterKey === undefined) return undefined
  return {
    transaction,
    message: Buffer.from(message, 'base64'),
    requester: { key: requesterKey, certificate: asDer(Buffer.from(certificate, 'base64')) },
    challenge: typeof challenge === 'string' ? challenge : undefined,
  }
}

function keyIn(pem: unknown): PrivateKey | undefined {
  const key = typeof pem === 'string' ? readPrivateKey(pem) : undefined
  return key?.ok === true ? key.value : undefined
}
