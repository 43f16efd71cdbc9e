/**
 * PKIMessage on its wire (RFC 9810 section 5.1): header, body, protection, certificates that come along. What is received keeps
 * the octets that its protection covers.
 */
import { berToDer } from '../../pki/cms/ber.ts'
import { encodeBits, encodeElement, encodeSequence, tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import { childrenOf, Malformed, onlyChild, reading } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { readHeader } from './header.ts'
import type { Header } from './header.ts'

/** PKIBody: the arms by their tag (section 5.1.2). */
export const bodyNames = [
  'ir',
  'ip',
  'cr',
  'cp',
  'p10cr',
  'popdecc',
  'popdecr',
  'kur',
  'kup',
  'krr',
  'krp',
  'rr',
  'rp',
  'ccr',
  'ccp',
  'ckuann',
  'cann',
  'rann',
  'crlann',
  'pkiconf',
  'nested',
  'genm',
  'genp',
  'error',
  'certConf',
  'pollReq',
  'pollRep',
] as const

export type BodyName = (typeof bodyNames)[number]

export interface Body {
  readonly name: BodyName
  /** What stands in the arm's tag: one element, DER. */
  readonly content: Uint8Array
}

export const encodeBody = ({ name, content }: Body): Der => encodeElement(0xa0 | bodyNames.indexOf(name), content)

/** What protection is computed over: ProtectedPart (section 5.1.3). */
export const protectedPart = (header: Uint8Array, body: Uint8Array): Der => encodeSequence(header, body)

export interface Assembled {
  readonly header: Uint8Array
  readonly body: Uint8Array
  readonly protection: Uint8Array | undefined
  readonly extraCerts: readonly Der[]
}

/** @returns a PKIMessage, DER */
export function encodeMessage({ header, body, protection, extraCerts }: Assembled): Der {
  return encodeSequence(
    header,
    body,
    ...(protection === undefined ? [] : [encodeElement(0xa0, encodeBits(protection))]),
    ...(extraCerts.length === 0 ? [] : [encodeElement(0xa1, encodeSequence(...extraCerts))]),
  )
}

/** A message that came in; nothing of it is trusted yet. */
export interface Received {
  readonly header: Header
  readonly name: BodyName
  /** The element inside the arm's tag. */
  readonly content: DerElement
  /** The octets under protection, as they came. */
  readonly protectedPart: Der
  readonly protection: Uint8Array | undefined
  /** May hold anything. */
  readonly extraCerts: readonly Der[]
}

/** As many as a hostile reply may make us look at. */
const mostCertificates = 40

/**
 * @param bytes - what is said to be one PKIMessage; may be anything
 * @returns the message, or a clause that says what is wrong with it
 */
export function readMessage(bytes: Uint8Array): Result<Received, string> {
  const der = berToDer(bytes)
  if (!der.ok) return der
  return reading(() => ok(readParts(der.value)))
}

function readParts(der: Der): Received {
  const [header, body, ...rest] = childrenOf(onlyChild(der, 'message'), 'message')
  if (header === undefined || body === undefined || header.tag !== tags.sequence)
    throw new Malformed('it has no header or no body')
  const name = (body.tag & 0xe0) === 0xa0 ? bodyNames[body.tag & 0x1f] : undefined
  if (name === undefined) throw new Malformed(`its body has the tag ${body.tag}, which no message has`)
  const certificates = rest.find(({ tag }) => tag === 0xa1)
  const extraCerts =
    certificates === undefined ? [] : childrenOf(onlyChild(certificates.content, 'extraCerts'), 'extraCerts')
  if (extraCerts.length > mostCertificates) throw new Malformed(`it brings ${extraCerts.length} certificates`)
  return {
    header: readHeader(header),
    name,
    content: onlyChild(body.content, 'body'),
    protectedPart: protectedPart(header.encoded, body.encoded),
    protection: protectionOf(rest.find(({ tag }) => tag === 0xa0)),
    extraCerts: extraCerts.map(({ encoded }) => encoded),
  }
}

function protectionOf(field: DerElement | undefined): Uint8Array | undefined {
  if (field === undefined) return undefined
  const bits = onlyChild(field.content, 'protection')
  if (bits.tag !== tags.bitString || bits.content[0] !== 0) throw new Malformed('its protection is no string of octets')
  return bits.content.subarray(1)
}
