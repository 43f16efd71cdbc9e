/**
 * The wishes of a CA in /csrattrs: plain identifiers and attributes with values (RFC 7030 section 4.5.2, RFC 8951 section 4), or a
 * template of the whole request (RFC 9908 section 3.4). Pure.
 */
import type { KeyShape, NameAttribute } from '../../domain/wanted.ts'
import { berToDer } from '../../pki/cms/ber.ts'
import { tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import type { HashName } from '../../pki/key.ts'
import { readKeyShape } from '../../pki/readalgorithm.ts'
import { childrenOf, Malformed, onlyChild, reading, readOid } from '../../pki/readder.ts'
import { readName } from '../../pki/readnames.ts'
import type { Der } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'

/** An extension that shall be in the request; without a value where the client fills it in. */
export interface WishedExtension {
  /** Dotted object identifier. */
  readonly type: string
  readonly critical: boolean
  /** What is inside extnValue. */
  readonly value: Uint8Array | undefined
  /** Extension, DER, when there is a value. */
  readonly encoded: Der | undefined
}

export interface CsrWishes {
  /** Of the key; the size is undefined when any will do. */
  readonly key: { readonly algorithm: KeyShape['algorithm']; readonly size: number | undefined } | undefined
  readonly hash: HashName | undefined
  /** The request shall be tied to its TLS session by a challengePassword (RFC 7030 section 3.5). */
  readonly bindsChannel: boolean
  readonly extensions: readonly WishedExtension[]
  /** Attributes of the subject; an empty value is one that the client fills in. In the order of the template. */
  readonly subject: readonly NameAttribute[]
  /** Attributes of the request whose value the CA gave, to be sent as they are. */
  readonly attributes: readonly { readonly type: string; readonly values: readonly Der[] }[]
  /** Object identifiers that mean nothing here. */
  readonly unknown: readonly string[]
}

export const noWishes: CsrWishes = {
  key: undefined,
  hash: undefined,
  bindsChannel: false,
  extensions: [],
  subject: [],
  attributes: [],
  unknown: [],
}

const ids = {
  challengePassword: '1.2.840.113549.1.9.7',
  extensionRequest: '1.2.840.113549.1.9.14',
  requestTemplate: '1.2.840.113549.1.9.16.2.61',
  extensionTemplate: '1.2.840.113549.1.9.16.2.62',
  rsa: '1.2.840.113549.1.1.1',
  ec: '1.2.840.10045.2.1',
  ed25519: '1.3.101.112',
} as const

const curves: Readonly<Record<string, number>> = {
  '1.2.840.10045.3.1.7': 256,
  '1.3.132.0.34': 384,
  '1.3.132.0.35': 521,
}

/** Hashes, and signature algorithms that say which. */
const hashes: Readonly<Record<string, HashName>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
  '1.2.840.113549.1.1.11': 'SHA-256',
  '1.2.840.113549.1.1.12': 'SHA-384',
  '1.2.840.113549.1.1.13': 'SHA-512',
  '1.2.840.10045.4.3.2': 'SHA-256',
  '1.2.840.10045.4.3.3': 'SHA-384',
  '1.2.840.10045.4.3.4': 'SHA-512',
}

const mostItems = 100

/**
 * @param bytes - CsrAttrs, BER or DER; none means that nothing is asked for
 * @returns the wishes, or a clause that says why they cannot be read
 */
export function readCsrAttributes(bytes: Uint8Array): Result<CsrWishes, string> {
  if (bytes.length === 0) return ok(noWishes)
  const der = berToDer(bytes)
  if (!der.ok) return der
  return reading(() => {
    const list = onlyChild(der.value, 'list of attributes')
    if (list.tag !== tags.sequence) throw new Malformed('it is no list of attributes')
    const items = childrenOf(list, 'list of attributes')
    if (items.length > mostItems) throw new Malformed(`it has ${items.length} items, and at most ${mostItems} are read`)
    const wishes = items.map(readItem)
    // A template says it all; what stands beside it is for clients that do not know templates (RFC 9908 section 3.4).
    const template = items.findIndex((item) => typeOf(item) === ids.requestTemplate)
    return ok(merged(template < 0 ? wishes : wishes.slice(template, template + 1)))
  })
}

const typeOf = (item: DerElement): string =>
  item.tag === tags.oid ? readOid(item, 'item') : readOid(childrenOf(item, 'item')[0], 'item')

function merged(all: readonly Partial<CsrWishes>[]): CsrWishes {
  return {
    key: strictest(all.flatMap(({ key }) => key ?? [])),
    hash: all.find(({ hash }) => hash !== undefined)?.hash,
    bindsChannel: all.some(({ bindsChannel }) => bindsChannel === true),
    extensions: all.flatMap(({ extensions }) => extensions ?? []),
    subject: all.flatMap(({ subject }) => subject ?? []),
    attributes: all.flatMap(({ attributes }) => attributes ?? []),
    unknown: all.flatMap(({ unknown }) => unknown ?? []),
  }
}

