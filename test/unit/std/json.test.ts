import { describe, expect, it } from '@jest/globals'
import { isJsonObject, mergePatch } from '../../../src/std/json.ts'
import type { Json } from '../../../src/std/json.ts'

describe('a merge patch', () => {
  // RFC 7386 appendix A
  const cases: readonly (readonly [Json, Json, Json])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  it.each(cases)('on %j with %j makes %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })

  it('puts a member named __proto__ where it belongs', () => {
    const patch: unknown = JSON.parse('{"__proto__":{"polluted":true}}')
    const merged = isJsonObject(patch) ? mergePatch({}, patch) : {}
    expect(Object.getOwnPropertyNames(merged)).toEqual(['__proto__'])
    expect({}).not.toHaveProperty('polluted')
  })
})
