/**
 * CMS as far as a SCEP server needs it (RFC 5652), written from the RFC and apart from the product's own, so that the two do not
 * share a misreading. It reads DER only and believes what it reads; its callers check.
 */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  verify,
  X509Certificate,
} from 'node:crypto'
import {
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeSetOf,
  encodeUnsigned,
  readElements,
  tags,
} from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import type { HashName, PrivateKey } from '../../../src/pki/key.ts'
import { readOid } from '../../../src/pki/readder.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'

const oid = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  rsaEncryption: '1.2.840.113549.1.1.1',
}

const hashOids: Readonly<Record<HashName, string>> = {
  'SHA-1': '1.3.14.3.2.26',
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
}

const none = encodeElement(tags.null)
const identifier = (id: string, parameters: Uint8Array = none): Der => encodeSequence(encodeOid(id), parameters)
const contentInfo = (type: string, content: Uint8Array): Der =>
  encodeSequence(encodeOid(type), encodeElement(0xa0, content))
const nodeHash = (name: HashName): string => name.replace('-', '').toLowerCase()

/** The elements inside; an empty list for what cannot be read. */
export function inside(element: Pick<DerElement, 'content'> | undefined): readonly DerElement[] {
  const read = readElements(element?.content ?? new Uint8Array())
  return read.ok ? read.value : []
}

export const elementOf = (der: Uint8Array): DerElement | undefined => inside({ content: der })[0]

/** Serial number and issuer of a certificate, as they stand in it. */
function issuerAndSerial(certificate: Der): Der {
  const fields = inside(inside(elementOf(certificate))[0]).filter(({ tag }) => tag !== 0xa0)
  return encodeSequence(fields[2]?.encoded ?? none, fields[0]?.encoded ?? none)
}

export interface Attribute {
  readonly type: string
  readonly value: Uint8Array
}

export interface SignedMessage {
  /** Undefined: the element is left out. */
  readonly content: Uint8Array | undefined
  readonly attributes: readonly Attribute[]
  readonly signer: { readonly key: PrivateKey; readonly certificate: Der }
  readonly hash: HashName
  /** Which certificates come along, in this order. */
  readonly certificates: readonly Der[]
}

/** A ContentInfo with SignedData (RFC 5652 section 5). */
export async function signMessage(message: SignedMessage): Promise<Der> {
  const { content, signer, hash } = message
  const digest = createHash(nodeHash(hash))
    .update(content ?? new Uint8Array())
    .digest()
  const attributes = [
    { type: oid.contentType, value: encodeOid(oid.data) },
    { type: oid.messageDigest, value: encodeElement(tags.octetString, digest) },
    ...message.attributes,
  ].map(({ type, value }) => encodeSequence(encodeOid(type), encodeSetOf(value)))
  const signature = await signer.key.sign(encodeSetOf(...attributes), hash)
  const info = encodeSequence(
    encodeUnsigned(Uint8Array.of(1)),
    issuerAndSerial(signer.certificate),
    identifier(hashOids[hash]),
    encodeElement(0xa0, encodeSetOf(...attributes).subarray(headerLength(encodeSetOf(...attributes)))),
    identifier(oid.rsaEncryption),
    encodeElement(tags.octetString, signature),
  )
  return signedData({
    content,
    digests: [identifier(hashOids[hash])],
    certificates: message.certificates,
    infos: [info],
  })
}

const headerLength = (der: Uint8Array): number => ((der[1] ?? 0) < 0x80 ? 2 : 2 + ((der[1] ?? 0) & 0x7f))

/** Certificates and nothing else, signed by nobody. */
export const certificateList = (certificates: readonly Der[]): Der =>
  signedData({ content: undefined, digests: [], certificates, infos: [] })

function signedData(parts: {
  readonly content: Uint8Array | undefined
  readonly digests: readonly Der[]
  readonly certificates: readonly Der[]
  readonly infos: readonly Der[]
}): Der {
  const { content, digests, certificates, infos } = parts
  const inner = content === undefined ? [] : [encodeElement(0xa0, encodeElement(tags.octetString, content))]
  return contentInfo(
    oid.signedData,
    encodeSequence(
      encodeUnsigned(Uint8Array.of(1)),
      encodeSetOf(...digests),
      encodeSequence(encodeOid(oid.data), ...inner),
      ...(certificates.length === 0 ? [] : [encodeElement(0xa0, ...certificates)]),
      encodeSetOf(...infos),
    ),
  )
}

export type FakeCipher = 'AES-128-CBC' | 'AES-256-CBC' | 'DES-EDE3-CBC' | 'DES-CBC'

const ciphers: Readonly<Record<FakeCipher, { oid: string; node: string; key: number; iv: number }>> = {
  'AES-128-CBC': { oid: '2.16.840.1.101.3.4.1.2', node: 'aes-128-cbc', key: 16, iv: 16 },
  'AES-256-CBC': { oid: '2.16.840.1.101.3.4.1.42', node: 'aes-256-cbc', key: 32, iv: 16 },
  'DES-EDE3-CBC': { oid: '1.2.840.113549.3.7', node: 'des-ede3-cbc', key: 24, iv: 8 },
  // three times the same key is single DES
  'DES-CBC': { oid: '1.3.14.3.2.7', node: 'des-ede3-cbc', key: 8, iv: 8 },
}

