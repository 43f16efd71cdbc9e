/** From kinds to CustomResourceDefinitions. */
import { z } from 'zod'
import { isJsonObject } from '../std/json.ts'
import type { Json, JsonObject } from '../std/json.ts'
import type { Column, Kind } from './kind.ts'
import { structural } from './structural.ts'

/** What every object has; the API server knows the rest of it. */
const envelope = {
  apiVersion: {
    description: 'The version of the schema that this object is written in.',
    type: 'string',
  },
  kind: { description: 'The kind of this object.', type: 'string' },
  // The server describes it itself and refuses any other words.
  metadata: { type: 'object' },
} as const

/** zod's view of a kind: what `structural` starts from. Holds the rules with their samples. */
export function rawSchemaOf(kind: Kind): JsonObject {
  // `any` for what JSON schema cannot say: anyObject() says it in its metadata.
  const schema: unknown = z.toJSONSchema(kind.schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' })
  const plain: unknown = JSON.parse(JSON.stringify(schema))
  return isJsonObject(plain) ? plain : {}
}

/** The structural schema of spec and status. */
export const schemaOf = (kind: Kind): JsonObject => structural({ ...rawSchemaOf(kind), description: kind.description })

/** The CustomResourceDefinition of a kind (apiextensions.k8s.io/v1). */
export function crdOf(kind: Kind): JsonObject {
  const schema = schemaOf(kind)
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}`, labels: { 'app.kubernetes.io/name': 'perennial' } },
    spec: {
      group: kind.group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: kind.shortNames,
        categories: kind.categories,
      },
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns.map(column),
          ...(kind.selectableFields.length === 0
            ? {}
            : { selectableFields: kind.selectableFields.map((jsonPath) => ({ jsonPath })) }),
          schema: { openAPIV3Schema: { ...schema, properties: { ...envelope, ...properties } } },
        },
      ],
    },
  }
}

function column({ name, path, description, type, wide }: Column): Json {
  return { name, jsonPath: path, type, description, ...(wide === true ? { priority: 1 } : {}) }
}
