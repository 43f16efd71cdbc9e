import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { LatestMap } from '../../../src/std/latestmap.ts'

describe('a map of the latest entries', () => {
  it('forgets what was set the longest ago, and an entry that is set again is not that', () => {
    const map = new LatestMap<string, number>(2)
    map.set('a', 1).set('b', 2).set('a', 3).set('c', 4)
    expect([...map]).toEqual([
      ['a', 3],
      ['c', 4],
    ])
  })

  it('holds the last of all that was set, and never more than it may', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 5 }),
        (keys, most) => {
          const map = new LatestMap<number, number>(most)
          for (const [index, key] of keys.entries()) map.set(key, index)
          const latestFirst = [...new Set(keys.toReversed())]
          expect([...map.keys()].toReversed()).toEqual(latestFirst.slice(0, most))
        },
      ),
    )
  })
})
