import { KubeError } from './errors.ts'

/**
 * Splits a stream of bytes into lines of text. A last line without its end is dropped: the connection broke inside it.
 *
 * @throws KubeError when a line is longer than `most` bytes
 */
export async function* lines(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      parts.push(rest.subarray(0, end))
      const line = Buffer.concat(parts).toString('utf8')
      parts = []
      size = 0
      rest = rest.subarray(end + 1)
      if (line !== '') yield line
    }
    if (rest.length > 0) parts.push(Buffer.from(rest))
    size += rest.length
    if (size > most) throw new KubeError('unreadable', `a watch event is larger than ${most} bytes`)
  }
}
