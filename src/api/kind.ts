/** What a kind is: everything that a CustomResourceDefinition says about it, besides the schema. */
import type { z } from 'zod'
import type { JsonObject } from '../std/json.ts'

/** How a kind is addressed at the API server. */
export interface ResourceKind {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string
  /** JSONPath into the object. */
  readonly path: string
  readonly description: string
  /** A date column shows an age; moments in the future are texts, because their age would be shown as invalid. */
  readonly type: 'string' | 'date'
  /** Shown with `-o wide` only. */
  readonly wide?: boolean
}

export interface Kind extends ResourceKind {
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  /** What `kubectl explain` says first. */
  readonly description: string
  readonly columns: readonly Column[]
  /** Paths that `--field-selector` understands. */
  readonly selectableFields: readonly string[]
  /** An object with the members spec and status. */
  readonly schema: z.ZodObject
  /** A small spec that is accepted: what the samples of the rules are patches on. */
  readonly example: JsonObject
}

const readyPath = '.status.conditions[?(@.type=="Ready")]'

export const readyColumn: Column = {
  name: 'Ready',
  path: `${readyPath}.status`,
  description: 'Whether it can be relied on now.',
  type: 'string',
}

export const ageColumn: Column = {
  name: 'Age',
  path: '.metadata.creationTimestamp',
  description: 'How long ago the object was made.',
  type: 'date',
}

export const messageColumn: Column = {
  name: 'Message',
  path: `${readyPath}.message`,
  description: 'Why it is ready or not.',
  type: 'string',
  wide: true,
}
