import { describe, expect, it } from '@jest/globals'
import { fromBase64, fromHex } from '../../../src/std/bytes.ts'

describe('octets as text', () => {
  it('are read when they are whole', () => {
    expect(fromHex('00fF')).toEqual(Buffer.of(0, 255))
    expect(fromBase64('AP8=')).toEqual(Buffer.of(0, 255))
  })

  it.each(['', '0', '0g', '00 ff', '00\ufffd'])('in hex are none in %j', (text) => {
    expect(fromHex(text)).toBeUndefined()
  })

  it.each(['', 'AP8', '=AP8', 'AP 8', 'AP-_', 'A==='])('in base64 are none in %j', (text) => {
    expect(fromBase64(text)).toBeUndefined()
  })
})
