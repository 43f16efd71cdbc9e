/** Whom a spec can make the operator read Secrets of: nobody elsewhere. */
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { isJsonObject } from '../../../src/std/json.ts'

interface Member {
  readonly path: string
  readonly members: readonly string[]
}

/** Every object of a schema, with the names of its members. */
function objectsIn(schema: unknown, path: string): readonly Member[] {
  if (!isJsonObject(schema)) return []
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  return [
    { path, members: Object.keys(properties) },
    ...Object.entries(properties).flatMap(([name, inner]) => objectsIn(inner, `${path}.${name}`)),
    ...objectsIn(schema['items'], `${path}[]`),
    ...objectsIn(schema['additionalProperties'], `${path}{}`),
  ]
}

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: unknown } }[]
  }
}

const crds = readdirSync('crds').map((name) => parse(readFileSync(`crds/${name}`, 'utf8')) as Crd)
const objects = crds.flatMap(({ spec: { names, versions } }) =>
  versions.flatMap(({ schema }) => objectsIn(schema.openAPIV3Schema, names.kind)),
)
const references = objects.filter(
  ({ path }) => /SecretRef(?:\[\])?$/i.test(path) || /\.(?:keySecretRef|secretRef)$/.test(path),
)

describe('a reference to a Secret', () => {
  it('is found in many places: accounts, credentials, keystores, bundles', () => {
    expect(references.length).toBeGreaterThan(30)
    for (const part of ['privateKeySecretRef', 'passwordSecretRef', 'challengeSecretRef', 'tsigSecretSecretRef'])
      expect(references.map(({ path }) => path)).toContainEqual(expect.stringContaining(part))
  })

  it.each(references)('at $path names no namespace: it is that of the object, or the operator’s own', ({ members }) => {
    expect(members).toContain('name')
    expect(members).not.toContain('namespace')
  })
})

describe('the only members that name a namespace', () => {
  it('are those of routes, and of what policies select', () => {
    const named = objects.filter(({ members }) => members.includes('namespace')).map(({ path }) => path)
    expect([...new Set(named.map((path) => path.replace(/^.*\.(?=[^.]+$)/, '')))].toSorted()).toEqual(['parentRefs[]'])
  })
})
