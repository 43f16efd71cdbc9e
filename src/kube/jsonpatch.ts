/**
 * JSON Patches (RFC 6902) that first test what they were decided on. The API server carries one out on what there is at that moment,
 * and once more where another write came between, so that it never loses to those who write to other parts of the object.
 */
import { isJsonObject, mergePatch } from '../std/json.ts'
import type { Json } from '../std/json.ts'

export type PatchOperation =
  | { readonly op: 'test' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** Names of members, from the outermost. */
export type Place = readonly string[]

/** @returns tests that each place holds what it holds in `object`, or nothing where that has nothing */
export const testsOf = (object: unknown, places: readonly Place[]): readonly PatchOperation[] =>
  places.map((place) => testOf(object, place))

/** Below what is missing nothing can be tested: then it is tested that it is missing. */
function testOf(object: unknown, place: Place): PatchOperation {
  let held = object
  for (const [depth, name] of place.entries()) {
    held = memberOf(held, name)
    if (held === undefined) return { op: 'test', path: pointer(place.slice(0, depth + 1)), value: null }
  }
  return { op: 'test', path: pointer(place), value: held }
}

/**
 * What a merge patch (RFC 7386) would do to `object`. What is replaced or made as a whole is tested: what somebody puts into it
 * meanwhile would be lost.
 */
export function changesOf(object: unknown, patch: object, within: Place = []): readonly PatchOperation[] {
  return Object.entries(patch).flatMap(([name, wanted]: [string, unknown]) =>
    changeOf(memberOf(object, name), wanted, [...within, name]),
  )
}

function changeOf(held: unknown, wanted: unknown, place: Place): readonly PatchOperation[] {
  const path = pointer(place)
  if (wanted === undefined) return []
  if (wanted === null) return held === undefined ? [] : [{ op: 'remove', path }]
  if (isJsonObject(wanted) && isJsonObject(held)) return changesOf(held, wanted, place)
  if (!isJsonObject(wanted) && !Array.isArray(wanted)) return [{ op: 'add', path, value: wanted }]
  const value = mergePatch(null, wanted as Json)
  return [
    { op: 'test', path, value: held ?? null },
    { op: 'add', path, value },
  ]
}

/** Texts are held to be equal when they are written alike (json-patch 4.13 in the API server), so they are written as Go does. */
export const encodePatch = (operations: readonly PatchOperation[]): string =>
  JSON.stringify(operations).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const memberOf = (holder: unknown, name: string): unknown =>
  isJsonObject(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined

/** RFC 6901. */
const pointer = (place: Place): string =>
  place.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
