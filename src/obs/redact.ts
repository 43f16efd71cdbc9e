import { types } from 'node:util'
import { SecretText } from '../std/secret.ts'

/** Names whose values are secrets, whatever they are called in front: `clientSecret`, `hmac-key`. Not `secretName`. */
const secretName = /(?:password|passphrase|secret|token|authorization|apikey|privatekey|hmackey|cookie|credentials?)$/

const privateKey = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g
const bearer = /\bBearer +[\w.~+/=-]{8,}/gi
const userInfo = /([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]{0,256}:[^\s/@]{1,1024}@/gi

const redacted = '[redacted]'
const longestText = 8192
const deepest = 6
const mostItems = 100

/** Names that a log line uses for itself. */
const reserved = new Set(['level', 'time', 'message'])

/**
 * Makes fields fit to be printed: secrets replaced, errors written out with their causes, bytes counted, everything bounded.
 *
 * @returns plain data that JSON can hold
 */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const named = Object.entries(fields).map(([name, value]) => [reserved.has(name) ? `${name}_` : name, value] as const)
  return redactEntries(named, 0)
}

/** Replaces private keys, bearer tokens and passwords in URLs inside a text, and clips it. */
export function redactText(text: string): string {
  const clipped = text.length > longestText ? `${text.slice(0, longestText)}... (${text.length} characters)` : text
  return clipped
    .replace(privateKey, '[redacted private key]')
    .replace(bearer, `Bearer ${redacted}`)
    .replace(userInfo, `$1${redacted}@`)
}

function redactEntries(entries: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> {
  const kept = entries.slice(0, mostItems).map(([name, value]) => [name, redactNamed(name, value, depth)] as const)
  return Object.fromEntries(kept)
}

function redactNamed(name: string, value: unknown, depth: number): unknown {
  const isSecret = secretName.test(name.toLowerCase().replace(/[-_.]/g, ''))
  return isSecret && value !== undefined && value !== null ? redacted : redact(value, depth + 1)
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  return depth > deepest ? '[nested too deeply]' : redactObject(value, depth)
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof SecretText) return redacted
  if (types.isNativeError(value)) return redactError(value, depth)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()
  if (value instanceof URL) return redactText(value.href)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (value instanceof Map)
    return redactEntries(
      [...value].map(([name, held]) => [keyText(name), held]),
      depth,
    )
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].slice(0, mostItems).map((item: unknown) => redact(item, depth + 1))
  }
  return redactEntries(Object.entries(value), depth)
}

/** An object as a key has no text that is safe to ask it for. */
function keyText(key: unknown): string {
  const isPlain =
    typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' || typeof key === 'bigint'
  return isPlain ? `${key}` : `[${typeof key}]`
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const several = 'errors' in error ? { errors: error.errors } : {}
  const cause = error.cause === undefined ? {} : { cause: error.cause }
  const own = {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...Object.fromEntries(Object.entries(error)),
  }
  return redactEntries(Object.entries({ ...own, ...several, ...cause }), depth)
}
