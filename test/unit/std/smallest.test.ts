import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { smallest } from '../../../src/std/smallest.ts'

const ascending = (a: number, b: number): number => a - b

describe('smallest', () => {
  it('is what sorting all of it would begin with', () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 600 })
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 90 }), (all, count) => {
        expect(smallest(all, count, ascending)).toEqual(all.toSorted(ascending).slice(0, count))
      }),
    )
  })

  it('looks at most items once where few are asked for', () => {
    let comparisons = 0
    const all = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_007)
    smallest(all, 50, (a, b) => {
      comparisons += 1
      return a - b
    })
    expect(comparisons).toBeLessThan(25_000)
  })
})
