/**
 * What is kept in the pending key's Secret while a request is under way: the request, to be repeated byte for byte, or what it is
 * made of where each TLS session needs one of its own; and the identity that is being replaced, which is shown in TLS.
 */
import { readPrivateKey } from '../../pki/key.ts'
import { asDer } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import { isJsonObject, readJsonObject } from '../../std/json.ts'
import type { Json } from '../../std/json.ts'
import type { Identity } from '../enroller.ts'
import type { Blueprint } from './request.ts'

export interface Kept {
  /** A CertificationRequest, DER. Undefined where the channel is part of it. */
  readonly request: Der | undefined
  readonly blueprint: Blueprint
  readonly current: Identity | undefined
}

const version = 1

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** @returns bytes for a Secret, and for nowhere else: they may hold a private key */
export function encodeKept({ request, blueprint, current }: Kept): Uint8Array {
  const { subject, extensions, attributes, hash, binding } = blueprint
  return Buffer.from(
    JSON.stringify({
      version,
      ...(request === undefined ? {} : { request: base64(request) }),
      ...(subject === undefined ? {} : { subject: base64(subject) }),
      extensions: extensions.map(base64),
      attributes: attributes.map(({ type, values }) => ({ type, values: values.map(base64) })),
      ...(hash === undefined ? {} : { hash }),
      binding,
      ...(current === undefined ? {} : { chain: current.chain.map(base64), key: current.key.toPem('PKCS8') }),
    }),
  )
}

/** @returns what was kept, or undefined when nothing was, or it is of another version, or damaged */
export function decodeKept(bytes: Uint8Array | undefined): Kept | undefined {
  const value = readJsonObject(bytes)
  if (value?.['version'] !== version) return undefined
  const binding = (['None', 'TLSUnique', 'TLSExporter', 'Auto'] as const).find((one) => one === value['binding'])
  const hash = (['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] as const).find((one) => one === value['hash'])
  const current = value['key'] === undefined ? undefined : identityIn(value)
  if (binding === undefined || (value['key'] !== undefined && current === undefined)) return undefined
  return {
    request: derOf(value['request']),
    blueprint: {
      subject: derOf(value['subject']),
      hash,
      binding,
      extensions: listOf(value['extensions']),
      attributes: attributesIn(value['attributes']),
    },
    current,
  }
}

const derOf = (value: Json | undefined): Der | undefined =>
  typeof value === 'string' ? asDer(Buffer.from(value, 'base64')) : undefined

const listOf = (value: Json | undefined): readonly Der[] =>
  Array.isArray(value) ? value.map((one: Json) => derOf(one)).filter((one) => one !== undefined) : []

const attributesIn = (value: Json | undefined): Blueprint['attributes'] =>
  (Array.isArray(value) ? value : [])
    .filter(isJsonObject)
    .flatMap(({ type, values }) => (typeof type === 'string' ? [{ type, values: listOf(values) }] : []))

function identityIn({ chain, key }: { readonly [key: string]: Json }): Identity | undefined {
  const read = typeof key === 'string' ? readPrivateKey(key) : undefined
  return read?.ok === true ? { chain: listOf(chain), key: read.value } : undefined
}
