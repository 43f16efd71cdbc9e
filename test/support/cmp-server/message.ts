/** PKIMessage (RFC 9810 section 5.1): read from bytes, and put together. */
import { encodeBits, encodeElement, encodeSequence } from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Instant } from '../../../src/std/time.ts'
import { elementOf, explicit, generalizedTime, inside, integer, numberOf, octets, tagged, utf8 } from './asn1.ts'

/** Bodies by their tags, in the order of RFC 9810 section 5.1.2. */
const names = [
  'ir ip cr cp p10cr popdecc popdecr kur kup krr krp rr rp ccr ccp ckuann cann rann crlann pkiconf',
  'nested genm genp error certConf pollReq pollRep',
].flatMap((line) => line.split(' '))

export interface Header {
  readonly pvno: number
  /** GeneralName, encoded. */
  readonly sender: Der
  readonly recipient: Der
  readonly messageTime?: Instant | undefined
  /** AlgorithmIdentifier, encoded. */
  readonly protectionAlg?: Der | undefined
  readonly senderKid?: Uint8Array | undefined
  readonly transactionId?: Uint8Array | undefined
  readonly senderNonce?: Uint8Array | undefined
  readonly recipNonce?: Uint8Array | undefined
  readonly freeText?: string | undefined
  /** InfoTypeAndValue, encoded. */
  readonly generalInfo: readonly Der[]
}

export interface Message {
  readonly header: Header
  /** The body's name, for example `ir`. */
  readonly type: string
  /** What stands in the body's tag. */
  readonly body: DerElement
  /** What the protection covers. */
  readonly covered: Der
  readonly protection: Uint8Array | undefined
  readonly extraCerts: readonly Der[]
  readonly bytes: Uint8Array
}

/** @returns undefined for what is no PKIMessage */
export function readMessage(bytes: Uint8Array): Message | undefined {
  const whole = elementOf(bytes)
  const [header, body, ...rest] = inside(whole)
  const inner = inside(body)[0]
  if (whole?.encoded.length !== bytes.length || header === undefined || body === undefined) return undefined
  const read = readHeader(header)
  if (read === undefined || inner === undefined) return undefined
  return {
    header: read,
    type: names[body.tag & 0x1f] ?? 'unknown',
    body: inner,
    covered: encodeSequence(header.encoded, body.encoded),
    protection: tagged(rest, 0)?.content.subarray(1),
    extraCerts: inside(tagged(rest, 1)).map(({ encoded }) => encoded),
    bytes,
  }
}

function readHeader(element: DerElement): Header | undefined {
  const [pvno, sender, recipient, ...rest] = inside(element)
  if (pvno === undefined || sender === undefined || recipient === undefined) return undefined
  return {
    pvno: numberOf(pvno),
    sender: sender.encoded,
    recipient: recipient.encoded,
    protectionAlg: tagged(rest, 1)?.encoded,
    senderKid: tagged(rest, 2)?.content,
    transactionId: tagged(rest, 4)?.content,
    senderNonce: tagged(rest, 5)?.content,
    recipNonce: tagged(rest, 6)?.content,
    generalInfo: inside(tagged(rest, 8)).map(({ encoded }) => encoded),
  }
}

const maybe = (tag: number, content: Uint8Array | undefined): readonly Der[] =>
  content === undefined ? [] : [explicit(tag, content)]

const maybeOctets = (tag: number, content: Uint8Array | undefined): readonly Der[] =>
  maybe(tag, content && octets(content))

export const encodeHeader = (header: Header): Der =>
  encodeSequence(
    integer(header.pvno),
    header.sender,
    header.recipient,
    ...maybe(0, header.messageTime === undefined ? undefined : generalizedTime(header.messageTime)),
    ...maybe(1, header.protectionAlg),
    ...maybeOctets(2, header.senderKid),
    ...maybeOctets(4, header.transactionId),
    ...maybeOctets(5, header.senderNonce),
    ...maybeOctets(6, header.recipNonce),
    ...maybe(7, header.freeText === undefined ? undefined : encodeSequence(utf8(header.freeText))),
    ...maybe(8, header.generalInfo.length === 0 ? undefined : encodeSequence(...header.generalInfo)),
  )

/** A body in its tag. */
export function encodeBody(type: string, content: Uint8Array): Der {
  const tag = names.indexOf(type)
  if (tag < 0) throw new Error(`there is no body ${type}`)
  return explicit(tag, content)
}

export const encodeMessage = (parts: {
  readonly header: Der
  readonly body: Der
  readonly protection: Uint8Array | undefined
  readonly extraCerts: readonly Der[]
}): Der =>
  encodeSequence(
    parts.header,
    parts.body,
    ...maybe(0, parts.protection && encodeBits(parts.protection)),
    ...maybe(1, parts.extraCerts.length === 0 ? undefined : encodeSequence(...parts.extraCerts)),
  )

/** GeneralName with a directory name. */
export const directory = (name: Uint8Array): Der => encodeElement(0xa4, name)
