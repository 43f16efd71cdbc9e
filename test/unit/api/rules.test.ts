import { describe, expect, it } from '@jest/globals'
import { kinds } from '../../../src/api/kinds.ts'
import { manifest, rulesOf } from '../../support/rulesamples.ts'

describe.each(kinds)('the rules of $kind', (kind) => {
  const complaints = (patch: Parameters<typeof manifest>[1]): readonly string[] =>
    kind.schema.safeParse(manifest(kind, patch)).error?.issues.map((issue) => issue.message) ?? []

  it('accept the example', () => {
    expect(complaints({})).toEqual([])
  })

  it('are found in the schema', () => {
    expect(rulesOf(kind).length).toBeGreaterThan(10)
  })

  it.each(rulesOf(kind))('$path: $message', ({ message, accepts, rejects }) => {
    expect(accepts.length).toBeGreaterThan(0)
    expect(rejects.length).toBeGreaterThan(0)
    for (const sample of accepts) expect({ sample, complaints: complaints(sample) }).toEqual({ sample, complaints: [] })
    for (const sample of rejects) {
      expect({ sample, complaints: complaints(sample) }).toEqual({
        sample,
        complaints: expect.arrayContaining([message]),
      })
    }
  })
})
