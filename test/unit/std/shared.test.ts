import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { compact, Shared } from '../../../src/std/shared.ts'

describe('values that are shared', () => {
  it('are the ones that came first, as long as they are remembered', () => {
    const shared = new Shared<{ readonly n: number }>(2)
    const first = { n: 1 }
    expect(shared.of('a', first)).toBe(first)
    expect(shared.of('a', { n: 1 })).toBe(first)
    expect(shared.get('a')).toBe(first)
    expect(shared.get('b')).toBeUndefined()
  })

  it('are remembered while they come, and forgotten when so many others came since', () => {
    const shared = new Shared<{ readonly n: number }>(2)
    const often = shared.of('often', { n: 0 })
    const once = shared.of('once', { n: 0 })
    for (let n = 1; n <= 4; n++) {
      shared.of(`other ${n}`, { n })
      expect(shared.of('often', { n })).toBe(often)
    }
    expect(shared.of('once', { n: 5 })).not.toBe(once)
  })
})

describe('a text that is very long', () => {
  it('is not held on to', () => {
    const shared = new Shared<{ readonly n: number }>(2)
    const long = 'x'.repeat(1025)
    const first = shared.of(long, { n: 1 })
    expect(shared.of(long, { n: 2 })).not.toBe(first)
  })
})

describe('compact JSON', () => {
  it('takes what is nested without end', () => {
    const text = `${'{"a":'.repeat(9999)}1${'}'.repeat(9999)}`
    expect(() => compact<unknown>(JSON.parse(text))).not.toThrow()
  })

  it('says what it said', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(compact(JSON.parse(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  it('holds one list and one object for all that are empty', () => {
    const { a, b, c, d } = compact({ a: {}, b: [{}], c: [], d: { e: [] } })
    expect(b[0]).toBe(a)
    expect(d.e).toBe(c)
  })

  it.each(['"text"', '7', 'null', 'true', '[]', '{}'])('leaves %s as it is', (text) => {
    expect(compact(JSON.parse(text))).toEqual(JSON.parse(text))
  })
})
