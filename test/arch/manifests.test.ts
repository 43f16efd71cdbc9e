import { describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { kinds } from '../../src/api/kinds.ts'
import { parseSpec } from '../../src/api/parse.ts'
import { isJsonObject } from '../../src/std/json.ts'
import { filesIn, textOf } from './source.ts'

interface Manifest {
  readonly name: string
  readonly object: Readonly<Record<string, unknown>>
}

const group = 'perennial.dev/'

function manifestsOf(path: string, text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document): readonly Manifest[] => {
    const problem = document.errors[0]
    if (problem !== undefined) throw new Error(`${path}: ${problem.message}`)
    const object: unknown = document.toJS()
    if (!isJsonObject(object)) return []
    const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {}
    return [{ name: `${textIn(object, 'kind')} ${textIn(metadata, 'name')} of ${path}`, object }]
  })
}

function textIn(object: Manifest['object'], member: string): string {
  const value = object[member]
  return typeof value === 'string' ? value : ''
}

/** Samples in a page: indented blocks that begin with an apiVersion of ours. */
function samplesOf(path: string): readonly Manifest[] {
  const blocks = textOf(path).match(/^ {4}apiVersion: perennial\.dev.*\n(?:(?: {4}.*)?\n)*/gm) ?? []
  return blocks.flatMap((block) => manifestsOf(path, block.replace(/^ {4}/gm, '')))
}

const examples = filesIn('examples').filter((path) => path.endsWith('.yaml'))
const pages = ['README.md', ...filesIn('docs').filter((path) => path.endsWith('.md'))]

const ours = [...examples.flatMap((path) => manifestsOf(path, textOf(path))), ...pages.flatMap(samplesOf)].filter(
  ({ object }) => textIn(object, 'apiVersion').startsWith(group),
)

/** Paths of the members of a value that another value does not have. */
function missingFrom(other: unknown, value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      missingFrom(Array.isArray(other) ? other[index] : undefined, item, `${path}[${index}]`),
    )
  }
  if (!isJsonObject(value)) return other === undefined ? [path] : []
  if (!isJsonObject(other)) return [path]
  return Object.entries(value).flatMap(([key, member]) => missingFrom(other[key], member, `${path}.${key}`))
}

const isSchema = (value: unknown): value is z.ZodType => value instanceof z.ZodType

describe('examples and samples', () => {
  it('exist', () => {
    expect(examples.length).toBeGreaterThan(2)
    expect(ours.length).toBeGreaterThan(8)
  })

  it.each(ours)('$name is accepted, every field of it known', ({ object }) => {
    const kind = kinds.find((one) => one.kind === object['kind'])
    const schema: unknown = kind?.schema.shape['spec']
    if (!isSchema(schema)) throw new Error(`${textIn(object, 'kind')} has no schema`)
    const parsed = parseSpec(object, schema)
    expect(parsed).toMatchObject({ ok: true })
    expect(parsed.ok ? missingFrom(parsed.value.spec, object['spec'], 'spec') : []).toEqual([])
  })
})
