import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Heap } from '../../../src/std/heap.ts'

interface Item {
  readonly rank: number
}

const byRank = (a: Item, b: Item): boolean => a.rank < b.rank

describe('Heap', () => {
  it('gives items in order, whatever was taken from its middle', () => {
    const script = fc.array(fc.record({ rank: fc.nat(50), removed: fc.boolean() }), { maxLength: 60 })
    fc.assert(
      fc.property(script, (items) => {
        const heap = new Heap<Item & { removed: boolean }>(byRank)
        for (const item of items) heap.push(item)
        for (const item of items) if (item.removed) expect(heap.remove(item)).toBe(true)
        const left = items.filter(({ removed }) => !removed)
        expect(heap.size).toBe(left.length)
        const out = left.map(() => heap.pop()?.rank)
        expect(out).toEqual(left.map(({ rank }) => rank).sort((a, b) => a - b))
        expect(heap.pop()).toBeUndefined()
      }),
    )
  })

  it('refuses an item that is already inside', () => {
    const heap = new Heap<Item>(byRank)
    const item = { rank: 1 }
    heap.push(item)
    expect(() => heap.push(item)).toThrow('already')
    expect(heap.remove({ rank: 1 })).toBe(false)
    expect(heap.has(item)).toBe(true)
  })
})
