import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { changesOf, encodePatch, testsOf } from '../../src/kube/jsonpatch.ts'
import { mergePatch } from '../../src/std/json.ts'
import type { Json } from '../../src/std/json.ts'
import { jsonPatched } from '../support/fakeapi/jsonpatch.ts'

const object = {
  metadata: { uid: 'u', labels: { 'perennial.dev/managed': 'certificate', 'a~b': '1' } },
  data: { a: '1' },
}

describe('what a change was decided on', () => {
  it('is tested as it is, whatever the names of its members', () => {
    const tests = testsOf(object, [
      ['metadata', 'labels', 'perennial.dev/managed'],
      ['metadata', 'labels', 'a~b'],
      ['data'],
    ])
    expect(tests).toEqual([
      { op: 'test', path: '/metadata/labels/perennial.dev~1managed', value: 'certificate' },
      { op: 'test', path: '/metadata/labels/a~0b', value: '1' },
      { op: 'test', path: '/data', value: { a: '1' } },
    ])
    expect(jsonPatched(object, tests)).toEqual(object)
  })

  it.each([
    { what: 'a member', place: ['data', 'b'], path: '/data/b' },
    { what: 'all around it', place: ['status', 'enrollment', 'ticket'], path: '/status' },
    { what: 'what every object inherits', place: ['data', 'constructor'], path: '/data/constructor' },
  ])('is tested to be missing where it is: $what', ({ place, path }) => {
    expect(testsOf(object, [place])).toEqual([{ op: 'test', path, value: null }])
  })

  it('does not fit once it is another', () => {
    for (const place of [['metadata', 'uid'], ['data'], ['status']])
      expect(jsonPatched({ metadata: { uid: 'v' }, data: {}, status: {} }, testsOf(object, [place]))).toBeUndefined()
  })
})

describe('changes', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean())
  const { json } = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(leaf, { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c/d', 'e~f'), tie('json'), { noNullPrototype: true }),
    ),
  }))
  const holder = fc.dictionary(fc.constantFrom('a', 'b', 'c/d', 'e~f'), json, { noNullPrototype: true })
  const nullable = fc.dictionary(fc.constantFrom('a', 'b', 'c/d', 'e~f'), fc.option(json), { noNullPrototype: true })

  it('do what the merge patch does', () => {
    fc.assert(
      fc.property(holder, nullable, holder, (held, patch, more) => {
        const whole = { ...patch, b: { ...more, a: null } }
        expect(jsonPatched(held, changesOf(held, whole))).toEqual(mergePatch(held, whole))
      }),
    )
  })

  const labels = { metadata: { labels: { ours: 'yes' } } }

  it('leave what others have put beside them meanwhile', () => {
    const changes = changesOf(object, { metadata: { labels: { ours: 'yes' } }, data: { a: null } })
    const now = { metadata: { uid: 'u', labels: { theirs: '1' }, annotations: {} }, data: { a: '2', b: '3' } }
    expect(jsonPatched(now, changes)).toEqual({
      metadata: { uid: 'u', labels: { theirs: '1', ours: 'yes' }, annotations: {} },
      data: { b: '3' },
    })
  })

  it.each([
    { what: 'a list', held: { list: ['a'] }, patch: { list: ['a', 'b'] }, now: { list: ['a', 'c'] } },
    { what: 'what was not there', held: { metadata: {} }, patch: labels, now: { metadata: { labels: { a: 'b' } } } },
    { what: 'what is gone', held: { metadata: { labels: { a: 'b' } } }, patch: labels, now: { metadata: {} } },
  ])('do not fit where they would take away what others have put in meanwhile: $what', ({ held, patch, now }) => {
    expect(jsonPatched(now, changesOf(held, patch))).toBeUndefined()
  })
})

it('is written as Go writes JSON, because texts are compared as they are written', () => {
  const encoded = encodePatch([{ op: 'test', path: '/a', value: '<é&\u2028>"' }])
  expect(encoded).toBe('[{"op":"test","path":"/a","value":"\\u003cé\\u0026\\u2028\\u003e\\""}]')
  expect(JSON.parse(encoded)).toEqual([{ op: 'test', path: '/a', value: '<é&\u2028>"' }])
})
