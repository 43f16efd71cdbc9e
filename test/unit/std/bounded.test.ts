import { describe, expect, it } from '@jest/globals'
import { mapBounded } from '../../../src/std/bounded.ts'

describe('mapping with a bound', () => {
  it('keeps the order and never has more under way than it may', async () => {
    let [underWay, most] = [0, 0]
    const results = await mapBounded([5, 1, 4, 2, 3, 0], 3, async (turns) => {
      underWay += 1
      most = Math.max(most, underWay)
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      underWay -= 1
      return turns * 10
    })
    expect(results).toEqual([50, 10, 40, 20, 30, 0])
    expect(most).toBe(3)
  })

  it('has nothing to do for no items, and passes on what is thrown', async () => {
    expect(await mapBounded([], 3, () => Promise.reject(new Error('never')))).toEqual([])
    await expect(mapBounded([1], 3, () => Promise.reject(new Error('this')))).rejects.toThrow('this')
  })
})
