/**
 * CMP over TCP: the framing of RFC 2510 section 5.2, and that of its successor draft-ietf-pkix-cmp-transport-protocols, which put a
 * version and flags in front of the type. Both have left the standards; old CAs speak the one or the other.
 */
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { clip } from '../../std/text.ts'

export type Framing = 'RFC2510' | 'Version10'

/** Types of TCP messages. */
const types = { pkiMessage: 0, pollRep: 1, partialMsgRep: 4, finalMsgRep: 5, errorMsgRep: 6 }

const version10 = 10

/**
 * @param message - PKIMessage, DER
 * @returns the TCP message
 */
export function frame(message: Uint8Array, framing: Framing): Uint8Array {
  const head = framing === 'Version10' ? [version10, 0, types.pkiMessage] : [types.pkiMessage]
  return Buffer.concat([lengthOctets(head.length + message.length), Uint8Array.from(head), message])
}

function lengthOctets(length: number): Uint8Array {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(length)
  return octets
}

/** @returns how long a TCP message is in all; undefined before its length has come */
export const frameLength = (received: Uint8Array): number | undefined =>
  received.length < 4 ? undefined : 4 + Buffer.from(received).readUInt32BE()

/** A reply of the transport itself, or a PKIMessage. */
export type TcpReply =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** Nothing yet; seconds until it may be worth asking again. */
  | { readonly kind: 'later'; readonly checkAfter: number }
  | { readonly kind: 'error'; readonly text: string }

/** @param framed - a whole TCP message. Which framing it has is told by its first octet: types end below ten */
export function unframe(framed: Uint8Array): Result<TcpReply, string> {
  const [first = 0] = framed.subarray(4)
  const start = first >= version10 ? 7 : 5
  const type = framed[start - 1]
  const value = Buffer.from(framed.subarray(start))
  switch (type) {
    case types.pkiMessage:
    case types.finalMsgRep:
      return ok({ kind: 'message', bytes: value })
    case types.pollRep:
      return value.length < 8
        ? err('its poll reply is too short')
        : ok({ kind: 'later', checkAfter: value.readUInt32BE(4) })
    case types.partialMsgRep:
      return value.length < 8 ? err('its part is too short') : ok({ kind: 'message', bytes: value.subarray(8) })
    case types.errorMsgRep:
      return ok({ kind: 'error', text: clip(textOf(value, start)) })
    default:
      return err(`it is of the type ${type ?? 'nothing'}, which is no reply`)
  }
}

/** The successor put the type of the error and the length of its data in front of the text. */
const textOf = (value: Buffer, start: number): string => value.subarray(start === 7 ? 4 : 0).toString('utf8')
