/**
 * Patterns of policies. Each is matched field by field with one kind of wildcard, so that matching takes one pass over the
 * text: no pattern, however it is written, can run long.
 */
import { canonicalIp, ipOctets } from '../../std/ip.ts'

/**
 * `covers`: everything that the name stands for fits the pattern, as it must to be allowed. `overlaps`: something that it
 * stands for may fit, which is enough to be denied: *.example.com serves for admin.example.com too.
 */
export type Fit = 'covers' | 'overlaps'

/** @returns whether `text` is `pattern` with any characters in place of each `*` */
export function fitsText(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === first
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

const fitsAnyCase = (pattern: string, text: string): boolean => fitsText(pattern.toLowerCase(), text.toLowerCase())

/**
 * @param pattern - `www.example.com`: this name; `*` in a label: any characters of it; `.example.com`: every name below;
 *   `*` alone: every name
 * @param name - may be a wildcard itself
 */
export function fitsDns(pattern: string, name: string, fit: Fit): boolean {
  if (pattern === '*') return true
  const [wanted, had] = [pattern.toLowerCase(), name.toLowerCase()]
  const isSuffix = wanted.startsWith('.')
  // Most patterns and names have no wildcard, and are compared as they are.
  if (!wanted.includes('*') && !had.includes('*'))
    return isSuffix ? had.length > wanted.length && had.endsWith(wanted) : had === wanted
  const [parts, labels] = [wanted.split('.').slice(isSuffix ? 1 : 0), had.split('.')]
  if (isSuffix ? labels.length <= parts.length : labels.length !== parts.length) return false
  const offset = labels.length - parts.length
  return parts.every((part, index) => fitsLabel(part, labels[index + offset] ?? '', fit))
}

function fitsLabel(pattern: string, label: string, fit: Fit): boolean {
  if (label !== '*') return fitsText(pattern, label)
  return fit === 'overlaps' || /^[*]+$/.test(pattern)
}

/** The part before the `@` is compared exactly to be allowed (RFC 5280 section 7.5), and in any case to be denied. */
export function fitsEmail(pattern: string, address: string, fit: Fit): boolean {
  if (fit === 'overlaps') return fitsAnyCase(pattern, address)
  // What has no @ is a host without a user, and none that an address with an empty user stands for.
  if (pattern.includes('@') !== address.includes('@')) return false
  const [wantedUser, wantedHost] = halves(pattern)
  const [user, host] = halves(address)
  return fitsText(wantedUser, user) && fitsAnyCase(wantedHost, host)
}

/** The host is what follows the last `@`. */
function halves(address: string): readonly [string, string] {
  const at = address.lastIndexOf('@')
  return [address.slice(0, Math.max(at, 0)), address.slice(at + 1)]
}

/** @param pattern - `*` stands for characters up to the next `/`, `?` or `#`; `**` at the end for all that follows */
export function fitsUri(pattern: string, uri: string, fit: Fit): boolean {
  const isOpen = pattern.endsWith('**')
  const wanted = fieldsOf(isOpen ? pattern.slice(0, -1) : pattern)
  const fields = fieldsOf(uri)
  if (isOpen ? fields.length < wanted.length : fields.length !== wanted.length) return false
  const fits = fit === 'overlaps' ? fitsAnyCase : fitsText
  return wanted.every((part, index) => fits(part, fields[index] ?? ''))
}

/** With the separators between them, which must be the same ones. */
const fieldsOf = (uri: string): readonly string[] => uri.split(/([/?#])/)

/** @param range - CIDR, such as `10.0.0.0/8` */
export function fitsRange(range: string, address: string): boolean {
  const [base = '', prefix = ''] = range.split('/')
  const from = octetsOf(base)
  const octets = octetsOf(address)
  if (from === undefined || octets === undefined || from.length !== octets.length) return false
  return from.every((octet, index) => {
    const bits = Math.min(8, Math.max(0, Number(prefix) - index * 8))
    const mask = (0xff00 >> bits) & 0xff
    return (octet & mask) === ((octets[index] ?? 0) & mask)
  })
}

/** An IPv4 address inside IPv6 (RFC 4291 section 2.5.5.2) is the IPv4 address. */
function octetsOf(text: string): Uint8Array | undefined {
  const canonical = canonicalIp(text)
  if (canonical === undefined) return undefined
  const octets = ipOctets(canonical)
  const isMapped = octets.length === 16 && octets.slice(0, 10).every((octet) => octet === 0)
  return isMapped && octets[10] === 0xff && octets[11] === 0xff ? octets.slice(12) : octets
}
