import { describe, expect, it } from '@jest/globals'
import { nodesOf, sourcesIn } from './source.ts'
import type { Place, Source } from './source.ts'

const everything = sourcesIn('src', 'scripts', 'bench', 'battery', 'demo', 'test')
const shipped = sourcesIn('src', 'scripts', 'bench', 'battery', 'demo')

const fileBudget = 12 * 1024
const lineBudget = 40

/** Files and functions over their budget, each with the reason why it reads better in one piece. */
const exceptions = new Map<string, string>([])

const isExcused = (name: string): boolean => exceptions.has(name)

const functionTypes = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression', 'ClassMethod'].concat([
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
])

const linesOf = ({ first, last }: Place): number => last - first + 1

function places(source: Source, types: readonly string[]): readonly string[] {
  return nodesOf(source, types).map(({ first }) => `${source.path}:${first}`)
}

describe('budgets', () => {
  it(`no file is larger than ${fileBudget} bytes`, () => {
    const large = everything.filter(({ path, text }) => Buffer.byteLength(text) > fileBudget && !isExcused(path))
    expect(large.map(({ path, text }) => `${path}: ${Buffer.byteLength(text)} bytes`)).toEqual([])
  })

  it(`no function is longer than ${lineBudget} lines`, () => {
    const long = shipped.flatMap((source) =>
      nodesOf(source, functionTypes)
        .filter((place) => linesOf(place) > lineBudget)
        .map((place) => `${source.path}:${place.first} has ${linesOf(place)} lines`),
    )
    expect(long).toEqual([])
  })

  it('no function takes more than three positional parameters', () => {
    const wide = shipped.flatMap((source) =>
      nodesOf(source, functionTypes)
        .filter(({ node }) => Array.isArray(node['params']) && node['params'].length > 3)
        .map(({ first }) => `${source.path}:${first}`),
    )
    expect(wide).toEqual([])
  })

  it('every exception is still needed', () => {
    const sizes = new Map(everything.map(({ path, text }) => [path, Buffer.byteLength(text)]))
    expect([...exceptions.keys()].filter((path) => (sizes.get(path) ?? 0) <= fileBudget)).toEqual([])
  })
})

/** What TypeScript offers and this project does without. */
const unwanted: readonly { readonly name: string; readonly types: readonly string[] }[] = [
  { name: 'an enum', types: ['TsEnumDeclaration'] },
  { name: 'a namespace', types: ['TsModuleDeclaration', 'TsNamespaceDeclaration'] },
  { name: 'a parameter property', types: ['TsParameterProperty'] },
  { name: 'a decorator', types: ['Decorator'] },
  { name: 'a non-null assertion', types: ['TsNonNullExpression'] },
  { name: 'a default export', types: ['ExportDefaultDeclaration', 'ExportDefaultExpression'] },
  { name: 'a barrel', types: ['ExportAllDeclaration'] },
]

describe('the language', () => {
  it.each(unwanted)('is used without $name', ({ types }) => {
    expect(everything.flatMap((source) => places(source, types))).toEqual([])
  })

  it('is used without any', () => {
    const any = everything.flatMap((source) =>
      nodesOf(source, ['TsKeywordType'])
        .filter(({ node }) => node['kind'] === 'any')
        .map(({ first }) => `${source.path}:${first}`),
    )
    expect(any).toEqual([])
  })

  it('is used without assertions by way of unknown', () => {
    expect(everything.filter(({ code }) => /\bas unknown as\b/.test(code)).map(({ path }) => path)).toEqual([])
  })

  it('is used without module mocks', () => {
    expect(
      everything.filter(({ code }) => /\bjest\.(?:unstable_)?mock(?:Module)?\(/.test(code)).map(({ path }) => path),
    ).toEqual([])
  })

  it('would be caught red-handed', () => {
    const [self] = everything.filter(({ path }) => path === 'test/arch/style.test.ts')
    expect(self && nodesOf(self, ['ArrowFunctionExpression']).length).toBeGreaterThan(10)
  })
})

describe('comments', () => {
  const marks = ['TODO', 'FIXME', 'XXX', 'HACK']
  const silencers = [
    'eslint-disable',
    'oxlint-disable',
    'ts-ignore',
    'ts-expect-error',
    'ts-nocheck',
    'prettier-ignore',
  ]
  // This file has to say the words in order to look for them.
  const others = everything.filter(({ path }) => path !== 'test/arch/style.test.ts')

  it.each([...marks, ...silencers])('contain no %s', (word) => {
    const pattern = new RegExp(String.raw`\b${word}\b`)
    expect(others.filter(({ text }) => pattern.test(text)).map(({ path }) => path)).toEqual([])
  })
})
