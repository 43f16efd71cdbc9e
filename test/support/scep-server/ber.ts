/** Spells DER as loosely as BER allows (X.690 sections 8.1.3.6 and 8.7.3). */
import { encodeElement, readElements, tags } from '../../../src/pki/der.ts'

const constructed = 0x20
const endOfContents = Uint8Array.of(0, 0)
/** Longer strings come in pieces of this size. */
const piece = 100

/**
 * @param der - one element
 * @returns the same value, every constructed element with an indefinite length and every long OCTET STRING in pieces
 */
export function toBer(der: Uint8Array): Uint8Array {
  const read = readElements(der)
  if (!read.ok) throw new Error(read.error)
  return Buffer.concat(
    read.value.map(({ tag, content, encoded }) => {
      if ((tag & constructed) !== 0) return Buffer.concat([Uint8Array.of(tag, 0x80), toBer(content), endOfContents])
      return tag === tags.octetString && content.length > piece ? inPieces(content) : encoded
    }),
  )
}

function inPieces(content: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at < content.length; at += piece)
    parts.push(encodeElement(tags.octetString, content.subarray(at, at + piece)))
  return Buffer.concat([Uint8Array.of(tags.octetString | constructed, 0x80), ...parts, endOfContents])
}
