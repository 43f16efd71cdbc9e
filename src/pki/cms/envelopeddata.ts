/** EnvelopedData (RFC 5652 section 6), and AuthEnvelopedData (RFC 5083) for reading. */
import { createDecipheriv, X509Certificate } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { SecretText } from '../../std/secret.ts'
import { encodeElement, encodeOid, encodeSequence, encodeSetOf, encodeUnsigned, tags } from '../der.ts'
import type { DerElement } from '../der.ts'
import type { PrivateKey } from '../key.ts'
import { childrenOf, Malformed, onlyChild, reading, readOid } from '../readder.ts'
import { randomBytes } from '../random.ts'
import { agreedRecipient, openAgreed } from './agreement.ts'
import { explicitIn, oids } from './algorithms.ts'
import {
  cipherIdentifier,
  decrypt,
  encrypt,
  freshly,
  keyLengthOf,
  readCipher,
  unwrapKey,
  wrapKeyLength,
} from './cipher.ts'
import type { Cipher } from './cipher.ts'
import { identifierOf, issuerAndSerial, readIdentifier } from './identifier.ts'
import { openForPassword, passwordRecipient } from './password.ts'
import { receiveKey, transportKey } from './transport.ts'
import type { KeyTransport } from './transport.ts'

export type Recipient =
  | {
      readonly kind: 'certificate'
      /** With an RSA key it gets a transported content key, with an elliptic curve an agreed one. */
      readonly certificate: Der
      /** For RSA keys; RSAES-PKCS1-v1_5 when left out. */
      readonly transport?: KeyTransport
    }
  | { readonly kind: 'password'; readonly password: SecretText }

export interface EnvelopeRequest {
  readonly content: Uint8Array
  /** Object identifier of what is inside; id-data when left out. */
  readonly contentType?: string
  readonly recipients: readonly Recipient[]
  readonly cipher: Cipher
}

/** @returns a ContentInfo, DER */
export function buildEnvelopedData(request: EnvelopeRequest): Promise<Der> {
  const { content, contentType = oids.data, recipients, cipher } = request
  const chosen = freshly(cipher)
  const key = randomBytes(keyLengthOf(cipher))
  const encrypted = encrypt(chosen, key, content)
  const infos = recipients.map((recipient) => recipientInfo(recipient, key))
  // Section 6.1: 0 while there are only transported keys named by issuer and serial number
  const version = infos.every((info) => info[0] === tags.sequence) ? 0 : infos.some((info) => info[0] === 0xa3) ? 3 : 2
  const enveloped = encodeSequence(
    encodeUnsigned(Uint8Array.of(version)),
    encodeSetOf(...infos),
    encodeSequence(encodeOid(contentType), cipherIdentifier(chosen), encodeElement(0x80, encrypted)),
  )
  return Promise.resolve(encodeSequence(encodeOid(oids.envelopedData), encodeElement(0xa0, enveloped)))
}

function recipientInfo(recipient: Recipient, key: Uint8Array): Der {
  if (recipient.kind === 'password') return passwordRecipient(recipient.password, key)
  const { certificate, transport = 'RSAES-PKCS1-v1_5' } = recipient
  if (new X509Certificate(certificate).publicKey.asymmetricKeyType === 'ec') return agreedRecipient(certificate, key)
  const { identifier, encrypted } = transportKey(certificate, key, transport)
  const name = issuerAndSerial(identifierOf(certificate))
  return encodeSequence(encodeUnsigned(Uint8Array.of(0)), name, identifier, encodeElement(tags.octetString, encrypted))
}

/** What an envelope can be opened with. */
export type Opener =
  | { readonly kind: 'key'; readonly key: PrivateKey; readonly certificate?: Der }
  | { readonly kind: 'password'; readonly password: SecretText }
  | { readonly kind: 'symmetric'; readonly key: Uint8Array; readonly id?: Uint8Array }

export interface Opened {
  readonly content: Uint8Array
  /** Object identifier. */
  readonly contentType: string
  /** For example `AES-128-CBC`. */
  readonly cipher: string
}

/**
 * @param der - a ContentInfo with EnvelopedData or AuthEnvelopedData, DER
 * @param allow - `des`: single DES, which anybody can break
 * @returns what was inside, or a clause that says why it cannot be had; never what a padding was like
 */
export function openEnvelopedData(
  der: Uint8Array,
  opener: Opener,
  allow: { readonly des?: boolean } = {},
): Result<Opened, string> {
  return reading(() => {
    const [id, wrapped] = childrenOf(onlyChild(der, 'message'), 'message')
    const type = readOid(id, 'message')
    const isAuthenticated = type === oids.authEnvelopedData
    if (type !== oids.envelopedData && !isAuthenticated)
      return err(`it is of the content type ${type}, and no envelope`)
    const fields = childrenOf(explicitIn(wrapped, 'envelope'), 'envelope')
    const recipients = fields.find(({ tag }) => tag === tags.set)
    const at = fields.findIndex(({ tag }) => tag === tags.sequence)
    if (recipients === undefined || at < 0) return err('its envelope lacks the recipients or the content')
    const envelope = { recipients: childrenOf(recipients, 'envelope'), ...encryptedContent(fields[at]) }
    return isAuthenticated
      ? openAuthenticated(envelope, opener, fields.slice(at + 1))
      : openPlain(envelope, opener, allow)
  })
}

interface Envelope {
  readonly recipients: readonly DerElement[]
  readonly contentType: string
  readonly algorithm: DerElement | undefined
  readonly encrypted: Uint8Array
}

