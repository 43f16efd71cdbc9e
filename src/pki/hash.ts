import { createHash } from 'node:crypto'

/** @returns 32 octets */
export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** @returns lower-case hex, 64 characters */
export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Only for identifiers that a format fixes to SHA-1. @returns lower-case hex, 40 characters */
export const sha1Hex = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')
