/** PKIMessages as a CMP server sees and makes them (RFC 9810 section 5.1). Nothing here is shared with the client. */
import {
  encodeBits,
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
  readElements,
  tags,
} from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import { readOid } from '../../../src/pki/readder.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Instant } from '../../../src/std/time.ts'
import { unwrap } from '../unwrap.ts'

/** The elements inside one; none for what is not there. */
export const inside = (element: DerElement | undefined): readonly DerElement[] =>
  element === undefined ? [] : unwrap(readElements(element.content))

export function elementOf(der: Uint8Array): DerElement {
  const [element] = unwrap(readElements(der))
  if (element === undefined) throw new Error('there is no element')
  return element
}

export const octets = (content: Uint8Array): Der => encodeElement(tags.octetString, content)
export const text = (words: string): Der => encodeElement(tags.utf8String, Buffer.from(words, 'utf8'))
export const integer = (value: number): Der =>
  value < 0
    ? encodeElement(tags.integer, Uint8Array.of(value & 0xff))
    : encodeUnsigned(Buffer.from(value.toString(16).padStart(16, '0'), 'hex'))
export const tagged = (number: number, ...content: readonly Uint8Array[]): Der =>
  encodeElement(0xa0 | number, ...content)
export const algorithm = (oid: string, ...parameters: readonly Uint8Array[]): Der =>
  encodeSequence(encodeOid(oid), ...parameters)

export const numberIn = (element: DerElement | undefined): number =>
  Number(BigInt.asIntN(64, BigInt(`0x${Buffer.from(element?.content ?? [0]).toString('hex') || '0'}`)))

/** Small integers may be negative. */
export const signedIn = (element: DerElement | undefined): number => {
  const [first = 0] = element?.content ?? []
  return element?.content.length === 1 && first >= 0x80 ? first - 256 : numberIn(element)
}

/** Arms of PKIBody by their tag. */
export const bodyTags = {
  ir: 0,
  ip: 1,
  cr: 2,
  cp: 3,
  p10cr: 4,
  kur: 7,
  kup: 8,
  rr: 11,
  rp: 12,
  pkiconf: 19,
  genm: 21,
  genp: 22,
  error: 23,
  certConf: 24,
  pollReq: 25,
  pollRep: 26,
} as const

export type BodyType = keyof typeof bodyTags

const isBodyType = (name: string): name is BodyType => Object.hasOwn(bodyTags, name)

export interface Message {
  readonly type: BodyType
  /** The element inside the arm's tag. */
  readonly body: DerElement
  readonly pvno: number
  /** Name inside the directoryName. */
  readonly sender: DerElement | undefined
  readonly protectionAlg: DerElement | undefined
  readonly senderKID: Uint8Array
  readonly transactionID: Uint8Array
  readonly senderNonce: Uint8Array
  readonly recipNonce: Uint8Array | undefined
  /** By object identifier. */
  readonly generalInfo: ReadonlyMap<string, DerElement | undefined>
  readonly protectedPart: Der
  readonly protection: Uint8Array | undefined
  readonly extraCerts: readonly Der[]
}

/** @throws Error for what is no message: the server drops it */
export function readMessage(bytes: Uint8Array): Message {
  const [header, body, ...rest] = inside(elementOf(bytes))
  if (header === undefined || body === undefined) throw new Error('there is no header or no body')
  const [pvno, sender, , ...fields] = inside(header)
  const field = (number: number): DerElement | undefined => inside(fields.find(({ tag }) => tag === (0xa0 | number)))[0]
  const type = Object.keys(bodyTags).find((name) => isBodyType(name) && bodyTags[name] === (body.tag & 0x1f))
  const [content] = inside(body)
  if (type === undefined || !isBodyType(type) || content === undefined) throw new Error('the body is unknown')
  const protection = inside(rest.find(({ tag }) => tag === 0xa0))[0]
  return {
    type,
    body: content,
    pvno: numberIn(pvno),
    sender: inside(sender)[0],
    protectionAlg: field(1),
    senderKID: field(2)?.content ?? new Uint8Array(),
    transactionID: field(4)?.content ?? new Uint8Array(),
    senderNonce: field(5)?.content ?? new Uint8Array(),
    recipNonce: field(6)?.content,
    generalInfo: infos(field(8)),
    protectedPart: encodeSequence(header.encoded, body.encoded),
    protection: protection?.content.subarray(1),
    extraCerts: inside(inside(rest.find(({ tag }) => tag === 0xa1))[0]).map(({ encoded }) => encoded),
  }
}

/** InfoTypeAndValues by type. */
const infos = (list: DerElement | undefined): ReadonlyMap<string, DerElement | undefined> =>
  new Map(
    inside(list).map((info) => {
      const [type, value] = inside(info)
      return [readOid(type, 'info'), value] as const
    }),
  )

export const generalizedTime = (at: Instant): Der =>
  encodeElement(tags.generalizedTime, Buffer.from(`${new Date(at).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`))

export interface ReplyHeader {
  readonly pvno: number
  /** Names, DER. */
  readonly sender: Uint8Array
  readonly messageTime: Instant | undefined
  readonly protectionAlg: Uint8Array | undefined
  readonly senderKID: Uint8Array | undefined
  readonly transactionID: Uint8Array | undefined
  readonly senderNonce: Uint8Array
  readonly recipNonce: Uint8Array | undefined
  /** InfoTypeAndValues, DER. */
  readonly generalInfo: readonly Uint8Array[]
}

export function encodeHeader(header: ReplyHeader): Der {
  const { messageTime, protectionAlg, senderKID, transactionID, recipNonce, generalInfo } = header
  const optional = (number: number, value: Uint8Array | undefined): readonly Uint8Array[] =>
    value === undefined ? [] : [tagged(number, value)]
  const asOctets = (value: Uint8Array | undefined): Uint8Array | undefined => value && octets(value)
  const time = messageTime && generalizedTime(messageTime)
  return encodeSequence(
    integer(header.pvno),
    tagged(4, header.sender),
    tagged(4, encodeSequence()),
    ...optional(0, time),
    ...optional(1, protectionAlg),
    ...optional(2, asOctets(senderKID)),
    ...optional(4, asOctets(transactionID)),
    ...optional(5, asOctets(header.senderNonce)),
    ...optional(6, asOctets(recipNonce)),
    ...(generalInfo.length === 0 ? [] : [tagged(8, encodeSequence(...generalInfo))]),
  )
}

export const encodeBody = (type: BodyType | number, content: Uint8Array): Der =>
  tagged(typeof type === 'number' ? type : bodyTags[type], content)

/** @returns PKIMessage, DER */
export function assemble(parts: {
  readonly header: Uint8Array
  readonly body: Uint8Array
  readonly protection: Uint8Array | undefined
  readonly extraCerts: readonly Uint8Array[]
}): Der {
  const { header, body, protection, extraCerts } = parts
  return encodeSequence(
    header,
    body,
    ...(protection === undefined ? [] : [tagged(0, encodeBits(protection))]),
    ...(extraCerts.length === 0 ? [] : [tagged(1, encodeSequence(...extraCerts))]),
  )
}
