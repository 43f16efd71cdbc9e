/** What the targets share: keys that envelopes are opened with, and ways to look at what came of an input. */
import { readFileSync } from 'node:fs'
import { createPrivateKey } from 'node:crypto'
import { Broken, promise } from '../../scripts/fuzz/target.ts'
import type { DerElement } from '../../src/pki/der.ts'
import { readElements } from '../../src/pki/der.ts'
import { readPrivateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { Malformed } from '../../src/pki/readder.ts'
import { asDer } from '../../src/std/bytes.ts'
import type { Der } from '../../src/std/bytes.ts'

export const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** @returns what was read; undefined where the reader says that it is malformed */
export function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

/** The first element of an input. */
export function firstElement(bytes: Uint8Array): DerElement | undefined {
  const elements = readElements(bytes)
  return elements.ok ? elements.value[0] : undefined
}

export interface Holder {
  readonly key: PrivateKey
  readonly certificate: Der
}

const material = (name: string): Buffer => readFileSync(`test/fuzz/material/${name}`)

/** The key and the certificate of whoever opens envelopes. They are in the repository and protect nothing. */
export function holderOf(kind: 'rsa' | 'ec'): Holder {
  const object = createPrivateKey({ key: material(`${kind}-key.der`), format: 'der', type: 'pkcs8' })
  const key = readPrivateKey(String(object.export({ type: 'pkcs8', format: 'pem' })))
  if (!key.ok) throw new Error(key.error)
  return { key: key.value, certificate: asDer(material(`${kind}-certificate.der`)) }
}

export const textOf = (input: Uint8Array): string => Buffer.from(input).toString('utf8')

/** @returns the JSON in an input; undefined where there is none */
export function jsonOf(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input)) as unknown
  } catch {
    return undefined
  }
}

/** Sentences end up in the status: on one line, and not longer than any reader would read. */
export function shownTo(people: string, most = 2000): void {
  promise(people.length <= most, `a sentence has at most ${most} characters`)
  promise(![...people].some(isControl), 'a sentence has no control characters')
}

const isControl = (sign: string): boolean => (sign < ' ' && sign !== '\n' && sign !== '\t') || sign === '\u007f'

/** @throws Broken when writing what was read, and reading that, gives something else */
export function samePlain(before: unknown, after: unknown, what: string): void {
  if (plainly(before) !== plainly(after)) throw new Broken(`${what} reads as it was written`)
}

const plainly = (value: unknown): string => JSON.stringify(comparable(value)) ?? 'undefined'

/** Octets are the same in whatever class they are held. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)].map(comparable)
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, comparable(member)]))
}
