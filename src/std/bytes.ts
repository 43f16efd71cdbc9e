/** Bytes known to be one DER-encoded value. */
export type Der = Uint8Array & { readonly __brand: 'Der' }

/** Text known to be PEM (RFC 7468), one or more blocks, ending in a newline. */
export type Pem = string & { readonly __brand: 'Pem' }

export const asDer = (bytes: Uint8Array): Der => bytes as Der
export const asPem = (text: string): Pem => text as Pem
