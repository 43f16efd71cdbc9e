/** The sources of the project as text and as syntax, for tests about how they are written. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync, printSync } from '@swc/core'
import type { Module } from '@swc/core'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  /** Path from the root of the project for our own files, else the name of a package or a `node:` module. */
  readonly target: string
  readonly isOwn: boolean
  readonly isType: boolean
  /** What is taken, by the name it has over there; empty for a whole namespace or a mere side effect. */
  readonly names: readonly string[]
}

export interface Source {
  /** From the root of the project, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly syntax: Module
  /** The text without comments, laid out anew. */
  readonly code: string
  readonly imports: readonly Import[]
}

const isTypeScript = (name: string): boolean => /\.tsx?$/.test(name)

/** @param folder - from the root of the project, which has it or does not have it yet */
export function filesIn(folder: string): readonly string[] {
  if (!isThere(folder)) return []
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((file) => join(file.parentPath, file.name))
  return files.map((file) => relative(root, file)).sort()
}

/** Whether there is a file or folder of that path. */
export const isThere = (path: string): boolean => existsSync(join(root, path))

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Every TypeScript file below some folders. */
export function sourcesIn(...folders: readonly string[]): readonly Source[] {
  return folders.flatMap((folder) => filesIn(folder).filter(isTypeScript).map(readSource))
}

function readSource(path: string): Source {
  const text = textOf(path)
  const syntax = parseSync(text, {
    syntax: 'typescript',
    tsx: path.endsWith('.tsx'),
    target: 'es2022',
    comments: false,
  })
  const { code } = printSync(syntax, { minify: false, jsc: { target: 'es2022' } })
  return { path, text, syntax, code, imports: importsOf(path, syntax, code) }
}

function importsOf(path: string, { body }: Module, code: string): readonly Import[] {
  const imports = body.flatMap((item): readonly Import[] => {
    if (item.type === 'ImportDeclaration') {
      const names = item.specifiers.flatMap((one) =>
        one.type === 'ImportSpecifier' ? [(one.imported ?? one.local).value] : [],
      )
      return [resolve(path, item.source.value, { isType: item.typeOnly, names })]
    }
    if (item.type === 'ExportNamedDeclaration' || item.type === 'ExportAllDeclaration') {
      const source = item.source?.value
      return source === undefined ? [] : [resolve(path, source, { isType: false, names: [] })]
    }
    return []
  })
  const late = [...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)]
  return [...imports, ...late.map(([, name = '']) => resolve(path, name, { isType: false, names: [] }))]
}

function resolve(from: string, name: string, rest: Pick<Import, 'isType' | 'names'>): Import {
  const isOwn = name.startsWith('.')
  return { target: isOwn ? normalize(join(dirname(from), name)) : packageOf(name), isOwn, ...rest }
}

/** `@scope/name/deep/path` to `@scope/name`. */
function packageOf(name: string): string {
  if (name.startsWith('node:')) return name
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

interface Node {
  readonly type: string
  readonly span?: { readonly start: number; readonly end: number }
}

/** A node of the syntax with the first and last line it covers, counted from 1. */
export interface Place {
  readonly node: Node & Readonly<Record<string, unknown>>
  readonly first: number
  readonly last: number
}

const isNode = (value: unknown): value is Place['node'] =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** Every node of some types, wherever it is. */
export function nodesOf({ text, syntax }: Source, types: readonly string[]): readonly Place[] {
  const bytes = Buffer.from(text)
  // Positions count bytes, from 1.
  const lineAt = (position: number): number =>
    bytes
      .subarray(0, position - 1)
      .toString()
      .split('\n').length
  const found: Place[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== 'object' || value === null) return
    if (isNode(value) && value.span !== undefined && types.includes(value.type)) {
      found.push({ node: value, first: lineAt(value.span.start), last: lineAt(value.span.end) })
    }
    Object.values(value).forEach(visit)
  }
  visit(syntax.body)
  return found
}
