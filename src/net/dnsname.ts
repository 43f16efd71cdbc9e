/** Names in DNS messages (RFC 1035 sections 3.1 and 4.1.4). In text: lower case, without the final dot; the root is ''. */

/** A name as it was read, and the offset behind it. */
export interface ReadName {
  readonly name: string
  readonly next: number
}

const longestName = 255
const longestLabel = 63
/** A name of 255 octets has at most 127 labels, so more pointers than that can only be a loop. */
const mostPointers = 127

/** @returns lower case and without the final dot: how names are compared (RFC 4343) */
export const plainName = (name: string): string => name.replace(/\.$/, '').toLowerCase()

/** @returns whether `name` is `zone` or lies below it. Both plain */
export const isWithin = (name: string, zone: string): boolean =>
  zone === '' || name === zone || name.endsWith(`.${zone}`)

/** @returns the name above; '' above a name of one label */
export const parentName = (name: string): string => name.split('.').slice(1).join('.')

/**
 * @param name - printable ASCII without escapes, in any case, with or without the final dot
 * @returns uncompressed, in lower case: also the canonical form (RFC 4034 section 6.2); undefined for what is no name
 */
export function encodeName(name: string): Uint8Array | undefined {
  const plain = plainName(name)
  if (plain === '') return Uint8Array.of(0)
  if (!/^[\x21-\x7e]+$/.test(plain) || plain.includes('\\')) return undefined
  const labels = plain.split('.')
  if (labels.some((label) => label === '' || label.length > longestLabel)) return undefined
  const bytes = Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')])),
    Buffer.of(0),
  ])
  return bytes.length <= longestName ? bytes : undefined
}

/**
 * Reads a name, compressed or not. Octets that are no printable ASCII, dots and backslashes within labels come escaped as
 * `\DDD` (RFC 4343 section 2.1), so that no two names look the same.
 *
 * @returns undefined when it is malformed, points forward, or leads beyond the message
 */
export function readName(message: Uint8Array, start: number): ReadName | undefined {
  const labels: string[] = []
  let [at, next, length] = [start, start, 1]
  for (let pointers = 0; ;) {
    const octet = message[at]
    if (octet === undefined) return undefined
    if (octet === 0) return { name: labels.join('.'), next: pointers === 0 ? at + 1 : next }
    if (octet >= 0xc0) {
      const target = ((octet & 0x3f) << 8) | (message[at + 1] ?? 0)
      if (message[at + 1] === undefined || target >= at || (pointers += 1) > mostPointers) return undefined
      if (pointers === 1) next = at + 2
      at = target
      continue
    }
    length += octet + 1
    if (octet > longestLabel || at + 1 + octet > message.length || length > longestName) return undefined
    labels.push(labelText(message.subarray(at + 1, at + 1 + octet)))
    at += octet + 1
  }
}

const labelText = (octets: Uint8Array): string => Array.from(octets, octetText).join('')

function octetText(octet: number): string {
  const isPlain = octet > 0x20 && octet < 0x7f && octet !== 0x2e && octet !== 0x5c
  return isPlain ? String.fromCodePoint(octet).toLowerCase() : `\\${String(octet).padStart(3, '0')}`
}
