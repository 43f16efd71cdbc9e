import { randomBytes as random } from 'node:crypto'

/** @param length - octets wanted, of the quality that keys need */
export const randomBytes = (length: number): Uint8Array => random(length)

/** @returns 16 octets, big-endian, for a serial number: within the 20 octets of RFC 5280 section 4.1.2.2, never to be guessed */
export const randomSerial = (): Uint8Array => random(16)
