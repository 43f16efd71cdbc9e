/**
 * Counts which branches of a program run: one counter at the start of every block, of every arm of a condition, of every right-hand
 * side that may be skipped. Which edges were taken follows from these, since the program has no jumps.
 */
import { parseSync } from '@swc/core'

export interface Instrumented {
  readonly code: string
  /** How many counters there are: `$c[0]` up to `$c[counters - 1]`. */
  readonly counters: number
}

interface Insertion {
  readonly at: number
  readonly text: string
}

interface Syntax {
  readonly type: string
  readonly span: { readonly start: number; readonly end: number }
  readonly [key: string]: unknown
}

/** Gives where the first statement lies, since positions count on from whatever was parsed before. */
const marker = '"use strict";\n'

/** @param code - CommonJS in ASCII, so that octets are characters. The array of counters must be in scope as `$c` */
export function instrument(code: string): Instrumented {
  const marked = marker + code
  const { body } = parseSync(marked, { syntax: 'ecmascript', target: 'es2022', isModule: false })
  const base = body[0]?.span.start ?? 0
  const insertions: Insertion[] = []
  let counters = 0
  const add = (at: number, text: string): void => void insertions.push({ at: at - base, text })
  const count = (): string => `$c[${counters++}]++`
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== 'object' || value === null) return
    const wraps = isSyntax(value) ? wrapsOf(value) : new Map<string, Wrap>()
    if (isSyntax(value) && blocks.has(value.type)) add(value.span.start + 1, `${count()};`)
    if (isSyntax(value) && value.type === 'SwitchCase') markCase(value)
    for (const [key, child] of Object.entries(value)) {
      const wrap = isSyntax(child) ? wraps.get(key) : undefined
      if (wrap !== undefined && isSyntax(child)) add(child.span.start, wrap.open(count()))
      visit(child)
      if (wrap !== undefined && isSyntax(child)) add(child.span.end, wrap.close)
    }
    if (isSyntax(value) && value.type === 'IfStatement' && !isSyntax(value['alternate']))
      add(value.span.end, ` else {${count()}}`)
  }
  const markCase = ({ consequent }: Syntax): void => {
    const statements: readonly unknown[] = Array.isArray(consequent) ? consequent : []
    const first = statements[0]
    if (isSyntax(first)) add(first.span.start, `${count()};`)
  }
  visit(body)
  return { code: spliced(marked, insertions), counters }
}

const isSyntax = (value: unknown): value is Syntax =>
  typeof value === 'object' && value !== null && 'type' in value && 'span' in value && typeof value.type === 'string'

interface Wrap {
  readonly open: (counter: string) => string
  readonly close: string
}

const statement: Wrap = { open: (counter) => `{${counter};`, close: '}' }
const expression: Wrap = { open: (counter) => `(${counter},`, close: ')' }

/** Which children need a counter around them, by key. */
function wrapsOf(node: Syntax): ReadonlyMap<string, Wrap> {
  const statements = (...keys: readonly string[]): ReadonlyMap<string, Wrap> =>
    new Map(keys.filter((key) => isBare(node[key])).map((key) => [key, statement]))
  switch (node.type) {
    case 'IfStatement':
      return statements('consequent', 'alternate')
    case 'ForStatement':
    case 'ForOfStatement':
    case 'ForInStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      return statements('body')
    case 'ArrowFunctionExpression':
      return new Map(isBare(node['body']) ? [['body', expression]] : [])
    case 'ConditionalExpression':
      return new Map(['consequent', 'alternate'].map((key) => [key, expression]))
    case 'BinaryExpression':
      return new Map(skips.has(String(node['operator'])) ? [['right', expression]] : [])
    default:
      return new Map()
  }
}

const skips: ReadonlySet<string> = new Set(['&&', '||', '??'])

const blocks: ReadonlySet<string> = new Set(['BlockStatement', 'FunctionBody'])

const isBare = (child: unknown): boolean => isSyntax(child) && !blocks.has(child.type)

/** Sorting is stable, and insertions at one place come in the order of the syntax: what ends before what begins. */
function spliced(code: string, insertions: readonly Insertion[]): string {
  const parts: string[] = []
  let done = 0
  for (const { at, text } of [...insertions].sort((a, b) => a.at - b.at)) {
    parts.push(code.slice(done, at), text)
    done = at
  }
  return [...parts, code.slice(done)].join('')
}
