/**
 * The first message of a TLS client (RFC 8446 section 4.1.2), as far as it says whom the client wants and what it will speak.
 * Read before a TLS stack sees it, because Node's cannot answer with the alert that is due.
 */

export type Hello =
  /** Not all of it has arrived. */
  | { readonly kind: 'more' }
  | {
      readonly kind: 'hello'
      /** RFC 6066 section 3, lower case. */
      readonly serverName: string | undefined
      /** RFC 7301, in the client's order. */
      readonly protocols: readonly string[]
    }
  /** No TLS, or nothing that an honest client sends. */
  | { readonly kind: 'bad' }

const recordHeader = 5
const handshakeRecord = 22
const clientHello = 1
const extensionIds = { serverName: 0, protocols: 16 } as const
/** RFC 8446 section 5.1. */
const mostOfRecord = 16_384

const more: Hello = { kind: 'more' }
const bad: Hello = { kind: 'bad' }

class Short extends Error {}

/** Reads numbers and vectors off the front of bytes. */
class Reader {
  #rest: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#rest = bytes
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0
  }

  take(length: number): Uint8Array {
    if (this.#rest.length < length) throw new Short()
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  number(octets: number): number {
    return this.take(octets).reduce((sum, octet) => sum * 256 + octet, 0)
  }

  /** @param octets - how many the length in front takes */
  vector(octets: number): Reader {
    return new Reader(this.take(this.number(octets)))
  }

  rest(): Uint8Array {
    return this.#rest
  }
}

/** @param bytes - everything that has arrived so far */
export function readClientHello(bytes: Uint8Array): Hello {
  const joined = handshakeBytes(bytes)
  if (joined === 'bad') return bad
  if (joined.length < 4) return more
  if (joined[0] !== clientHello) return bad
  const length = new Reader(joined.subarray(1)).number(3)
  if (length > mostOfRecord) return bad
  if (joined.length < 4 + length) return more
  try {
    return readBody(new Reader(joined.subarray(4, 4 + length)))
  } catch (error) {
    if (error instanceof Short) return bad
    throw error
  }
}

/** The content of the records that have arrived, joined: a message may be spread over several. */
function handshakeBytes(bytes: Uint8Array): Uint8Array | 'bad' {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== handshakeRecord) return 'bad'
    const header = bytes.subarray(at, at + recordHeader)
    if (header.length < recordHeader) break
    const length = new Reader(header.subarray(3)).number(2)
    if (header[1] !== 3 || length === 0 || length > mostOfRecord) return 'bad'
    parts.push(bytes.subarray(at + recordHeader, at + recordHeader + length))
    at += recordHeader + length
  }
  return Buffer.concat(parts)
}

function readBody(body: Reader): Hello {
  body.take(2 + 32)
  body.vector(1)
  body.vector(2)
  body.vector(1)
  let serverName: string | undefined
  let protocols: readonly string[] = []
  const extensions = body.isEmpty ? body : body.vector(2)
  while (!extensions.isEmpty) {
    const type = extensions.number(2)
    const value = extensions.vector(2)
    if (type === extensionIds.serverName) serverName = readServerName(value)
    if (type === extensionIds.protocols) protocols = readProtocols(value)
  }
  return { kind: 'hello', serverName, protocols }
}

function readServerName(value: Reader): string | undefined {
  const names = value.vector(2)
  while (!names.isEmpty) {
    const type = names.number(1)
    const name = Buffer.from(names.vector(2).rest()).toString('latin1')
    if (type === 0) return name.toLowerCase()
  }
  return undefined
}

function readProtocols(value: Reader): readonly string[] {
  const list = value.vector(2)
  const found: string[] = []
  while (!list.isEmpty) found.push(Buffer.from(list.vector(1).rest()).toString('latin1'))
  return found
}
