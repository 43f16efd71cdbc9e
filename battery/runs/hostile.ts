/** Objects that nobody would write: the samples of the rules, some broken on purpose, and members made of the schema by chance. */
import { rawSchemaOf } from '../../src/api/emit.ts'
import type { Kind } from '../../src/api/kind.ts'
import { isJsonObject, mergePatch } from '../../src/std/json.ts'
import type { Json, JsonObject } from '../../src/std/json.ts'
import type { Dice } from '../../test/sim/dice.ts'
import { rulesOf } from '../../test/support/rulesamples.ts'

/** Of which texts are made that the schema does not choose: empty, long, of other alphabets, for other languages to run. */
const texts: readonly string[] = [
  '',
  ' ',
  'a',
  'a.example',
  '*.a.example',
  'xn--mnchen-3ya.example',
  'm\u00fcnchen.example',
  'nul\u0000byte',
  '\u202eelpmaxe.a',
  'a\nb: c',
  '../../../etc/passwd',
  '{{.Values}}${IFS}$(id)',
  "'; DROP TABLE certificates; --",
  'CN=a,CN=b+O=\\,c',
  `${'a'.repeat(63)}.example`,
  'a.'.repeat(126) + 'a',
  '\u{1f512}'.repeat(64),
  'x'.repeat(10_000),
  '1h',
  '-1h',
  '876000h',
  '0.0.0.0/0',
  '::ffff:169.254.169.254',
  'https://[::1]:99999/',
  'spiffe://a/b?c#d',
  '1.3.6.1.4.1.311.20.2.3',
  '9.9.9',
]

const numbers: readonly number[] = [0, 1, -1, 2, 63, 256, 2048, 4096, 100_000, 2 ** 31 - 1, -(2 ** 31), 2 ** 53 - 1]

/** Makes objects of one kind, the same for the same dice. */
export class Hostile {
  readonly #kind: Kind
  readonly #dice: Dice
  readonly #patches: readonly JsonObject[]
  readonly #broken: readonly JsonObject[]
  readonly #spec: JsonObject

  constructor(kind: Kind, dice: Dice) {
    this.#kind = kind
    this.#dice = dice
    const rules = rulesOf(kind)
    this.#patches = rules.flatMap(({ accepts }) => accepts)
    this.#broken = rules.flatMap(({ rejects }) => rejects)
    const { properties } = rawSchemaOf(kind)
    this.#spec = isJsonObject(properties) && isJsonObject(properties['spec']) ? properties['spec'] : {}
  }

  /** A spec that the API server may take or refuse. */
  spec(): JsonObject {
    const dice = this.#dice
    let spec: Json = this.#kind.example
    for (let i = dice.below(4); i > 0; i--) spec = mergePatch(spec, dice.pick(this.#patches))
    if (dice.chance(0.2)) spec = mergePatch(spec, dice.pick(this.#broken))
    for (let i = dice.below(3); i > 0; i--) spec = mergePatch(spec, this.#member())
    return isJsonObject(spec) ? spec : {}
  }

  /** One member of the spec, made of the schema. */
  #member(): JsonObject {
    const { properties } = this.#spec
    if (!isJsonObject(properties)) return {}
    const name = this.#dice.pick(Object.keys(properties))
    return { [name]: this.#value(properties[name], 0) }
  }

  #value(schema: Json | undefined, depth: number): Json {
    const dice = this.#dice
    if (!isJsonObject(schema) || depth > 6) return null
    const { enum: choices, type } = schema
    if (Array.isArray(choices) && dice.chance(0.9)) return dice.pick(choices as readonly Json[])
    switch (type) {
      case 'boolean':
        return dice.chance(0.5)
      case 'integer':
      case 'number':
        return dice.pick(numbers)
      case 'array':
        return Array.from({ length: lengthOf(dice) }, () => this.#value(schema['items'], depth + 1))
      case 'object':
        return this.#object(schema, depth)
      default:
        return dice.pick(texts)
    }
  }

  #object({ properties, required, additionalProperties }: JsonObject, depth: number): JsonObject {
    const dice = this.#dice
    const demanded = Array.isArray(required) ? (required as readonly Json[]) : []
    const named = isJsonObject(properties) ? Object.entries(properties) : []
    const chosen = named.filter(([name]) => demanded.includes(name) || dice.chance(0.25))
    const made = chosen.map(([name, schema]): [string, Json] => [name, this.#value(schema, depth + 1)])
    if (!isJsonObject(additionalProperties)) return Object.fromEntries(made)
    const others = Array.from({ length: dice.below(3) }, (): [string, Json] => [
      dice.pick(texts),
      this.#value(additionalProperties, depth + 1),
    ])
    return Object.fromEntries([...made, ...others])
  }
}

/** Mostly short; a thousand now and then. */
const lengthOf = (dice: Dice): number => (dice.chance(0.03) ? 1000 : dice.below(4))
