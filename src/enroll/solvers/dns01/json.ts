/** Parts of JSON of unknown origin. */
import { isJsonObject } from '../../../std/json.ts'
import type { Json, JsonObject } from '../../../std/json.ts'

/** @returns the objects of a list; none where there is no list */
export const objectsIn = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : []

export const objectIn = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {})

export const textIn = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

export const numberIn = (value: Json | undefined): number | undefined => (typeof value === 'number' ? value : undefined)
