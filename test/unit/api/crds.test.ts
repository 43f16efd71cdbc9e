import { readFile, readdir } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { crdFiles } from '../../../scripts/crds.ts'
import { crdOf } from '../../../src/api/emit.ts'
import { kinds } from '../../../src/api/kinds.ts'
import { isJsonObject } from '../../../src/std/json.ts'

const root = new URL('../../../', import.meta.url)
const examples = (await readdir(new URL('examples/', root))).filter((name) => name.endsWith('.yaml'))

describe('the checked-in CRDs', () => {
  it.each(['crds/', 'charts/perennial/templates/crds/'])(
    'in %s are what the schemas say, byte for byte',
    async (folder) => {
      const names = (await readdir(new URL(folder, root))).sort()
      const files = crdFiles(folder)
      expect(names).toEqual([...files.keys()].sort())
      for (const name of names) expect(await readFile(new URL(folder + name, root), 'utf8')).toBe(files.get(name))
    },
  )

  it.each(kinds)('hold $kind as it was emitted', (kind) => {
    expect(parse(crdFiles('crds').get(`${kind.group}_${kind.plural}.yaml`) ?? '')).toEqual(crdOf(kind))
  })
})

describe('the examples', () => {
  it.each(examples)('%s says what it shows and is accepted', async (name) => {
    const text = await readFile(new URL(`examples/${name}`, root), 'utf8')
    expect(text).toMatch(/^# [A-Z]/)
    for (const document of parseAllDocuments(text)) {
      const object: unknown = document.toJS()
      const kind = kinds.find((candidate) => isJsonObject(object) && candidate.kind === object['kind'])
      // Examples may hold objects of other groups beside ours, for example an Ingress.
      if (kind !== undefined) expect(kind.schema.safeParse(object).error?.issues ?? []).toEqual([])
    }
  })

  it('show every protocol', () => {
    expect(examples.length).toBeGreaterThanOrEqual(3)
  })
})
