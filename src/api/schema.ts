/** The few shapes that all our schemas are made of. Every one is bounded, because rules are priced by the worst case. */
import { z } from 'zod'
import { isJsonObject } from '../std/json.ts'
import type { JsonObject } from '../std/json.ts'

/** A text of 1 to `max` characters. */
export const text = (max: number, description: string): z.ZodString => z.string().min(1).max(max).meta({ description })

/** RFC 3339, as metav1.Time. */
export const timestamp = (description: string): z.ZodString =>
  z.string().max(64).meta({ description, format: 'date-time' })

/** A list that one owner sets as a whole, in order. */
export function list<S extends z.ZodType>(
  item: S,
  { max, description }: { max: number; description: string },
): z.ZodArray<S> {
  return z.array(item).max(max).meta({ description, 'x-kubernetes-list-type': 'atomic' })
}

/** A list of objects with distinct keys, which several owners may share. */
export function keyedList<S extends z.ZodType>(
  item: S,
  { key, max, description }: { key: string; max: number; description: string },
): z.ZodArray<S> {
  return z
    .array(item)
    .max(max)
    .meta({ description, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] })
}

/** Texts by name, as labels are. At most 64 of them. */
export const textMap = (value: z.ZodString, description: string): z.ZodRecord<z.ZodString, z.ZodString> =>
  z.record(z.string(), value).meta({ description, maxProperties: 64 })

/** JSON whose shape only its owner knows. The server keeps it as it is. */
export const anyObject = (description: string): z.ZodCustom<JsonObject, JsonObject> =>
  z.custom<JsonObject>(isJsonObject).meta({ description, 'x-kubernetes-preserve-unknown-fields': true })
