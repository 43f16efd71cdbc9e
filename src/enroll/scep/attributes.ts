/** The signed attributes that make a CMS message a pkiMessage (RFC 8894 section 3.2.1), as DER. Pure. */
import { attribute } from '../../pki/cms/algorithms.ts'
import { encodeElement, encodeTime, tags } from '../../pki/der.ts'
import type { Der } from '../../std/bytes.ts'
import { asDer } from '../../std/bytes.ts'
import type { Instant } from '../../std/time.ts'

/** VeriSign's arc, from which the protocol has its attributes; failInfoText is of section 3.2.1.4.6. */
const oids = {
  messageType: '2.16.840.1.113733.1.9.2',
  pkiStatus: '2.16.840.1.113733.1.9.3',
  failInfo: '2.16.840.1.113733.1.9.4',
  senderNonce: '2.16.840.1.113733.1.9.5',
  recipientNonce: '2.16.840.1.113733.1.9.6',
  transactionID: '2.16.840.1.113733.1.9.7',
  failInfoText: '1.3.6.1.5.5.7.24.1',
  signingTime: '1.2.840.113549.1.9.5',
} as const

/** Section 3.2.1.2. */
export const messageTypes = {
  CertRep: '3',
  RenewalReq: '17',
  PKCSReq: '19',
  CertPoll: '20',
  GetCert: '21',
  GetCRL: '22',
} as const

export type MessageType = Exclude<keyof typeof messageTypes, 'CertRep'>

/** Who asks, and under which name. */
export interface MessageHead {
  readonly type: MessageType
  /** Printable, the same in every message of a transaction. */
  readonly transaction: string
  /** 16 octets. */
  readonly senderNonce: Uint8Array
}

const printable = (text: string): Der => encodeElement(tags.printableString, Buffer.from(text, 'latin1'))

/** @returns the attributes of a request, without contentType and messageDigest, which every CMS signature has; DER */
export const requestAttributes = (head: MessageHead, now: Instant): readonly Der[] => [
  attribute(oids.messageType, printable(messageTypes[head.type])),
  attribute(oids.transactionID, printable(head.transaction)),
  attribute(oids.senderNonce, encodeElement(tags.octetString, head.senderNonce)),
  // Some services refuse a request that does not say when it was made.
  attribute(oids.signingTime, encodeTime(now)),
]

/** What a CertRep says about itself; undefined where an attribute is missing or cannot be read. */
export interface ReplyHead {
  readonly messageType: string | undefined
  readonly transaction: string | undefined
  readonly recipientNonce: Uint8Array | undefined
  readonly status: string | undefined
  readonly failInfo: string | undefined
  readonly text: string | undefined
}

/** @param attributes - signed attributes by object identifier, each with its values, DER */
export function readReplyHead(attributes: ReadonlyMap<string, readonly Der[]>): ReplyHead {
  const text = (oid: string): string | undefined => textOf(attributes.get(oid)?.[0])
  const nonce = attributes.get(oids.recipientNonce)?.[0]
  return {
    messageType: text(oids.messageType),
    transaction: text(oids.transactionID),
    recipientNonce: nonce?.[0] === tags.octetString ? contentOf(nonce) : undefined,
    status: text(oids.pkiStatus),
    failInfo: text(oids.failInfo),
    text: text(oids.failInfoText),
  }
}

/** UTF8String, PrintableString, TeletexString, IA5String: the RFC asks for the second, and services send any. */
const textTags: ReadonlySet<number> = new Set([tags.utf8String, tags.printableString, 0x14, 0x16])

function textOf(value: Der | undefined): string | undefined {
  if (value === undefined || !textTags.has(value[0] ?? 0)) return undefined
  const content = contentOf(value)
  return content && Buffer.from(content).toString('utf8')
}

/** The content of one element with a length of at most two octets; what is longer is no attribute of SCEP. */
function contentOf(value: Der): Uint8Array | undefined {
  const first = value[1] ?? 0x80
  const start = first < 0x80 ? 2 : first === 0x81 ? 3 : first === 0x82 ? 4 : undefined
  return start === undefined ? undefined : asDer(value.subarray(start))
}
