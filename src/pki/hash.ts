import { createHash } from 'node:crypto'

/** @returns 32 octets */
export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** @returns lower-case hex, 64 characters */
export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