const nodeKey = (cipher: FakeCipher, key: Uint8Array): Uint8Array =>
  cipher === 'DES-CBC' ? Buffer.concat([key, key, key]) : key

/** A ContentInfo with EnvelopedData for one RSA recipient (RFC 5652 section 6). */
export function encryptTo(recipient: Der, content: Uint8Array, cipher: FakeCipher): Der {
  const { oid: cipherOid, node, key: length, iv: ivLength } = ciphers[cipher]
  const [key, iv] = [randomBytes(length), randomBytes(ivLength)]
  const engine = createCipheriv(node, nodeKey(cipher, key), iv)
  const encrypted = Buffer.concat([engine.update(content), engine.final()])
  const { publicKey } = new X509Certificate(recipient)
  const encryptedKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key)
  const info = encodeSequence(
    encodeUnsigned(Uint8Array.of(0)),
    issuerAndSerial(recipient),
    identifier(oid.rsaEncryption),
    encodeElement(tags.octetString, encryptedKey),
  )
  const body = encodeSequence(
    encodeOid(oid.data),
    identifier(cipherOid, encodeElement(tags.octetString, iv)),
    encodeElement(0x80, encrypted),
  )
  return contentInfo(oid.envelopedData, encodeSequence(encodeUnsigned(Uint8Array.of(0)), encodeSetOf(info), body))
}

/** @returns what was encrypted, and with which cipher; undefined when it is not for this key */
export function decryptWith(
  der: Uint8Array,
  key: PrivateKey,
): { readonly content: Uint8Array; readonly cipher: FakeCipher; readonly recipient: Uint8Array } | undefined {
  const [, wrapped] = inside(elementOf(der))
  const [, recipients, body] = inside(inside(wrapped)[0])
  const [, recipient, , encryptedKey] = inside(inside(recipients)[0])
  const [, algorithm, encrypted] = inside(body)
  const [id, iv] = inside(algorithm)
  const cipher = cipherNames.find((name) => ciphers[name].oid === readOid(id, 'cipher'))
  if (cipher === undefined || encryptedKey === undefined || encrypted === undefined) return undefined
  const contentKey = unwrap(key, encryptedKey.content)
  if (contentKey?.length !== ciphers[cipher].key) return undefined
  const engine = createDecipheriv(ciphers[cipher].node, nodeKey(cipher, contentKey), iv?.content ?? new Uint8Array())
  const content = Buffer.concat([engine.update(encrypted.content), engine.final()])
  return { content, cipher, recipient: recipient?.encoded ?? new Uint8Array() }
}

const cipherNames = Object.keys(ciphers) as readonly FakeCipher[]

/** PKCS#1 v1.5 by hand, for Node refuses to (RFC 8017 section 7.2.2). Leaks what it pleases: this is a test. */
function unwrap(key: PrivateKey, encryptedKey: Uint8Array): Uint8Array | undefined {
  const padded = privateDecrypt({ key: key.keyObject, padding: constants.RSA_NO_PADDING }, encryptedKey)
  const end = padded.indexOf(0, 2)
  return padded[0] === 0 && padded[1] === 2 && end >= 10 ? padded.subarray(end + 1) : undefined
}

export interface ReadMessage {
  readonly content: Uint8Array | undefined
  readonly attributes: ReadonlyMap<string, DerElement>
  readonly certificate: Der
  readonly hash: HashName
}

/** @returns the message of one signer whose certificate came along and whose signature holds; otherwise undefined */
export function readMessage(der: Uint8Array): ReadMessage | undefined {
  const [type, wrapped] = inside(elementOf(der))
  if (type === undefined || readOid(type, 'type') !== oid.signedData) return undefined
  const fields = inside(inside(wrapped)[0])
  const content = inside(inside(fields[2])[1])[0]?.content
  const certificate = inside(fields.find(({ tag }) => tag === 0xa0))[0]?.encoded
  const info = inside(inside(fields.at(-1))[0])
  const signed = info.find(({ tag }) => tag === 0xa0)
  const hash = hashNames.find((name) => hashOids[name] === readOid(inside(info[2])[0], 'digest'))
  const signature = info.at(-1)?.tag === tags.octetString ? info.at(-1) : info.at(-2)
  if (certificate === undefined || signed === undefined || hash === undefined || signature === undefined)
    return undefined
  const covered = Uint8Array.from(signed.encoded)
  covered[0] = tags.set
  const { publicKey } = new X509Certificate(certificate)
  if (!verify(nodeHash(hash), covered, publicKey, signature.content)) return undefined
  const attributes = new Map(
    inside(signed).map((one) => {
      const [id, values] = inside(one)
      return [readOid(id, 'attribute'), inside(values)[0] ?? one] as const
    }),
  )
  const digest = createHash(nodeHash(hash))
    .update(content ?? new Uint8Array())
    .digest()
  if (Buffer.compare(attributes.get(oid.messageDigest)?.content ?? new Uint8Array(), digest) !== 0) return undefined
  return { content, attributes, certificate: asDer(certificate), hash }
}

const hashNames = Object.keys(hashOids) as readonly HashName[]

/** @returns whether a certificate was signed by the key of another, or by its own */
export const isSignedBy = (certificate: Der, issuer: Der): boolean =>
  new X509Certificate(certificate).verify(
    createPublicKey(new X509Certificate(issuer).publicKey.export({ type: 'spki', format: 'pem' })),
  )
