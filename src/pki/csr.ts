/** PKCS#10 certification requests (RFC 2986). */
import type { Wanted } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import type { SecretText } from '../std/secret.ts'
import {
  encodeBits,
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeSetOf,
  encodeUnsigned,
  readElements,
} from './der.ts'
import { constraintExtensions, nameExtensions, usageExtensions } from './extensions.ts'
import type { HashName, PrivateKey } from './key.ts'
import { encodeName, encodeText } from './names.ts'
import { signatureFor, signatureWith } from './signature.ts'

/** An attribute besides those that the wish leads to (RFC 2986 section 4.1). */
export interface RequestAttribute {
  /** Dotted object identifier. */
  readonly type: string
  /** DER, at least one. */
  readonly values: readonly Der[]
}

export interface RequestOptions {
  readonly wanted: Wanted
  /** Signs, and is what the certificate will be for. */
  readonly key: PrivateKey
  /** Goes into the request as text that everybody who sees the request can read (RFC 2985 section 5.4.1). */
  readonly challengePassword?: SecretText
  /** What the CA demands; otherwise the wish and the key decide. */
  readonly hash?: HashName
  readonly attributes?: readonly RequestAttribute[]
  /** A Name, DER: goes out octet for octet instead of the wish's subject, for CAs that compare the octets. */
  readonly subject?: Der
  /** Extensions, DER: take the place of what the wish leads to, type by type, or stand beside it. */
  readonly extensions?: readonly Der[]
}

const extensionRequest = '1.2.840.113549.1.9.14'
const challengePassword = '1.2.840.113549.1.9.7'

/** @returns a CertificationRequest, DER */
export async function buildCsr(options: RequestOptions): Promise<Der> {
  const { wanted, key, hash } = options
  const signature =
    hash === undefined ? signatureFor(key.shape, wanted.signatureAlgorithm) : signatureWith(key.shape, hash)
  const attributes = requestAttributes(options).map(encodeAttribute)
  const info = encodeSequence(
    encodeUnsigned(Uint8Array.of(0)),
    options.subject ?? encodeName(wanted.subject),
    key.publicKey,
    // [0] is there even without attributes (section 4.1), in the order that DER asks of a SET OF
    encodeElement(0xa0, ...attributes.sort((a, b) => Buffer.compare(a, b))),
  )
  return encodeSequence(info, signature.identifier, encodeBits(await key.sign(info, signature.hash)))
}

function requestAttributes(options: RequestOptions): readonly RequestAttribute[] {
  const own = options.extensions ?? []
  const replaced = new Set(own.map(extensionType))
  const extensions = [...requestedExtensions(options.wanted).filter((one) => !replaced.has(extensionType(one))), ...own]
  const password = options.challengePassword
  return [
    ...(extensions.length === 0 ? [] : [{ type: extensionRequest, values: [encodeSequence(...extensions)] }]),
    ...(password === undefined ? [] : [{ type: challengePassword, values: [encodeText(password.reveal())] }]),
    ...(options.attributes ?? []),
  ]
}

/** Basic constraints only for a CA: a request without them asks for an end entity, and some CAs refuse to be told so. */
const requestedExtensions = (wanted: Wanted): readonly Der[] => [
  ...nameExtensions(wanted),
  ...(wanted.encodeUsagesInRequest ? usageExtensions(wanted) : []),
  ...(wanted.isCA ? constraintExtensions(wanted) : []),
]

/** @returns the object identifier of an encoded extension, as hex */
function extensionType(extension: Der): string {
  const outer = readElements(extension)
  const parts = outer.ok ? readElements(outer.value[0]?.content ?? new Uint8Array()) : outer
  return Buffer.from((parts.ok ? parts.value[0]?.content : undefined) ?? []).toString('hex')
}

const encodeAttribute = ({ type, values }: RequestAttribute): Der =>
  encodeSequence(encodeOid(type), encodeSetOf(...values))
