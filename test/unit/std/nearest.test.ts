import { describe, expect, it } from '@jest/globals'
import { nearest } from '../../../src/std/nearest.ts'

describe('the word that was meant', () => {
  it.each([
    ['durration', 'duration'],
    ['isuer', 'issuer'],
    ['colour', undefined],
  ])('by %s is %s', (word, meant) => {
    expect(nearest(word, ['duration', 'issuer', 'usages'])).toBe(meant)
  })

  it('is not looked for when what was typed is longer than any word', () => {
    const long = 'duration'.repeat(20)
    expect(nearest(long, [long])).toBeUndefined()
  })
})