const strictest = (keys: readonly NonNullable<CsrWishes['key']>[]): CsrWishes['key'] =>
  keys.find(({ size }) => size !== undefined) ?? keys[0]

function readItem(item: DerElement): Partial<CsrWishes> {
  if (item.tag === tags.oid) return readBare(readOid(item, 'item'))
  const [, set] = childrenOf(item, 'item')
  const type = typeOf(item)
  const values = set === undefined ? [] : childrenOf(set, 'item')
  const [first] = values
  if (first === undefined) return readBare(type)
  // The example of RFC 7030 section 4.5.2 has identifiers where extensions belong.
  if (type === ids.extensionRequest && first.tag === tags.oid)
    return merged(values.map((value) => readBare(readOid(value, 'extensions'))))
  switch (type) {
    case ids.requestTemplate:
      return readTemplate(first)
    case ids.extensionTemplate:
    case ids.extensionRequest:
      return { extensions: childrenOf(first, 'extensions').map(readExtension) }
    case ids.ec:
      return { key: { algorithm: 'ECDSA', size: first.tag === tags.oid ? curves[readOid(first, 'curve')] : undefined } }
    case ids.rsa:
      return { key: { algorithm: 'RSA', size: first.tag === tags.integer ? numberOf(first) : undefined } }
    case ids.challengePassword:
      return { bindsChannel: true }
    default:
      return { attributes: [{ type, values: values.map(({ encoded }) => encoded) }] }
  }
}

/** An identifier without a value: of a key, a hash, an attribute, or an extension that the client fills in. */
function readBare(oid: string): Partial<CsrWishes> {
  if (oid === ids.challengePassword) return { bindsChannel: true }
  if (oid === ids.rsa) return { key: { algorithm: 'RSA', size: undefined } }
  if (oid === ids.ec) return { key: { algorithm: 'ECDSA', size: undefined } }
  if (oid === ids.ed25519) return { key: { algorithm: 'Ed25519', size: 0 } }
  const size = curves[oid]
  if (size !== undefined) return { key: { algorithm: 'ECDSA', size } }
  const hash = hashes[oid]
  if (hash !== undefined) return { hash }
  if (oid.startsWith('2.5.29.'))
    return { extensions: [{ type: oid, critical: false, value: undefined, encoded: undefined }] }
  if (oid.startsWith('2.5.4.') || oid === '0.9.2342.19200300.100.1.25') return { subject: [{ oid, value: '' }] }
  return oid === ids.extensionRequest ? {} : { unknown: [oid] }
}

/** INTEGER of no more than four octets, as the size of a key is. */
const numberOf = ({ content }: DerElement): number | undefined =>
  content.length > 4 ? undefined : content.reduce((sum, octet) => sum * 256 + octet, 0)

/** Extension, or ExtensionTemplate, whose value may be missing. An empty value is none (RFC 9908 section 3.2). */
function readExtension(element: DerElement): WishedExtension {
  const [id, ...rest] = childrenOf(element, 'extensions')
  const critical = rest.find(({ tag }) => tag === tags.boolean)
  const value = rest.find(({ tag }) => tag === tags.octetString)?.content
  const isGiven = value !== undefined && value.length > 0
  return {
    type: readOid(id, 'extensions'),
    critical: critical !== undefined && critical.content[0] !== 0,
    value: isGiven ? value : undefined,
    encoded: isGiven ? element.encoded : undefined,
  }
}

/** CertificationRequestInfoTemplate: version, subject OPTIONAL, subjectPKInfo [0] OPTIONAL, attributes [1]. */
function readTemplate(element: DerElement): Partial<CsrWishes> {
  const [version, ...rest] = childrenOf(element, 'template')
  if (version?.tag !== tags.integer) throw new Malformed('its template has no version')
  const subject = rest.find(({ tag }) => tag === tags.sequence)
  const key = rest.find(({ tag }) => tag === 0xa0)
  const attributes = rest.find(({ tag }) => tag === 0xa1)
  const inside = attributes === undefined ? [] : childrenOf(attributes, 'template').map(readItem)
  return {
    ...merged(inside),
    subject: subject === undefined ? [] : readName(subject, 'template').flat(),
    key: key === undefined ? undefined : templateKey(key),
  }
}

/** SubjectPublicKeyInfoTemplate: the key itself is missing, or a stand-in of the size that is wanted. */
function templateKey(element: DerElement): CsrWishes['key'] {
  const parts = childrenOf(element, 'template')
  const [id, parameters] = childrenOf(parts[0], 'template')
  const isStandIn = parts[1]?.tag === tags.bitString
  const shape = isStandIn ? readKeyShape(element) : undefined
  if (shape !== undefined) return shape
  const oid = readOid(id, 'template')
  if (oid === ids.ec && parameters?.tag === tags.oid)
    return { algorithm: 'ECDSA', size: curves[readOid(parameters, 'template')] }
  return readBare(oid).key
}
