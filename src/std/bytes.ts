/** Bytes known to be one DER-encoded value. */
export type Der = Uint8Array & { readonly __brand: 'Der' }

/** Text known to be PEM (RFC 7468), one or more blocks, ending in a newline. */
export type Pem = string & { readonly __brand: 'Pem' }

export const asDer = (bytes: Uint8Array): Der => bytes as Der
export const asPem = (text: string): Pem => text as Pem

/** @returns the octets of hex that is whole and holds at least one; undefined for every other text */
export const fromHex = (text: string): Uint8Array | undefined =>
  /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined

/** @returns the octets of base64 that is whole and holds at least one; undefined for every other text */
export const fromBase64 = (text: string): Uint8Array | undefined =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
