import { createHash, hash } from 'node:crypto'

/** @returns 32 octets */
export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** @returns lower-case hex, 64 characters */
export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex')

/** @returns the first 32 characters of the hex digest: enough to tell texts apart in an annotation, not to prove anything */
export const shortHash = (text: string): string => sha256Hex(Buffer.from(text)).slice(0, 32)
