import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  describeContent,
  hasItsChain,
  hasItsRoots,
  hashContent,
  readContent,
  writeContent,
} from '../../../../src/controllers/certificate/content.ts'

const source = {
  data: { 'tls.crt': 'Y3J0', 'tls.key': 'a2V5', 'ca.crt': 'Y2E=' },
  labels: { app: 'web' },
  annotations: { note: 'hello' },
}
const content = describeContent(source)
const isIntact = (now: typeof source): boolean => hashContent(content, now) === content.hash

describe('what we wrote into a Secret', () => {
  it('is read back as it was written', () => {
    expect(readContent(writeContent(content))).toEqual(content)
  })

  it.each([
    { what: 'an entry changed', now: { ...source, data: { ...source.data, 'tls.key': 'b3RoZXI=' } } },
    { what: 'a label changed', now: { ...source, labels: { app: 'other' } } },
    { what: 'an annotation was emptied', now: { ...source, annotations: { note: '' } } },
  ])('is damaged when $what', ({ now }) => {
    expect(isIntact(now)).toBe(false)
  })

  it('is whole whatever strangers add', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (theirs) => {
        expect(
          isIntact({
            data: { ...theirs, ...source.data },
            labels: { ...theirs, ...source.labels },
            annotations: { ...theirs, ...source.annotations },
          }),
        ).toBe(true)
      }),
    )
  })

  it('has lost its roots when ca.crt is gone or another, and only if it had any', () => {
    expect(hasItsRoots(content, source)).toBe(true)
    expect(hasItsRoots(content, { ...source, data: {} })).toBe(false)
    expect(hasItsRoots(content, { ...source, data: { 'ca.crt': 'b3RoZXI=' } })).toBe(false)
    const bare = describeContent({ ...source, data: { 'tls.crt': 'Y3J0' } })
    expect(hasItsRoots(bare, source)).toBe(true)
  })

  it('has lost its chain when tls.crt is gone or another, and only if that was noted', () => {
    expect(hasItsChain(content, source)).toBe(true)
    expect(hasItsChain(content, { ...source, data: {} })).toBe(false)
    expect(hasItsChain(content, { ...source, data: { ...source.data, 'tls.crt': 'b3RoZXI=' } })).toBe(false)
    const { chainHash: _unnoted, ...older } = content
    expect(hasItsChain(older, { ...source, data: {} })).toBe(true)
  })

  it('counts as unknown when its note is no note of ours', () => {
    const wrong = ['', '{', 'null', '[]', '{"hash":1}', '{"hash":"a","entries":[1],"labels":[],"annotations":[]}']
    expect(wrong.map(readContent)).toEqual(wrong.map(() => undefined))
    expect(readContent(undefined)).toBeUndefined()
    expect(readContent(`${writeContent(content)}${' '.repeat(70_000)}`)).toBeUndefined()
    fc.assert(fc.property(fc.json(), (text) => void readContent(text)))
  })
})
