/** PKIHeader (RFC 9810 section 5.1.1). */
import { encodeElement, encodeOid, encodeSequence, encodeUnsigned, tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import { childrenOf, Malformed, onlyChild, readOid, readTime } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { integerOf } from './values.ts'

/** id-it: types of general information (RFC 9810 section 5.3.19 and appendix F). */
export const infoTypes = {
  implicitConfirm: '1.3.6.1.5.5.7.4.13',
  confirmWaitTime: '1.3.6.1.5.5.7.4.14',
  caCerts: '1.3.6.1.5.5.7.4.17',
  rootCaKeyUpdate: '1.3.6.1.5.5.7.4.18',
  certReqTemplate: '1.3.6.1.5.5.7.4.19',
  rootCaCert: '1.3.6.1.5.5.7.4.20',
  certProfile: '1.3.6.1.5.5.7.4.21',
  crlStatusList: '1.3.6.1.5.5.7.4.22',
  crls: '1.3.6.1.5.5.7.4.23',
} as const

/** An InfoTypeAndValue. */
export interface Info {
  /** Dotted object identifier. */
  readonly type: string
  /** DER. */
  readonly value?: Uint8Array
}

export const encodeInfo = ({ type, value }: Info): Der =>
  encodeSequence(encodeOid(type), ...(value === undefined ? [] : [value]))

/** A directoryName; the NULL-DN where no name is known. */
export const directoryName = (name: Uint8Array = encodeSequence()): Der => encodeElement(0xa4, name)

export interface OutgoingHeader {
  readonly pvno: number
  /** Name, DER; left out, the NULL-DN. */
  readonly sender?: Uint8Array | undefined
  readonly recipient?: Uint8Array | undefined
  readonly messageTime: Instant
  /** AlgorithmIdentifier, DER. */
  readonly protectionAlg: Uint8Array
  readonly senderKID: Uint8Array
  readonly transactionID: Uint8Array
  readonly senderNonce: Uint8Array
  readonly recipNonce?: Uint8Array | undefined
  readonly generalInfo: readonly Info[]
}

export function encodeHeader(header: OutgoingHeader): Der {
  const { recipNonce, generalInfo } = header
  const time = toRfc3339(header.messageTime).replace(/[-:T]/g, '')
  return encodeSequence(
    encodeUnsigned(Uint8Array.of(header.pvno)),
    directoryName(header.sender),
    directoryName(header.recipient),
    encodeElement(0xa0, encodeElement(tags.generalizedTime, Buffer.from(time, 'latin1'))),
    encodeElement(0xa1, header.protectionAlg),
    encodeElement(0xa2, octets(header.senderKID)),
    encodeElement(0xa4, octets(header.transactionID)),
    encodeElement(0xa5, octets(header.senderNonce)),
    ...(recipNonce === undefined ? [] : [encodeElement(0xa6, octets(recipNonce))]),
    ...(generalInfo.length === 0 ? [] : [encodeElement(0xa8, encodeSequence(...generalInfo.map(encodeInfo)))]),
  )
}

const octets = (content: Uint8Array): Der => encodeElement(tags.octetString, content)

/** The header of a message that came in. Everything that may be left out often is. */
export interface Header {
  readonly pvno: number
  /** Name, DER; undefined where the sender is named by something else. */
  readonly sender: Der | undefined
  readonly messageTime: Instant | undefined
  readonly protectionAlg: DerElement | undefined
  readonly senderKID: Uint8Array | undefined
  readonly transactionID: Uint8Array | undefined
  readonly senderNonce: Uint8Array | undefined
  readonly recipNonce: Uint8Array | undefined
  /** By type; undefined for those without a value. */
  readonly generalInfo: ReadonlyMap<string, DerElement | undefined>
}

/** @throws Malformed */
export function readHeader(element: DerElement): Header {
  const [pvno, sender, recipient, ...rest] = childrenOf(element, 'header')
  if (sender === undefined || recipient === undefined) throw new Malformed('its header has no sender or no recipient')
  const field = (number: number): DerElement | undefined => {
    const found = rest.find(({ tag }) => tag === (0xa0 | number))
    return found && onlyChild(found.content, 'header')
  }
  return {
    pvno: integerOf(pvno, 'version'),
    sender: sender.tag === 0xa4 ? onlyChild(sender.content, 'sender').encoded : undefined,
    messageTime: timeOf(field(0)),
    protectionAlg: field(1),
    senderKID: field(2)?.content,
    transactionID: field(4)?.content,
    senderNonce: field(5)?.content,
    recipNonce: field(6)?.content,
    generalInfo: infosOf(field(8)),
  }
}

/** Some send fractions of seconds, which nothing here depends on. */
function timeOf(element: DerElement | undefined): Instant | undefined {
  if (element === undefined) return undefined
  const text = Buffer.from(element.content)
    .toString('latin1')
    .replace(/\.[0-9]+Z$/, 'Z')
  return readTime({ ...element, content: Buffer.from(text, 'latin1') }, 'messageTime')
}

/** @param list - SEQUENCE OF InfoTypeAndValue */
export function infosOf(list: DerElement | undefined): ReadonlyMap<string, DerElement | undefined> {
  const infos = new Map<string, DerElement | undefined>()
  if (list === undefined) return infos
  for (const info of childrenOf(list, 'general information')) {
    const [type, value] = childrenOf(info, 'general information')
    infos.set(readOid(type, 'general information'), value)
  }
  return infos
}
