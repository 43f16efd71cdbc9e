/** Every rule of every kind, found in the schemas themselves, so that no rule can be left out of the tests. */
import { rawSchemaOf } from '../../src/api/emit.ts'
import type { Kind } from '../../src/api/kind.ts'
import { apiVersion } from '../../src/api/meta.ts'
import { rulesKey } from '../../src/api/rule.ts'
import { isJsonObject, mergePatch } from '../../src/std/json.ts'
import type { Json, JsonObject } from '../../src/std/json.ts'

export interface FoundRule {
  /** Where the rule is attached, for example `.spec.dnsNames[]`. */
  readonly path: string
  readonly message: string
  readonly accepts: readonly JsonObject[]
  readonly rejects: readonly JsonObject[]
}

export function rulesOf(kind: Kind): readonly FoundRule[] {
  return rulesIn(rawSchemaOf(kind), '')
}

function rulesIn(node: JsonObject, path: string): readonly FoundRule[] {
  const { properties, items, additionalProperties } = node
  const own = objects(node[rulesKey]).map((rule) => ({
    path,
    message: typeof rule['message'] === 'string' ? rule['message'] : '',
    accepts: objects(rule['accepts']),
    rejects: objects(rule['rejects']),
  }))
  const named = isJsonObject(properties) ? Object.entries(properties) : []
  const below: readonly (readonly [string, Json | undefined])[] = [
    ...named.map(([name, child]) => [`.${name}`, child] as const),
    ['[]', items],
    ['{}', additionalProperties],
  ]
  return [...own, ...below.flatMap(([step, child]) => (isJsonObject(child) ? rulesIn(child, `${path}${step}`) : []))]
}

const objects = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : []

/** The example of a kind with a merge patch on its spec. */
export function manifest(kind: Kind, patch: JsonObject, name = 'sample'): JsonObject {
  return {
    apiVersion,
    kind: kind.kind,
    metadata: { name, ...(kind.namespaced ? { namespace: 'default' } : {}) },
    spec: mergePatch(kind.example, patch),
  }
}