/** EncryptedContentInfo. Content in pieces, which BER allows, is put together. */
function encryptedContent(element: DerElement | undefined): Omit<Envelope, 'recipients'> {
  const [type, algorithm, content] = childrenOf(element, 'encrypted content')
  if (content === undefined) throw new Malformed('its envelope is empty')
  const pieces =
    content.tag === 0xa0 ? childrenOf(content, 'encrypted content').map((piece) => piece.content) : undefined
  return {
    contentType: readOid(type, 'encrypted content'),
    algorithm,
    encrypted: pieces === undefined ? content.content : Buffer.concat(pieces),
  }
}

function openPlain(envelope: Envelope, opener: Opener, { des }: { readonly des?: boolean }): Result<Opened, string> {
  const { contentType, algorithm, encrypted } = envelope
  const chosen = readCipher(algorithm)
  if (chosen.cipher === 'DES-CBC' && des !== true) return err('it is encrypted with DES, which anybody can break')
  const key = contentKey(envelope.recipients, { opener, length: keyLengthOf(chosen.cipher) })
  const content = key?.length === keyLengthOf(chosen.cipher) ? decrypt(chosen, key, encrypted) : undefined
  if (content === undefined) return err(notForUs)
  return ok({ content, contentType, cipher: chosen.cipher })
}

const notForUs = 'it cannot be opened with our key; it may be meant for another one, or damaged'

/** AES-GCM by object identifier, with octets of the key (RFC 5084 section 3.2). */
const gcm: Readonly<
  Record<string, { readonly name: 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'; readonly length: number }>
> = {
  '2.16.840.1.101.3.4.1.6': { name: 'aes-128-gcm', length: 16 },
  '2.16.840.1.101.3.4.1.26': { name: 'aes-192-gcm', length: 24 },
  '2.16.840.1.101.3.4.1.46': { name: 'aes-256-gcm', length: 32 },
}

/** RFC 5083 section 2.1: the authenticated attributes are covered with the tag of a SET. */
function openAuthenticated(envelope: Envelope, opener: Opener, rest: readonly DerElement[]): Result<Opened, string> {
  const [id, parameters] = childrenOf(envelope.algorithm, 'cipher')
  const oid = readOid(id, 'cipher')
  const suite = gcm[oid]
  const [nonce] = parameters === undefined ? [] : childrenOf(parameters, 'cipher')
  const mac = rest.find(({ tag }) => tag === tags.octetString)
  const attributes = rest.find(({ tag }) => tag === 0xa1)
  if (suite === undefined) return err(`it is encrypted with ${oid}, which is not known`)
  if (nonce === undefined || mac === undefined || mac.content.length < 12)
    return err('its cipher lacks the nonce or the tag')
  const key = contentKey(envelope.recipients, { opener, length: suite.length })
  if (key?.length !== suite.length) return err(notForUs)
  try {
    const one = createDecipheriv(suite.name, key, nonce.content, { authTagLength: mac.content.length })
    one.setAuthTag(mac.content)
    if (attributes !== undefined) one.setAAD(encodeElement(tags.set, attributes.content))
    const content = Buffer.concat([one.update(envelope.encrypted), one.final()])
    return ok({ content, contentType: envelope.contentType, cipher: suite.name.toUpperCase() })
  } catch {
    return err(notForUs)
  }
}

interface Sought {
  readonly opener: Opener
  /** Octets of the content key. */
  readonly length: number
}

/** @returns the content key from the recipient that is for us; undefined when none is */
function contentKey(recipients: readonly DerElement[], { opener, length }: Sought): Uint8Array | undefined {
  switch (opener.kind) {
    case 'key':
      return keyForUs(recipients, { opener, length })
    case 'password': {
      const recipient = recipients.find(({ tag }) => tag === 0xa3)
      return recipient && openForPassword(recipient, opener.password)
    }
    case 'symmetric':
      return unwrapped(recipients, opener)
  }
}

/** The recipient that names our certificate; where none does, a single one is tried, for CAs name certificates in odd ways. */
function keyForUs(
  recipients: readonly DerElement[],
  { opener, length }: { readonly opener: Extract<Opener, { kind: 'key' }>; readonly length: number },
): Uint8Array | undefined {
  const { keyObject } = opener.key
  const agreed = recipients.find(({ tag }) => tag === 0xa1)
  if (keyObject.asymmetricKeyType === 'ec') return agreed && openAgreed(agreed, keyObject, opener.certificate)
  const transported = recipients.filter(({ tag }) => tag === tags.sequence).map((one) => childrenOf(one, 'recipient'))
  const { certificate } = opener
  const named = transported.find(
    ([, id]) => certificate !== undefined && id !== undefined && readIdentifier(id)(certificate),
  )
  const [, , algorithm, encrypted] = named ?? (transported.length === 1 ? transported[0] : undefined) ?? []
  return encrypted && receiveKey(algorithm, { encrypted: encrypted.content, length }, keyObject)
}

/** KEKRecipientInfo (section 6.2.3). */
function unwrapped(
  recipients: readonly DerElement[],
  { key, id }: Extract<Opener, { kind: 'symmetric' }>,
): Uint8Array | undefined {
  for (const recipient of recipients.filter(({ tag }) => tag === 0xa2)) {
    const [, kekId, algorithm, encrypted] = childrenOf(recipient, 'recipient')
    const [name] = childrenOf(kekId, 'recipient')
    const oid = readOid(childrenOf(algorithm, 'recipient')[0], 'recipient')
    const isOurs = id === undefined || Buffer.compare(name?.content ?? new Uint8Array(), id) === 0
    if (isOurs && encrypted !== undefined && wrapKeyLength(oid) === key.length)
      return unwrapKey(oid, key, encrypted.content)
  }
  return undefined
}
