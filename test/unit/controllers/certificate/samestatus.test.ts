import { describe, expect, it } from '@jest/globals'
import { sameStatus } from '../../../../src/controllers/certificate/samestatus.ts'

describe('a status', () => {
  it('is the same whatever the order of its members, and an absent one is the same as an empty one', () => {
    expect(sameStatus({ revision: 1, protocol: 'ca' }, { protocol: 'ca', revision: 1 })).toBe(true)
    expect(sameStatus(undefined, {})).toBe(true)
  })

  it('differs when a value does, or is gone', () => {
    expect(sameStatus({ revision: 1 }, { revision: 2 })).toBe(false)
    expect(sameStatus({ revision: 1 }, {})).toBe(false)
  })
})
