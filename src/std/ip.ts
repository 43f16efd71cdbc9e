const dottedQuad = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/

/**
 * The canonical text of an IP address (RFC 5952 for IPv6), so that two spellings of one address compare equal.
 *
 * @param text - an IPv4 or IPv6 address without brackets or zone
 * @returns the canonical text, or undefined when `text` is not an address
 */
export function canonicalIp(text: string): string | undefined {
  if (dottedQuad.test(text)) return text.split('.').map(Number).join('.')
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text) || !text.includes(':')) return undefined
  return URL.canParse(`http://[${text}]`) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : undefined
}

/**
 * @param text - as {@link canonicalIp} returns it
 * @returns 4 or 16 octets in network order
 */
export function ipOctets(text: string): Uint8Array {
  if (!text.includes(':')) return Uint8Array.from(text.split('.').map(Number))
  const [before = '', after] = text.split('::')
  const groups = (part: string): readonly string[] => part.split(':').filter(Boolean)
  const tail = groups(after ?? '')
  const head = groups(before)
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  const words = [...head, ...(after === undefined ? [] : zeros), ...tail].map((group) => Number.parseInt(group, 16))
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}

/**
 * @param text - as {@link canonicalIp} returns it
 * @returns the name of the address in the DNS, without a final dot (RFC 1035 section 3.5, RFC 3596 section 2.5)
 */
function reverseName(text: string): string {
  const octets = [...ipOctets(text)].toReversed()
  if (octets.length === 4) return `${octets.join('.')}.in-addr.arpa`
  const nibbles = octets.flatMap((octet) => [octet & 0xf, octet >> 4])
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`
}

/** @returns the name by which an identifier is asked for in a TLS handshake, which knows no addresses (RFC 8738 section 6) */
export function serverNameOf(identifier: string): string {
  const address = canonicalIp(identifier)
  return address === undefined ? identifier.toLowerCase() : reverseName(address)
}
