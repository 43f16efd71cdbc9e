import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { lines } from '../../src/kube/lines.ts'

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  for (const [index, place] of places.entries()) yield await Promise.resolve(bytes.subarray(place, places[index + 1]))
}

async function read(bytes: Uint8Array, cuts: readonly number[] = [], most = 1000): Promise<readonly string[]> {
  const result: string[] = []
  for await (const line of lines(inPieces(bytes, cuts), most)) result.push(line)
  return result
}

describe('lines of a stream', () => {
  it('are the same however the bytes are cut, also within a character', async () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\n'))
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (texts, cuts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''))
        expect(await read(bytes, cuts)).toEqual(texts)
      }),
    )
  })

  it('leave out a last one that has no end', async () => {
    expect(await read(Buffer.from('whole\nhal'))).toEqual(['whole'])
  })

  it('are refused when one is longer than is allowed, before it has ended', async () => {
    await expect(read(Buffer.alloc(1001, 'x'), [500])).rejects.toMatchObject({ reason: 'unreadable' })
    expect(await read(Buffer.from(`${'x'.repeat(1000)}\n`), [500])).toHaveLength(1)
  })
})
