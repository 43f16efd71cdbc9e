import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { schemaOf } from '../../../src/api/emit.ts'
import { kinds } from '../../../src/api/kinds.ts'
import { ruled } from '../../../src/api/rule.ts'
import { anyObject, list, text, textMap } from '../../../src/api/schema.ts'
import { lint, structural } from '../../../src/api/structural.ts'
import { isJsonObject } from '../../../src/std/json.ts'
import type { JsonObject } from '../../../src/std/json.ts'

function rewritten(schema: z.ZodType): JsonObject {
  const emitted: unknown = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' })
  if (!isJsonObject(emitted)) throw new Error('not a schema')
  return structural(emitted)
}

describe('a structural schema', () => {
  it('has its members in a fixed order', () => {
    expect(Object.keys(rewritten(list(text(8, 'A text.'), { max: 2, description: 'A list.' })))).toEqual([
      'description',
      'type',
      'maxItems',
      'items',
      'x-kubernetes-list-type',
    ])
  })

  it('loses the limits of JavaScript numbers and keeps ours', () => {
    expect(rewritten(z.int())).toEqual({ type: 'integer' })
    expect(rewritten(z.int().min(1).max(9))).toEqual({ type: 'integer', minimum: 1, maximum: 9 })
  })

  it('turns rules into validations', () => {
    const rule = {
      cel: 'has(self.a)',
      holds: () => true,
      message: 'Set a.',
      field: 'a',
      accepts: [{ a: 'x' }],
      rejects: [{ a: null }],
    }
    expect(rewritten(ruled(z.object({}), [rule]))).toMatchObject({
      'x-kubernetes-validations': [{ rule: 'has(self.a)', message: 'Set a.', fieldPath: '.a' }],
    })
  })

  it('keeps JSON of unknown shape as it is', () => {
    expect(rewritten(anyObject('Anything.'))).toEqual({
      description: 'Anything.',
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
    })
  })

  it.each(kinds)('of $kind has nothing to complain about', (kind) => {
    expect(lint(schemaOf(kind), kind.kind)).toEqual([])
  })
})

describe('the lint', () => {
  const good = text(8, 'A text.')
  const cases: readonly (readonly [string, z.ZodType, RegExp])[] = [
    ['an unbounded text', z.string().meta({ description: 'A text.' }), /a text needs maxLength/],
    ['an unbounded list', z.array(good).meta({ description: 'A list.' }), /a list needs maxItems/],
    ['a list without a way to merge', z.array(good).max(2).meta({ description: 'A list.' }), /how it is merged/],
    ['an unbounded map', z.record(z.string(), good).meta({ description: 'A map.' }), /a map needs maxProperties/],
    ['a number without a minimum', z.int().meta({ description: 'A number.' }), /a number needs a minimum/],
    ['a missing description', z.string().max(8), /the description must be a sentence/],
    ['a description that is no sentence', text(8, 'the text'), /the description must be a sentence/],
    ['a pattern', text(8, 'A text.').regex(/^a$/), /pattern has no place/],
    ['a closed object', z.strictObject({ a: good }).meta({ description: 'Closed.' }), /either properties, or/],
    ['a union', z.union([z.string(), z.int()]).meta({ description: 'A union.' }), /anyOf has no place/],
    ['a tuple', z.tuple([good]).meta({ description: 'A pair.' }), /./],
    ['a null', good.nullable(), /nullable has no place/],
    ['a fault in an item', list(z.string(), { max: 2, description: 'A list.' }), /^x\[\]: /],
    ['a fault in a member', z.object({ a: z.string() }).meta({ description: 'An object.' }), /^x\.a: /],
    ['a fault in a value', textMap(z.string(), 'A map.'), /^x\{\}: /],
  ]
  it.each(cases)('sees %s', (_what, schema, sentence) => {
    expect(lint(rewritten(schema), 'x').join('\n')).toMatch(sentence)
  })

  it('sees a map list without keys and a message that is no sentence', () => {
    const node = {
      description: 'A list.',
      type: 'array',
      maxItems: 1,
      items: { description: 'A text.', type: 'string', maxLength: 1 },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-validations': [{ rule: 'true', message: 'no' }],
    }
    expect(lint(node, 'x')).toEqual(['x: a map list names its keys.', 'x: the message "no" is not a sentence.'])
  })
})
