import type { Readable } from 'node:stream'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

/** Why a body was not taken. */
export type BodyTrouble = 'tooLarge'

/**
 * Reads a body up to a limit and stops there. One growing buffer: a body sent in a million tiny chunks costs no more than its size.
 *
 * @param stream - destroyed when the limit is passed
 * @param most - bytes
 */
export async function readBody(stream: Readable, most: number): Promise<Result<Uint8Array, BodyTrouble>> {
  let buffer = new Uint8Array(Math.min(most, 16 * 1024))
  let length = 0
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > most) {
      stream.destroy()
      return err('tooLarge')
    }
    buffer = withRoom(buffer, length + chunk.length)
    buffer.set(chunk, length)
    length += chunk.length
  }
  return ok(buffer.slice(0, length))
}

function withRoom(buffer: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  if (needed <= buffer.length) return buffer
  const larger = new Uint8Array(Math.max(needed, buffer.length * 2))
  larger.set(buffer)
  return larger
}
